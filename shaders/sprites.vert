// Discs, lit spheres and rings of pixel size, some moving straight to another position.

attribute vec3 a_position, a_target;
attribute vec4 a_color;
attribute vec4 a_shape;       // radius and rim in logical pixels, kind (0 disc, 1 sphere, 2 ring), bias
uniform mat4 u_clip_from_world;
uniform float u_px, u_share;
varying vec4 v_color;
varying vec3 v_shape;         // radius and rim in pixels, kind

void main() {
    v_color = a_color;
    v_shape = vec3(a_shape.xy * u_px, a_shape.z);
    gl_Position = u_clip_from_world * vec4(mix(a_position, a_target, u_share), 1.);
    gl_Position.z -= a_shape.w * gl_Position.w;
    gl_PointSize = 2. * (v_shape.x + v_shape.y + 1.);
}
