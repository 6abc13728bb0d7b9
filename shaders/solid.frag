// Lit from either side. Glass is denser where it is seen at a glancing angle.
#include "presence.glsl"
#include "shade.glsl"
varying vec3 v_normal, v_to_eye;
varying vec4 v_color;

void main() {
    vec3 eye = normalize(v_to_eye), n = normalize(v_normal);
    float facing = dot(n, eye);
    if (facing < 0.) n = -n;
    float glance = 1. - abs(facing);
    float alpha = v_color.a < 1. ? min(1., v_color.a * (1. + 2.2 * glance * glance * glance)) : 1.;
    vec3 color = sqrt(shade(v_color.rgb * v_color.rgb, n, 1., 1., 1.));
    gl_FragColor = presented(vec4(color, alpha));
}
