// Paths up to iteration upto: thin and dull at the tail, wide and bright at the head. Each path has its casing first.

attribute vec3 a_before, a_start, a_end, a_after;
attribute vec2 a_corner;
attribute vec2 a_progress;    // iteration numbers at both ends
attribute vec2 a_along;       // world length of the path at both ends
attribute vec2 a_path;        // the path's number, and 1 for its casing, 0 for the line itself, -1 for one with dashes
uniform mat4 u_upto[2];       // of each of 32 paths, four in a column
uniform vec2 u_width[32];     // at the tail and at the head, logical pixels
uniform vec4 u_color[32];      // and opacity
uniform float u_px, u_outline;
varying float v_share;        // of the shown path, 0 at its start
varying vec4 v_ink;           // colour, and 1 for a casing
varying float v_opacity;
varying float v_along;        // world length of the path so far

#include "stroke.glsl"

void main() {
    int path = int(a_path.x + .5);
    int four = path / 4;
    float upto = u_upto[four / 4][four - four / 4 * 4][path - four * 4];
    vec2 width = u_width[path], progress = a_progress, along = a_along;
    v_share = 0.;
    v_ink = vec4(u_color[path].rgb, a_path.y);
    v_opacity = u_color[path].a;
    v_along = 0.;
    if (progress.x >= upto) { skip_stroke(); return; }
    vec3 end = a_end, after = a_after;
    if (progress.y >= upto) {   // the head is within this piece
        float part = (upto - progress.x) / (progress.y - progress.x);
        end = mix(a_start, a_end, part);
        along.y = mix(along.x, along.y, part);
        after = end;
        progress.y = upto;
    }
    vec2 share = progress / upto;
    v_share = mix(share.x, share.y, a_corner.x);
    v_along = mix(along.x, along.y, a_corner.x);
    vec2 radius = (.5 * mix(width.xx, width.yy, share) + max(a_path.y, 0.) * u_outline) * u_px;
    place_stroke(a_before, a_start, end, after, radius, a_corner);
}
