// A texture as it is. Drawn at half its size, linear filtering averages each 2 x 2 block exactly.
uniform sampler2D u_picture;
varying vec2 v_uv;

void main() {
    gl_FragColor = texture2D(u_picture, v_uv);
}
