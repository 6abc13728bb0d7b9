// A grid of points that moves straight from one position to another. Its tangents do so too, so their
// product is the exact normal throughout. It is lit at each pixel, or here with VERTEX_LIT.
attribute vec3 a_start, a_end, a_start_u, a_end_u, a_start_v, a_end_v, a_color;
attribute vec2 a_line;            // numbers of the grid lines, whole on a line
uniform mat4 u_clip_from_world;
uniform vec3 u_eye;
uniform float u_share, u_bias;
varying vec3 v_color;
varying vec2 v_line;
#ifdef VERTEX_LIT
#include "sheet.glsl"
#else
varying vec3 v_normal, v_to_eye;
#endif

void main() {
    vec3 at = mix(a_start, a_end, u_share), to_eye = u_eye - at;
    vec3 normal = cross(mix(a_start_u, a_end_u, u_share), mix(a_start_v, a_end_v, u_share));
#ifdef VERTEX_LIT
    v_color = sheet_light(a_color, normal, to_eye);
#else
    v_color = a_color;
    v_normal = normal;
    v_to_eye = to_eye;
#endif
    v_line = a_line;
    gl_Position = u_clip_from_world * vec4(at, 1.);
    gl_Position.z -= u_bias * gl_Position.w;
}
