// A patch of ground under a head, laid on the height texture.
#include "heights.glsl"
attribute vec2 a_uv;
attribute vec2 a_away;   // from the middle, 1 where the shadow ends
uniform mat4 u_clip_from_world;
varying vec2 v_away;

void main() {
    v_away = a_away;
    gl_Position = u_clip_from_world * vec4(a_uv * 2. - 1., height_at(a_uv), 1.);
    gl_Position.z -= .0006 * gl_Position.w;
}
