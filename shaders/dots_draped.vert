// Very many small points of a landscape's domain, lifted onto its ground here. Those outside are not drawn.

attribute vec2 a_position;    // in the domain
attribute float a_category;   // -1: none
uniform mat4 u_clip_from_world;
uniform float u_diameter, u_bias, u_lift;
uniform vec2 u_middle, u_half;        // of the domain
uniform vec2 u_samples;               // of the height texture
uniform sampler2D u_height;
#ifdef MOVING
attribute vec2 a_target;      // in the domain
uniform float u_share;        // of the straight path from a_position to a_target
#endif

#include "dots.glsl"

void main() {
    color_dot(a_category);
    gl_PointSize = u_diameter;
    vec2 place = a_position;
#ifdef MOVING
    place = mix(a_position, a_target, u_share);
#endif
    vec2 at = (place - u_middle) / u_half;
    if (!(max(abs(at.x), abs(at.y)) <= 1.)) {     // outside, or not a number
        gl_Position = vec4(2., 2., 2., 1.);
        return;
    }
    float z = texture2D(u_height, ((at * .5 + .5) * (u_samples - 1.) + .5) / u_samples).r;
    gl_Position = u_clip_from_world * vec4(at, z + u_lift, 1.);
    gl_Position.z -= u_bias * gl_Position.w;
}
