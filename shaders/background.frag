// A soft light behind the subject, fading to the edges.
#include "noise.glsl"
uniform vec3 u_inner, u_outer;
uniform vec2 u_size, u_centre;
varying vec2 v_uv;

void main() {
    vec2 away = (v_uv - u_centre) * vec2(u_size.x / u_size.y, 1.25);
    vec3 color = mix(u_inner, u_outer, smoothstep(0., 1.15, length(away)));
    float even = float(u_inner == u_outer);  // paper is exactly white: there are no bands to hide
    gl_FragColor = vec4(color + (1. - even) * dither(gl_FragCoord.xy), 1.);
}
