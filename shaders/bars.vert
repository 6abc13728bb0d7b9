// Boxes along the axes, eight shared vertices each. VERTEX_LIT: the faces that the eye sees are lit here.
attribute vec3 a_low, a_high, a_corner, a_color;   // a_corner: 0 at the low side, 1 at the high side
uniform mat4 u_clip_from_world;
varying vec3 v_local, v_color, v_size;
#ifdef VERTEX_LIT
#include "bars.glsl"
uniform vec3 u_eye;
varying vec3 v_x, v_y, v_z;       // colours of the faces across x, y and z
#endif

void main() {
    v_local = a_corner;
    v_color = a_color;
    v_size = a_high - a_low;
#ifdef VERTEX_LIT
    vec3 side = sign(u_eye - .5 * (a_low + a_high));
    v_x = bar_light(a_color, vec3(side.x, 0., 0.), a_corner.z);
    v_y = bar_light(a_color, vec3(0., side.y, 0.), a_corner.z);
    v_z = bar_light(a_color, vec3(0., 0., side.z), a_corner.z);
#endif
    gl_Position = u_clip_from_world * vec4(mix(a_low, a_high, a_corner), 1.);
}
