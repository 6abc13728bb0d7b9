// Straight lines on the ground, one pixel wide, each in a piece or two.
attribute vec2 a_position, a_along;   // a_along: the line's direction
attribute float a_side;               // -1 or 1 across
uniform mat4 u_clip_from_world;
uniform vec2 u_size;
uniform float u_base, u_px;
varying float v_across;
varying vec2 v_position;

void main() {
    vec4 here = u_clip_from_world * vec4(a_position, u_base, 1.), ahead = u_clip_from_world * vec4(a_along, 0., 0.);
    // The direction in the picture is the same along the whole line, also behind the eye: x' w - x w' does not change.
    vec2 along = (ahead.xy * here.w - here.xy * ahead.w) * u_size;
    vec2 aside = normalize(vec2(-along.y, along.x) + 1e-9) * (.5 * u_px + .5);
    v_across = a_side * (.5 * u_px + .5);
    v_position = a_position;
    here.xy += aside * a_side * 2. / u_size * here.w;
    gl_Position = here;
}
