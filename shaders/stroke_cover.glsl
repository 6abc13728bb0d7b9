// Lines of pixel width, fragment part: how much of this pixel the segment covers. Exact for straight edges along
// the pixels' rows, so that a line w pixels wide sums to w.

varying vec3 v_place;     // pixels along the segment and across it, and its length
varying vec2 v_cuts;      // pixels beyond the joint at the start, and beyond the one at the end
varying vec2 v_radius;

// Returns the cover in [0, 1]; u becomes the position along the segment in [0, 1].
float stroke_cover(out float u) {
    float along = clamp(v_place.x, 0., v_place.z);
    u = along / max(v_place.z, 1e-3);
    if (v_cuts.x < 0. || v_cuts.y >= 0.) return 0.;
    return clamp(.5 + mix(v_radius.x, v_radius.y, u) - length(vec2(v_place.x - along, v_place.y)), 0., 1.);
}
