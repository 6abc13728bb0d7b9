uniform vec3 u_casing;
uniform float u_alpha;
varying float v_share;
varying vec4 v_ink;
varying float v_opacity;
#ifdef FADING
varying vec2 v_fade;          // alpha at both ends of the piece
#else
varying float v_along;        // world length of the path so far
#endif

#include "stroke_cover.glsl"

const float DULL = .22;       // how far the tail's colour goes towards the outline's
const float DASH = .09, GAP = .4;  // world length of a dash with its gap, and the gap's share of it

void main() {
    float u, cover = stroke_cover(u);
    if (cover < .004) discard;
    vec3 ink = mix(v_ink.rgb, u_casing, DULL * (1. - v_share));
#ifndef FADING
    if (v_ink.a < -.5 && fract(v_along / DASH) < GAP) discard;
#else
    cover *= mix(v_fade.x, v_fade.y, u);
#endif
    gl_FragColor = vec4(v_ink.a > .5 ? u_casing : ink, cover * u_alpha * v_opacity);
}
