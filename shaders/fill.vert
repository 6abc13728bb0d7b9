attribute vec3 a_position;
uniform mat4 u_clip_from_world;
uniform float u_bias;

void main() {
    gl_Position = u_clip_from_world * vec4(a_position, 1.);
    gl_Position.z -= u_bias * gl_Position.w;
}
