// The area between a curve and its base line.
attribute vec3 a_position;
attribute float a_at, a_side;     // position along the curve; its height above the base line
uniform mat4 u_clip_from_world;
varying float v_at, v_side;

void main() {
    v_at = a_at;
    v_side = a_side;
    gl_Position = u_clip_from_world * vec4(a_position, 1.);
}
