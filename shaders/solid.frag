#include "presence.glsl"
varying vec4 v_color;
#ifdef VERTEX_LIT
void main() { gl_FragColor = presented(v_color); }
#else
#include "solid.glsl"
varying vec3 v_normal, v_to_eye;

void main() { gl_FragColor = presented(solid_color(v_color, normalize(v_normal), normalize(v_to_eye))); }
#endif
