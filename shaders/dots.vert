// Very many small points; their colours are looked up by category.

attribute vec3 a_position;
attribute float a_category;   // -1: none
uniform mat4 u_clip_from_world;
uniform float u_diameter, u_bias;
#ifdef MOVING
attribute vec3 a_target;
uniform float u_share;        // of the straight path from a_position to a_target
#endif

#include "dots.glsl"

void main() {
    color_dot(a_category);
    vec3 at = a_position;
#ifdef MOVING
    at = mix(a_position, a_target, u_share);
#endif
    gl_Position = u_clip_from_world * vec4(at, 1.);
    gl_Position.z -= u_bias * gl_Position.w;
    gl_PointSize = u_diameter;
}
