// Triangles with normals, opaque or glass.
attribute vec3 a_position, a_normal;
attribute vec4 a_color;
uniform mat4 u_clip_from_world;
uniform vec3 u_eye;
varying vec3 v_normal, v_to_eye;
varying vec4 v_color;

void main() {
    v_normal = a_normal;
    v_to_eye = u_eye - a_position;
    v_color = a_color;
    gl_Position = u_clip_from_world * vec4(a_position, 1.);
}
