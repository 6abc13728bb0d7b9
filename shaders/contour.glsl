// Lines where the phase is a whole number, one pixel wide; stronger at multiples of u_every; gone where too close.
uniform float u_px, u_every;

float contour(float phase, float change) {
    float away = abs(fract(phase + .5) - .5) / change;
    float index = step(abs(fract(phase / u_every + .5) - .5) * u_every, .5);
    float line = clamp(1. - (away - .35 * index * u_px) / u_px, 0., 1.) * (.62 + .38 * index);
    return line * clamp(2.2 - 4.4 * change * u_px, 0., 1.);
}
