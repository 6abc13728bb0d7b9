attribute vec3 a_position;
attribute vec2 a_uv;
uniform mat4 u_clip_from_world;
varying vec2 v_uv;

void main() {
    v_uv = a_uv;
    gl_Position = u_clip_from_world * vec4(a_position, 1.);
}
