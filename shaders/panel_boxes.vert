// Parts of a picture at their own positions: uv is also the position in the target.
attribute vec2 a_uv;
varying vec2 v_uv;

void main() {
    v_uv = a_uv;
    gl_Position = vec4(a_uv * 2. - 1., 0., 1.);
}
