uniform vec3 u_color, u_casing;
uniform float u_outline, u_alpha;
varying float v_share;

#include "stroke_cover.glsl"

const float DULL = .22;       // how far the tail's colour goes towards the outline's

void main() {
    float u, cover = stroke_cover(u);
    if (cover < .004) discard;
    vec3 ink = mix(u_color, u_casing, DULL * (1. - v_share));
    gl_FragColor = vec4(u_outline > 0. ? u_casing : ink, cover * u_alpha);
}
