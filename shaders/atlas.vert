// Small images that face the eye (billboards), all of them tiles of one atlas texture.
attribute vec3 a_position, a_target, a_color;
attribute vec2 a_tile;            // column and row
uniform mat4 u_clip_from_world;
uniform float u_share, u_size, u_bias;
varying vec3 v_color;
varying vec2 v_tile;

void main() {
    v_color = a_color;
    v_tile = a_tile;
    gl_Position = u_clip_from_world * vec4(mix(a_position, a_target, u_share), 1.);
    gl_Position.z -= u_bias * gl_Position.w;
    gl_PointSize = u_size;
}
