// Lines of pixel width, fragment part: how much of this pixel the segment covers. Exact for straight edges along
// the pixels' rows, so that a line w pixels wide sums to w.

varying vec2 v_start, v_end;
varying vec2 v_cut_start, v_cut_end;
varying vec2 v_radius;

// Returns the cover in [0, 1]; u becomes the place along the segment in [0, 1].
float stroke_cover(out float u) {
    vec2 from_start = gl_FragCoord.xy - v_start, segment = v_end - v_start;
    u = clamp(dot(from_start, segment) / max(dot(segment, segment), 1e-6), 0., 1.);
    if (dot(from_start, v_cut_start) < 0. || dot(gl_FragCoord.xy - v_end, v_cut_end) >= 0. && v_cut_end != vec2(0.))
        return 0.;
    return clamp(.5 + mix(v_radius.x, v_radius.y, u) - length(from_start - segment * u), 0., 1.);
}
