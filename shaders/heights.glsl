// The height texture: one texel per sample of the grid, r = world height, g = contour phase.
uniform sampler2D u_heights;
uniform vec2 u_samples;   // samples along x and y

// The footprint's (0, 0) .. (1, 1) fall on the centres of the corner texels.
vec2 texel_from_uv(vec2 uv) {
    return uv * (u_samples - 1.) / u_samples + .5 / u_samples;
}

float height_at(vec2 uv) {
    return texture2D(u_heights, texel_from_uv(uv)).r;
}
