#include "presence.glsl"
uniform vec2 u_area;              // positions along the curve where the filled part begins and ends
uniform vec3 u_above, u_below;
uniform float u_fill;
varying float v_at, v_side;

void main() {
    float change = length(vec2(dFdx(v_at), dFdy(v_at))) + 1e-9;
    float cover = clamp(.5 + (v_at - u_area.x) / change, 0., 1.) * clamp(.5 + (u_area.y - v_at) / change, 0., 1.);
    if (cover <= 0.) discard;
    gl_FragColor = presented(vec4(v_side < 0. ? u_below : u_above, u_fill * cover));
}
