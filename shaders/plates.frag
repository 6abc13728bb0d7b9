// Flat plates with rounded corners, fragment part: ground, the filled part up to its level, border.

#include "presence.glsl"
uniform vec3 u_ground;
uniform float u_opaque;       // how opaque the ground is
uniform float u_rounding;     // of the shorter side
uniform float u_edge;         // width of the border, pixels of the target
uniform float u_line;         // width of the line at the level, pixels of the target
varying vec2 v_local, v_half;
varying vec3 v_color, v_fill;

const float EDGE_TINT = .55;  // share of the plate's colour in its border

void main() {
    float pixel = .5 * (length(dFdx(v_local)) + length(dFdy(v_local)));  // world units
    float radius = 2. * u_rounding * min(v_half.x, v_half.y);
    vec2 beyond = abs(v_local) - v_half + radius;
    float outside = length(max(beyond, 0.)) + min(max(beyond.x, beyond.y), 0.) - radius;
    float cover = clamp(-outside / pixel, 0., 1.);
    float above = v_local.y - (2. * v_fill.x - 1.) * v_half.y;
    float filled = v_fill.x >= 1. ? 1. : v_fill.x <= 0. ? 0. : clamp(.5 - above / pixel, 0., 1.);
    float line = v_fill.x >= 1. || v_fill.x <= 0. ? 0. : clamp(.5 + .5 * u_line - abs(above) / pixel, 0., 1.);
    float edge = u_edge > 0. ? clamp(1. + u_edge + outside / pixel, 0., 1.) : 0.;
    vec3 color = mix(u_ground, v_color, max(filled * v_fill.y, line));
    color = mix(color, mix(u_ground, v_color, max(EDGE_TINT, filled * v_fill.y)), edge);
    float alpha = v_fill.z * cover * max(max(filled, u_opaque), max(edge, line));
    if (alpha < .004) discard;
    gl_FragColor = presented(vec4(color, alpha));
}
