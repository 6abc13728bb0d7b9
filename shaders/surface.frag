// The lit texture with contours drawn in screen space.
#include "contour.glsl"
uniform sampler2D u_heights, u_lit;
uniform float u_contour;
uniform vec3 u_contour_dark, u_contour_light;
varying vec2 v_uv, v_texel;

void main() {
    vec4 lit = texture2D(u_lit, v_uv);
#ifdef HOLES
    if (lit.a < .25) discard;
#endif
    float phase = texture2D(u_heights, v_texel).g;
    float change = length(vec2(dFdx(phase), dFdy(phase))) + 1e-5;
    vec3 lamp = mix(u_contour_dark, u_contour_light, lit.a * 2. - 1.);
    gl_FragColor = vec4(lit.rgb * sqrt(mix(vec3(1.), lamp, u_contour * contour(phase, change))), 1.);
}
