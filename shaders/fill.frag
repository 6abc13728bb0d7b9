#include "presence.glsl"
uniform vec4 u_color;

void main() { gl_FragColor = presented(u_color); }
