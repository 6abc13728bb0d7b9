// The lit ground with its contours in it, for pictures in motion: a frame then fetches one texel per pixel.
#include "heights.glsl"
#include "lines_on.glsl"
uniform sampler2D u_lit;
varying vec2 v_uv;

void main() {
    vec4 lit = texture2D(u_lit, v_uv);
    float line = contour(texture2D(u_heights, texel_from_uv(v_uv)).g, u_every);
    gl_FragColor = vec4(lines_on(lit, line), lit.a);
}
