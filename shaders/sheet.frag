// A sheet with grid lines of pixel width.
#include "presence.glsl"
uniform float u_px, u_fill, u_width;
uniform vec2 u_lines;             // 1 where there are lines of a kind, else 0
uniform vec3 u_line;
varying vec3 v_color;
varying vec2 v_line;
#ifndef VERTEX_LIT
#include "sheet.glsl"
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
    vec3 color = v_color;
#else
    vec3 color = sheet_light(v_color, v_normal, v_to_eye);
#endif
    vec2 lines = u_lines * vec2(line_cover(v_line.x), line_cover(v_line.y));
    float cover = .85 * max(lines.x, lines.y), alpha = u_fill + (1. - u_fill) * cover;
    if (alpha < .004) discard;
    color = mix(color * u_fill, u_line, cover) / max(mix(u_fill, 1., cover), 1e-4);
    gl_FragColor = presented(vec4(color, alpha));
}
