#include "presence.glsl"
uniform sampler2D u_atlas;        // rgb colour, a ink
uniform vec2 u_tiles, u_samples;  // columns and rows of tiles; samples along a tile
uniform float u_size, u_frame, u_tinted;  // pixels; u_tinted 1: ink in the sprite's colour
varying vec3 v_color;
varying vec2 v_tile;

void main() {
    vec2 at = gl_PointCoord * u_size, border = min(at, u_size - at);
    vec2 inside = clamp((at - u_frame) / (u_size - 2. * u_frame), 0., 1.);
    inside = clamp(inside * u_samples, vec2(.5), u_samples - .5) / u_samples;     // never samples of the next tile
    vec4 ink = texture2D(u_atlas, (v_tile + inside) / u_tiles);
    vec4 color = vec4(mix(ink.rgb, v_color, u_tinted), ink.a);
    if (min(border.x, border.y) < u_frame) color = vec4(v_color, 1.);
    if (color.a < .004) discard;
    gl_FragColor = presented(color);
}
