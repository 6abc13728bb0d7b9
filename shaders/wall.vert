// The four cut sides: top vertices take the height of the ground, bottom ones the base.
#include "morph.glsl"
attribute vec2 a_uv;
attribute float a_top;      // 1 at the cut, 0 at the base
attribute float a_side;     // 0 south, 1 north, 2 west, 3 east
uniform mat4 u_clip_from_world;
uniform float u_base;
uniform vec4 u_shown;         // the part that is left standing
varying vec2 v_uv;
varying float v_z, v_top, v_side;

void main() {
    v_uv = mix(u_shown.xy, u_shown.zw, a_uv);
    v_side = a_side;
    v_top = morphed_height(v_uv);
    v_z = mix(u_base, v_top, a_top);
    gl_Position = u_clip_from_world * vec4(v_uv * 2. - 1., v_z, 1.);
}
