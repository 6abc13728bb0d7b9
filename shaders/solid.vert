// Triangles with normals, opaque or glass, lit at each pixel, or here with VERTEX_LIT.
attribute vec3 a_position, a_normal;
attribute vec4 a_color;
uniform mat4 u_clip_from_world;
uniform vec3 u_eye;
varying vec4 v_color;
#ifdef VERTEX_LIT
#include "solid.glsl"
#else
varying vec3 v_normal, v_to_eye;
#endif

void main() {
#ifdef VERTEX_LIT
    v_color = solid_color(a_color, a_normal, normalize(u_eye - a_position));
#else
    v_normal = a_normal;
    v_to_eye = u_eye - a_position;
    v_color = a_color;
#endif
    gl_Position = u_clip_from_world * vec4(a_position, 1.);
}
