// A sheet, lit from either side, here or, with VERTEX_LIT, at the vertices; with grid lines of pixel width.
#include "presence.glsl"
#include "shade.glsl"
uniform float u_px, u_fill, u_width, u_plain;     // u_plain 1: colours as they are
uniform vec2 u_lines;             // 1 where there are lines of a kind, else 0
uniform vec3 u_line;
varying vec3 v_color;
varying vec2 v_line;
#ifdef VERTEX_LIT
varying vec3 v_front, v_back;
varying float v_facing;
#else
varying vec3 v_normal, v_to_eye;
#endif

float line_cover(float number) {
    float change = length(vec2(dFdx(number), dFdy(number))) + 1e-6;
    float away = abs(fract(number + .5) - .5) / change;
    float fade = clamp(2.2 - 4.4 * change * u_px, 0., 1.);      // lines closer than some pixels would be a haze
    return clamp(.5 + .5 * u_width * u_px - away, 0., 1.) * fade;
}

void main() {
#ifdef VERTEX_LIT
    vec3 color = v_facing < 0. ? v_back : v_front;
#else
    vec3 n = v_normal * inversesqrt(max(dot(v_normal, v_normal), 1e-20));
    if (dot(n, v_to_eye) < 0.) n = -n;
    vec3 color = sqrt(shade(v_color * v_color, n, 1., 1., 1.));
#endif
    color = mix(color, v_color, u_plain);
    vec2 lines = u_lines * vec2(line_cover(v_line.x), line_cover(v_line.y));
    float cover = .85 * max(lines.x, lines.y), alpha = u_fill + (1. - u_fill) * cover;
    if (alpha < .004) discard;
    color = mix(color * u_fill, u_line, cover) / max(mix(u_fill, 1., cover), 1e-4);
    gl_FragColor = presented(vec4(color, alpha));
}
