// Lines where the phase is a whole number, one pixel wide, stronger at multiples of ``every``. Either kind fades out
// where its own lines come closer than about four pixels, so that index lines stay on when the others merge.
uniform float u_px, u_every;

float contour(float phase, float every) {
    float change = length(vec2(dFdx(phase), dFdy(phase))) + 1e-5;
    float away = abs(fract(phase + .5) - .5) / change;
    float minor = .62 * clamp(1. - away / u_px, 0., 1.) * clamp(2.2 - 4.4 * change * u_px, 0., 1.);
    float index_phase = phase / every, index_change = change / every;
    float index_away = abs(fract(index_phase + .5) - .5) / index_change;
    float index = clamp(1.35 - index_away / u_px, 0., 1.) * clamp(2.2 - 4.4 * index_change * u_px, 0., 1.);
    return max(minor, index);
}
