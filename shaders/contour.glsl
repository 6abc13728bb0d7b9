// Lines where the phase is a whole number, one pixel wide, stronger at multiples of ``every``. Either kind fades out
// where its own lines come closer than about four pixels, so that index lines stay on when the others merge.
uniform float u_px, u_every;

float contour(float phase, float every) {
    float width = (length(vec2(dFdx(phase), dFdy(phase))) + 1e-5) * u_px, pixels = 1. / width;   // phase per pixel
    float away = abs(fract(phase + .5) - .5), index_away = every * abs(fract(phase / every + .5) - .5);
    float minor = .62 * clamp(1. - away * pixels, 0., 1.) * clamp(2.2 - 4.4 * width, 0., 1.);
    float index = clamp(1.35 - index_away * pixels, 0., 1.) * clamp(2.2 - 4.4 * width / every, 0., 1.);
    return max(minor, index);
}
