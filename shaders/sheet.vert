// A grid of points on its straight way from one place to another. Its tangents move in straight lines too, so their
// product is the exact normal all the way. VERTEX_LIT: both sides are lit here.
#ifdef VERTEX_LIT
#include "shade.glsl"
varying vec3 v_front, v_back;
varying float v_facing;
#else
varying vec3 v_normal, v_to_eye;
#endif
attribute vec3 a_start, a_end, a_start_u, a_end_u, a_start_v, a_end_v, a_color;
attribute vec2 a_line;            // numbers of the grid lines, whole on a line
uniform mat4 u_clip_from_world;
uniform vec3 u_eye;
uniform float u_share, u_bias;
varying vec3 v_color;
varying vec2 v_line;

void main() {
    vec3 at = mix(a_start, a_end, u_share);
    vec3 normal = cross(mix(a_start_u, a_end_u, u_share), mix(a_start_v, a_end_v, u_share));
    v_color = a_color;
    v_line = a_line;
#ifdef VERTEX_LIT
    vec3 n = normal * inversesqrt(max(dot(normal, normal), 1e-20));
    v_facing = dot(normal, u_eye - at);
    v_front = sqrt(shade(a_color * a_color, n, 1., 1., 1.));
    v_back = sqrt(shade(a_color * a_color, -n, 1., 1., 1.));
#else
    v_normal = normal;
    v_to_eye = u_eye - at;
#endif
    gl_Position = u_clip_from_world * vec4(at, 1.);
    gl_Position.z -= u_bias * gl_Position.w;
}
