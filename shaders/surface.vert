// The top of a block, or a sheet: a flat mesh lifted by the height texture.
#include "heights.glsl"
#include "morph.glsl"
attribute vec2 a_uv;
uniform mat4 u_clip_from_world;
uniform vec4 u_shown;         // the part that is left standing: lower left and upper right uv
#ifdef SHEET
uniform float u_lift;
#endif
varying vec2 v_uv, v_texel;

void main() {
    v_uv = mix(u_shown.xy, u_shown.zw, a_uv);
    v_texel = texel_from_uv(v_uv);
    float z = morphed_height(v_uv);
#ifdef SHEET
    z += u_lift;
#endif
    gl_Position = u_clip_from_world * vec4(v_uv * 2. - 1., z, 1.);
}
