// The lit texture with contours drawn in screen space.
#include "contour.glsl"
#include "morph.glsl"
uniform sampler2D u_lit;
#ifdef MORPH
uniform sampler2D u_other_lit;
uniform float u_other_every;
#endif
uniform float u_contour;
uniform vec3 u_contour_dark, u_contour_light;
varying vec2 v_uv, v_texel;

void main() {
    vec4 lit = texture2D(u_lit, v_uv);
#ifdef HOLES
    if (lit.a < .25) discard;
#endif
    float line = contour(texture2D(u_heights, v_texel).g, u_every);
#ifdef MORPH
    lit = mix(lit, texture2D(u_other_lit, v_uv), u_share);
    float other = contour(texture2D(u_other, other_texel_from_uv(v_uv)).g, u_other_every);
    line = mix(line, other, u_share);
#endif
    vec3 lamp = mix(u_contour_dark, u_contour_light, lit.a * 2. - 1.);
    gl_FragColor = vec4(lit.rgb * sqrt(mix(vec3(1.), lamp, u_contour * line)), 1.);
}
