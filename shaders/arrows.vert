// Arrows of pixel width, one quad each, drawn by their distance field.

attribute vec3 a_tail, a_tip;
attribute vec2 a_corner;      // x = 0 at the tail, 1 at the tip; y = -1 or 1 across
attribute vec3 a_color;
attribute float a_casing;     // 1: the outline, 0: the arrow itself
uniform mat4 u_clip_from_world;
uniform vec2 u_size;
uniform float u_px, u_bias, u_width, u_outline;
uniform vec3 u_casing;
varying vec2 v_tail, v_along;
varying float v_length, v_width, v_casing;
varying vec4 v_color;

#include "presence.glsl"

const float NEAREST = 1e-3;

void main() {
    vec4 a = u_clip_from_world * vec4(a_tail, 1.), b = u_clip_from_world * vec4(a_tip, 1.);
    v_color = presented(vec4(mix(a_color, u_casing, a_casing), 1.));
    v_casing = a_casing;
    v_tail = (a.xy / a.w * .5 + .5) * u_size;
    vec2 tip = (b.xy / b.w * .5 + .5) * u_size;
    v_length = length(tip - v_tail);
    v_along = v_length > 1e-3 ? (tip - v_tail) / v_length : vec2(1., 0.);
    v_width = min(u_width * u_px, .28 * v_length);    // short arrows are thinner, to keep their shape
    if (a.w < NEAREST || b.w < NEAREST || v_length < .5) {
        gl_Position = vec4(2., 2., 2., 1.);
        return;
    }
    float reach = 1.9 * v_width + (u_outline + 1.) * u_px + 1.;
    vec2 at = mix(v_tail, tip, a_corner.x) + reach * (v_along * (a_corner.x * 2. - 1.) + vec2(-v_along.y, v_along.x) * a_corner.y);
    vec4 near = a_corner.x < .5 ? a : b;
    gl_Position = vec4((at / u_size * 2. - 1.) * near.w, near.z - u_bias * near.w, near.w);
}
