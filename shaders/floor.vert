// The ground around the block.
attribute vec2 a_position;
uniform mat4 u_clip_from_world;
uniform float u_base, u_reach;
varying vec2 v_uv;

void main() {
    v_uv = a_position / u_reach * .5 + .5;
    gl_Position = u_clip_from_world * vec4(a_position, u_base, 1.);
}
