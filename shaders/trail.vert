// Paths up to iteration upto: thin and dull at the tail, wide and bright at the head. Each path has its casing first.

attribute vec3 a_before, a_start, a_end, a_after;
attribute vec2 a_corner;
attribute vec2 a_progress;    // iteration numbers at both ends
attribute vec2 a_path;        // the path's number, and 1 for its casing, 0 for the line itself
uniform vec4 u_path[32];      // of each path: upto, widths at the tail and at the head in pixels of the look
uniform vec3 u_color[32];
uniform float u_px, u_outline;
varying float v_share;        // of the shown path, 0 at its start
varying vec4 v_ink;           // colour, and 1 for a casing

#include "stroke.glsl"

void main() {
    int path = int(a_path.x + .5);
    float upto = u_path[path].x;
    vec2 width = u_path[path].yz, progress = a_progress;
    v_share = 0.;
    v_ink = vec4(u_color[path], a_path.y);
    if (progress.x >= upto) { skip_stroke(); return; }
    vec3 end = a_end, after = a_after;
    if (progress.y >= upto) {   // the head is within this piece
        end = mix(a_start, a_end, (upto - progress.x) / (progress.y - progress.x));
        after = end;
        progress.y = upto;
    }
    vec2 share = progress / upto;
    v_share = mix(share.x, share.y, a_corner.x);
    vec2 radius = (.5 * mix(width.xx, width.yy, share) + a_path.y * u_outline) * u_px;
    place_stroke(a_before, a_start, end, after, radius, a_corner);
}
