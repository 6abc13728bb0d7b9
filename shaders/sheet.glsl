// Light on a sheet, the same from both sides. u_plain 1: colours as they are.
#include "shade.glsl"
uniform float u_plain;

vec3 sheet_light(vec3 color, vec3 normal, vec3 to_eye) {
    vec3 n = normal * inversesqrt(max(dot(normal, normal), 1e-20));
    if (dot(n, to_eye) < 0.) n = -n;
    return mix(sqrt(shade(color * color, n, 1., 1., 1.)), color, u_plain);
}
