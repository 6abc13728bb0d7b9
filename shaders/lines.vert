// Polylines; width, colour and dash are given per vertex, and a matrix may move the plane first.

attribute vec3 a_before, a_start, a_end, a_after;
attribute vec2 a_corner;
attribute vec2 a_arc;         // logical pixels along the path at both ends, for dashes
attribute vec4 a_ink;         // colour and opacity
attribute float a_width;      // logical pixels
attribute float a_moved;      // u_plane moves this line: 0 not, 1 wholly, 2 or 3 with that part of u_shown
uniform float u_px, u_wide;    // u_wide: factor on widths
uniform mat2 u_plane;
uniform vec2 u_shown;          // factors on the opacity
varying vec4 v_ink;
varying vec2 v_arc;

#include "presence.glsl"
#include "stroke.glsl"

vec3 moved(vec3 p) { return a_moved > .5 ? vec3(u_plane * p.xy, p.z) : p; }

void main() {
    v_ink = a_ink;
    v_ink.a *= a_moved < 1.5 ? 1. : a_moved < 2.5 ? u_shown.x : u_shown.y;
    v_ink = presented(v_ink);
    v_arc = a_arc;
    place_stroke(moved(a_before), moved(a_start), moved(a_end), moved(a_after), vec2(.5 * a_width * u_wide * u_px), a_corner);
}
