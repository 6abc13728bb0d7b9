// One ground that morphs into another: heights are interpolated, each ground has its own light and contours.
#include "heights.glsl"
#ifdef MORPH
uniform sampler2D u_other;        // the other ground's heights
uniform vec2 u_other_samples;
uniform float u_share;            // progress of the morph, 0 to 1

vec2 other_texel_from_uv(vec2 uv) {
    return uv * (u_other_samples - 1.) / u_other_samples + .5 / u_other_samples;
}
#endif

float morphed_height(vec2 uv) {
    float z = height_at(uv);
#ifdef MORPH
    z = mix(z, texture2D(u_other, other_texel_from_uv(uv)).r, u_share);
#endif
    return z;
}
