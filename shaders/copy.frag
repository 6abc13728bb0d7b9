// A texture as it is. Drawn at half its size, linear filtering averages each 2 x 2 block exactly.
uniform sampler2D u_picture;
varying vec2 v_uv;
#ifdef BEHIND
uniform sampler2D u_behind;   // shown where the picture is clear; its colours are multiplied by alpha already
#endif

void main() {
    gl_FragColor = texture2D(u_picture, v_uv);
#ifdef BEHIND
    gl_FragColor += (1. - gl_FragColor.a) * texture2D(u_behind, v_uv);
#endif
}
