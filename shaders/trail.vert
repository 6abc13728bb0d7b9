// A path up to iteration u_upto: thin and dull at the tail, wide and bright at the head.

attribute vec3 a_before, a_start, a_end, a_after;
attribute vec2 a_corner;
attribute vec2 a_progress;    // iteration numbers at both ends
uniform float u_upto, u_px, u_outline;
uniform vec2 u_width;         // at the tail and at the head, pixels of the look
varying float v_share;        // of the shown path, 0 at its start

#include "stroke.glsl"

void main() {
    vec2 progress = a_progress;
    v_share = 0.;
    if (progress.x >= u_upto) { skip_stroke(); return; }
    vec3 end = a_end, after = a_after;
    if (progress.y >= u_upto) {   // the head is within this piece
        end = mix(a_start, a_end, (u_upto - progress.x) / (progress.y - progress.x));
        after = end;
        progress.y = u_upto;
    }
    vec2 share = progress / u_upto;
    v_share = mix(share.x, share.y, a_corner.x);
    vec2 radius = (.5 * mix(u_width.xx, u_width.yy, share) + u_outline) * u_px;
    place_stroke(a_before, a_start, end, after, radius, a_corner);
}
