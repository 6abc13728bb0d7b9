// Lines of pixel width, vertex part: one quad covers the capsule around a segment of a polyline.
//
// Where two pieces join, each draws its side of the joint's bisector only: no pixel is drawn twice, so translucent
// lines have no dots and edges stay smooth. Where pieces turn sharply, or bend within their own width, that could
// leave gaps; there both keep their round caps.

uniform mat4 u_clip_from_world;
uniform vec2 u_size;      // of the target, pixels
uniform float u_bias;     // towards the eye, NDC depth

varying vec3 v_place;     // pixels along the segment and across it, and its length
varying vec2 v_cuts;      // pixels beyond the bisector of the joint at the start, and beyond the one at the end
varying vec2 v_radius;    // half widths at the ends, pixels

const float NEAREST = 1e-3;               // smallest clip w in front of the eye

vec2 pixel_from_clip(vec4 p) { return (p.xy / p.w * .5 + .5) * u_size; }

vec2 direction(vec2 a, vec2 b) {
    float along = length(b - a);
    return along > 1e-4 ? (b - a) / along : vec2(0.);
}

// Both pieces of a joint get the same result. 0: no cut.
vec2 bisector(vec2 before, vec2 after, float width) {
    float first = length(before), second = length(after);
    if (min(first, second) < 1e-4) return vec2(0.);
    float turn = dot(before, after) / (first * second);
    bool clean = turn > .9 || turn > -.2 && min(first, second) > width;
    return clean ? normalize(before / first + after / second) : vec2(0.);
}

vec4 in_front(vec4 p, vec4 other) { return p.w >= NEAREST ? p : mix(p, other, (NEAREST - p.w) / (other.w - p.w)); }

void skip_stroke() {
    v_place = vec3(0.);
    v_cuts = v_radius = vec2(0.);
    gl_Position = vec4(2., 2., 2., 1.);
}

// corner: x = 0 at the start, 1 at the end; y = -1 or 1 across. before and after are the neighbours on the path, or
// the end itself where the path ends.
void place_stroke(vec3 before, vec3 start, vec3 end, vec3 after, vec2 radius, vec2 corner) {
    vec4 a = u_clip_from_world * vec4(start, 1.), b = u_clip_from_world * vec4(end, 1.);
    if (a.w < NEAREST && b.w < NEAREST) { skip_stroke(); return; }
    a = in_front(a, b);
    b = in_front(b, a);
    vec2 from = pixel_from_clip(a), to = pixel_from_clip(b), piece = to - from, along = direction(from, to);
    vec2 cut_start = vec2(0.), cut_end = vec2(0.);
    vec4 p = u_clip_from_world * vec4(before, 1.), n = u_clip_from_world * vec4(after, 1.);
    if (p.w > NEAREST) cut_start = bisector(from - pixel_from_clip(p), piece, radius.x);
    if (n.w > NEAREST) cut_end = bisector(piece, pixel_from_clip(n) - to, radius.y);
    if (along == vec2(0.)) along = vec2(1., 0.);
    float reach = max(radius.x, radius.y) + 1., on = reach * (corner.x * 2. - 1.), across = reach * corner.y;
    vec2 at = mix(from, to, corner.x) + along * on + vec2(-along.y, along.x) * across;
    v_place = vec3(corner.x * length(piece) + on, across, length(piece));
    v_cuts = vec2(dot(at - from, cut_start), cut_end == vec2(0.) ? -1. : dot(at - to, cut_end));
    v_radius = radius;
    vec4 near = corner.x < .5 ? a : b;
    // Everything is interpolated linearly in the picture, not in the world: hence a w of 1.
    gl_Position = vec4(at / u_size * 2. - 1., near.z / near.w - u_bias, 1.);
}
