// Straight pieces of lines on the ground, one pixel wide: each end knows the other, so that it can step sideways.
attribute vec2 a_position, a_other;
attribute float a_side, a_alpha;
uniform mat4 u_clip_from_world;
uniform vec2 u_size;
uniform float u_base, u_px;
varying float v_alpha, v_across;

void main() {
    vec4 here = u_clip_from_world * vec4(a_position, u_base, 1.);
    vec4 there = u_clip_from_world * vec4(a_other, u_base, 1.);
    vec2 along = (there.xy / there.w - here.xy / here.w) * u_size;
    vec2 aside = normalize(vec2(-along.y, along.x) + 1e-9) * (.5 * u_px + .5);
    v_across = a_side * (.5 * u_px + .5);
    v_alpha = a_alpha;
    here.xy += aside * a_side * 2. / u_size * here.w;
    gl_Position = here;
}
