// A rectangle over the whole target; uv runs from 0 to 1, v up.
attribute vec2 a_corner;
varying vec2 v_uv;

void main() {
    v_uv = a_corner * .5 + .5;
    gl_Position = vec4(a_corner, .9999, 1.);
}
