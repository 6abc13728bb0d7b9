// Half a step of 8-bit colour, different at every pixel: added before rounding it hides bands in soft gradients.
float dither(vec2 pixel) {
    return (fract(sin(dot(pixel, vec2(12.9898, 78.233))) * 43758.5453) - .5) / 255.;
}
