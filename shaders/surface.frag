// The lit texture with contours drawn in screen space; LINED: they are in the texture already. A SHEET shows its rim
// and its lines more than the rest, and is darker from below.
#include "presence.glsl"
#include "lines_on.glsl"
#include "morph.glsl"
uniform sampler2D u_lit;
#ifdef MORPH
uniform sampler2D u_other_lit;
uniform float u_other_every;
#endif
varying vec2 v_uv, v_texel;
#ifdef SHEET
uniform float u_alpha, u_end;   // u_end: the height at which it ends
uniform vec3 u_rim;
uniform vec4 u_shown;
const float BELOW = .5;   // factor on the colour as it is shown

float rim(float z) {
    vec2 sides = min(v_uv - u_shown.xy, u_shown.zw - v_uv) / fwidth(v_uv);
    float pixels = min(min(sides.x, sides.y), (u_end - z) / max(fwidth(z), 1e-6));
    return clamp(1.6 * u_px + .5 - pixels, 0., 1.);
}
#endif

void main() {
    vec4 lit = texture2D(u_lit, v_uv);
#ifdef HOLES
    if (lit.a < .25) discard;
#endif
#ifdef LINED
    gl_FragColor = presented(vec4(lit.rgb, 1.));
#else
    vec2 ground = texture2D(u_heights, v_texel).rg;
    float line = contour(ground.g, u_every);
#ifdef MORPH
    lit = mix(lit, texture2D(u_other_lit, v_uv), u_share);
    float other = contour(texture2D(u_other, other_texel_from_uv(v_uv)).g, u_other_every);
    line = mix(line, other, u_share);
#endif
    gl_FragColor = vec4(lines_on(lit, line), 1.);
#ifdef SHEET
    float edge = rim(ground.r);
    if (ground.r > u_end) discard;
    if (!gl_FrontFacing) gl_FragColor.rgb *= BELOW;
    gl_FragColor.rgb = mix(gl_FragColor.rgb, u_rim, .7 * edge);
    gl_FragColor.a = mix(u_alpha, 1., max(.8 * edge, .5 * u_contour * line));
#endif
    gl_FragColor = presented(gl_FragColor);
#endif
}
