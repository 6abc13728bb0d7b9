uniform float u_px;
uniform vec2 u_dash;          // period and ink, logical pixels; 0: solid
varying vec4 v_ink;
varying vec2 v_arc;

#include "stroke_cover.glsl"

void main() {
    float u, cover = stroke_cover(u);
    if (u_dash.x > 0.) {
        float from_middle = abs(mod(mix(v_arc.x, v_arc.y, u), u_dash.x) - .5 * u_dash.x);
        cover *= clamp(.5 + (.5 * u_dash.y - from_middle) * u_px, 0., 1.);
    }
    if (cover * v_ink.a < .004) discard;
    gl_FragColor = vec4(v_ink.rgb, v_ink.a * cover);
}
