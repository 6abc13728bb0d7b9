// Flat plates with rounded corners, vertex part: a quad each.

attribute vec3 a_position;
attribute vec2 a_local;       // from the plate's middle, world units along its sides
attribute vec2 a_half;        // half its width and height, world units
attribute vec3 a_color;
attribute vec3 a_fill;        // how far it is filled from below, the share of its colour in that, how opaque it is
uniform mat4 u_clip_from_world;
uniform float u_bias;         // towards the eye, NDC depth
varying vec2 v_local, v_half;
varying vec3 v_color, v_fill;

void main() {
    v_local = a_local;
    v_half = a_half;
    v_color = a_color;
    v_fill = a_fill;
    gl_Position = u_clip_from_world * vec4(a_position, 1.);
    gl_Position.z -= u_bias * gl_Position.w;
}
