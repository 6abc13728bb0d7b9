// Light on a bar: its foot sees less of the sky than its top.
#include "shade.glsl"
const float FOOT = .42;           // how much of the sky a bar's foot sees

vec3 bar_light(vec3 color, vec3 n, float height) {
    float open = n.z > .5 ? 1. : mix(FOOT, 1., smoothstep(0., 1., height));
    return sqrt(shade(color * color, n, open, 1., 1.));
}
