// The lit texture with contours drawn in screen space; LINED: they are in the texture already.
#include "lines_on.glsl"
#include "morph.glsl"
uniform sampler2D u_lit;
#ifdef MORPH
uniform sampler2D u_other_lit;
uniform float u_other_every;
#endif
varying vec2 v_uv, v_texel;

void main() {
    vec4 lit = texture2D(u_lit, v_uv);
#ifdef HOLES
    if (lit.a < .25) discard;
#endif
#ifdef LINED
    gl_FragColor = vec4(lit.rgb, 1.);
#else
    float line = contour(texture2D(u_heights, v_texel).g, u_every);
#ifdef MORPH
    lit = mix(lit, texture2D(u_other_lit, v_uv), u_share);
    float other = contour(texture2D(u_other, other_texel_from_uv(v_uv)).g, u_other_every);
    line = mix(line, other, u_share);
#endif
    gl_FragColor = vec4(lines_on(lit, line), 1.);
#endif
}
