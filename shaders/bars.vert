// Boxes along the axes, eight shared vertices each.
attribute vec3 a_low, a_high, a_corner, a_color;   // a_corner: 0 at the low side, 1 at the high side
uniform mat4 u_clip_from_world;
varying vec3 v_local, v_color, v_size;

void main() {
    v_local = a_corner;
    v_color = a_color;
    v_size = a_high - a_low;
    gl_Position = u_clip_from_world * vec4(mix(a_low, a_high, a_corner), 1.);
}
