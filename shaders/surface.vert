// The top of the block: a flat mesh lifted by the height texture.
#include "heights.glsl"
attribute vec2 a_uv;
uniform mat4 u_clip_from_world;
varying vec2 v_uv, v_texel;

void main() {
    v_uv = a_uv;
    v_texel = texel_from_uv(a_uv);
    gl_Position = u_clip_from_world * vec4(a_uv * 2. - 1., texture2D(u_heights, v_texel).r, 1.);
}
