#include "presence.glsl"
uniform sampler2D u_picture;
uniform float u_alpha;
varying vec2 v_uv;

void main() {
    gl_FragColor = presented(vec4(texture2D(u_picture, v_uv).rgb, u_alpha));
}
