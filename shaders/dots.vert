// Very many small points; their colours are looked up by category.

attribute vec3 a_position;
attribute float a_category;   // -1: none
uniform mat4 u_clip_from_world;
uniform float u_diameter, u_bias;

#include "dots.glsl"

void main() {
    color_dot(a_category);
    gl_Position = u_clip_from_world * vec4(a_position, 1.);
    gl_Position.z -= u_bias * gl_Position.w;
    gl_PointSize = u_diameter;
}
