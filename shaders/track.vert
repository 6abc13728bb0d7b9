// The last points of paths that grow, read from rings of texels; drawn as in trail.vert, but the oldest fade.
//
// A point's rank is its index among the last ones, 0 for the one that is overwritten next. The newest has the highest
// rank there is, so where a ring is not full yet the low ranks are empty.

attribute vec2 a_corner;
attribute float a_rank;       // of the piece's start
attribute vec2 a_ring;        // the first texel of the path's ring, and how many there are
attribute vec2 a_path;        // the path's number, and 1 for its casing, 0 for the line itself
uniform mat4 u_ring[8];       // of each of 32 paths, one in a column: slot of rank 0 (negative: how many ranks are
                              // empty), rank of the end, progress of the oldest point and of the end
uniform sampler2D u_points;   // position and progress
uniform vec2 u_texels;        // width and height of that
uniform vec2 u_width[32];     // at the tail and at the head, logical pixels
uniform vec4 u_color[32];      // and opacity
uniform float u_px, u_outline;
varying float v_share;        // of the shown path, 0 at its start
varying vec4 v_ink;           // colour, and 1 for a casing
varying float v_opacity;
varying vec2 v_fade;          // alpha at both ends of the piece

#include "stroke.glsl"

const float FADES = .15;      // of the ring

vec4 point_of(float rank, float first) {
    float slot = first + rank;
    if (slot >= a_ring.y) slot -= a_ring.y;
    float texel = a_ring.x + slot, row = floor((texel + .5) / u_texels.x);
    return texture2D(u_points, (vec2(texel - row * u_texels.x, row) + .5) / u_texels);
}

void main() {
    int path = int(a_path.x + .5);
    int four = path / 4;
    vec4 ring = u_ring[four][path - four * 4];
    v_share = 0.;
    v_ink = vec4(u_color[path].rgb, a_path.y);
    v_opacity = u_color[path].a;
    v_fade = vec2(0.);
    float oldest = max(-ring.x, 0.);
    if (a_rank < oldest || a_rank >= ring.y) { skip_stroke(); return; }
    vec4 start = point_of(a_rank, ring.x), end = point_of(a_rank + 1., ring.x);
    float part = min(ring.y - a_rank, 1.);   // less than 1 where the head is within this piece
    end = mix(start, end, part);
    vec3 before = a_rank > oldest ? point_of(a_rank - 1., ring.x).xyz : start.xyz;
    vec3 after = a_rank + 1. < ring.y ? point_of(a_rank + 2., ring.x).xyz : end.xyz;
    vec2 share = (vec2(start.w, end.w) - ring.z) / (ring.w - ring.z), width = u_width[path];
    v_share = mix(share.x, share.y, a_corner.x);
    v_fade = clamp(vec2(a_rank, a_rank + part) / max(FADES * a_ring.y, 1.), 0., 1.);
    vec2 radius = (.5 * mix(width.xx, width.yy, share) + a_path.y * u_outline) * u_px;
    place_stroke(before, start.xyz, end.xyz, after, radius, a_corner);
}
