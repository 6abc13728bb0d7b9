// Contours over the lit ground: dark on slopes that face away from the lamp, light on those that face it.
#include "contour.glsl"
uniform float u_contour;
uniform vec3 u_contour_dark, u_contour_light;   // factors on the colour as it is shown

vec3 lines_on(vec4 lit, float line) {
    vec3 lamp = mix(u_contour_dark, u_contour_light, lit.a * 2. - 1.);
    return lit.rgb * mix(vec3(1.), lamp, u_contour * line);
}
