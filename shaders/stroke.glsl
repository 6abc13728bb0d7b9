// Lines of pixel width, vertex part: one quad covers the capsule around a segment of a polyline.
//
// Where two pieces join, each draws its side of the joint's bisector only: no pixel is drawn twice, so translucent
// lines have no dots and edges stay smooth. Where pieces turn sharply, or bend within their own width, that could
// leave gaps; there both keep their round caps.

uniform mat4 u_clip_from_world;
uniform vec2 u_size;      // of the target, pixels
uniform float u_bias;     // towards the eye, NDC depth

varying vec2 v_start, v_end;              // ends of the segment, pixels
varying vec2 v_cut_start, v_cut_end;      // normals of the joints' bisectors, along the path; 0 where there is no joint
varying vec2 v_radius;                    // half widths at the ends, pixels

const float NEAREST = 1e-3;               // smallest clip w in front of the eye

vec2 pixel_from_clip(vec4 p) { return (p.xy / p.w * .5 + .5) * u_size; }

vec2 direction(vec2 a, vec2 b) {
    float along = length(b - a);
    return along > 1e-4 ? (b - a) / along : vec2(0.);
}

// Both pieces of a joint get the same answer. 0: no cut.
vec2 bisector(vec2 before, vec2 after, float width) {
    float first = length(before), second = length(after);
    if (min(first, second) < 1e-4) return vec2(0.);
    float turn = dot(before, after) / (first * second);
    bool clean = turn > .9 || turn > -.2 && min(first, second) > width;
    return clean ? normalize(before / first + after / second) : vec2(0.);
}

vec4 in_front(vec4 p, vec4 other) { return p.w >= NEAREST ? p : mix(p, other, (NEAREST - p.w) / (other.w - p.w)); }

void skip_stroke() {
    v_start = v_end = v_cut_start = v_cut_end = v_radius = vec2(0.);
    gl_Position = vec4(2., 2., 2., 1.);
}

// corner: x = 0 at the start, 1 at the end; y = -1 or 1 across. before and after are the neighbours on the path, or
// the end itself where the path ends.
void place_stroke(vec3 before, vec3 start, vec3 end, vec3 after, vec2 radius, vec2 corner) {
    vec4 a = u_clip_from_world * vec4(start, 1.), b = u_clip_from_world * vec4(end, 1.);
    if (a.w < NEAREST && b.w < NEAREST) { skip_stroke(); return; }
    a = in_front(a, b);
    b = in_front(b, a);
    v_start = pixel_from_clip(a);
    v_end = pixel_from_clip(b);
    v_radius = radius;
    vec2 along = direction(v_start, v_end);
    v_cut_start = v_cut_end = vec2(0.);
    vec4 p = u_clip_from_world * vec4(before, 1.), n = u_clip_from_world * vec4(after, 1.);
    vec2 piece = v_end - v_start;
    if (p.w > NEAREST) v_cut_start = bisector(v_start - pixel_from_clip(p), piece, radius.x);
    if (n.w > NEAREST) v_cut_end = bisector(piece, pixel_from_clip(n) - v_end, radius.y);
    if (along == vec2(0.)) along = vec2(1., 0.);
    float reach = max(radius.x, radius.y) + 1.;
    vec2 at = mix(v_start, v_end, corner.x) + reach * (along * (corner.x * 2. - 1.) + vec2(-along.y, along.x) * corner.y);
    vec4 near = corner.x < .5 ? a : b;
    gl_Position = vec4((at / u_size * 2. - 1.) * near.w, near.z - u_bias * near.w, near.w);
}
