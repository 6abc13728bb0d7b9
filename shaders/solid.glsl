// A body lit from either side. Glass is denser where it is seen at a glancing angle.
#include "shade.glsl"

vec4 solid_color(vec4 color, vec3 n, vec3 eye) {
    float facing = dot(n, eye);
    if (facing < 0.) n = -n;
    float glance = 1. - abs(facing);
    float alpha = color.a < 1. ? min(1., color.a * (1. + 2.2 * glance * glance * glance)) : 1.;
    return vec4(sqrt(shade(color.rgb * color.rgb, n, 1., 1., 1.)), alpha);
}
