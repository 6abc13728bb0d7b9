// A coarse picture over the whole footprint: its corner texels lie on the corners, as the samples of a grid do.
#include "heights.glsl"
uniform sampler2D u_picture;
varying vec2 v_uv;

void main() {
    gl_FragColor = texture2D(u_picture, texel_from_uv(v_uv));
}
