uniform vec3 u_color;
uniform float u_px, u_alpha, u_reach, u_fade;   // u_fade: over what length the lines vanish before u_reach
varying float v_across;
varying vec2 v_position;

void main() {
    float fade = smoothstep(0., u_fade, u_reach - length(v_position));
    gl_FragColor = vec4(u_color, u_alpha * fade * clamp(.5 * u_px + .5 - abs(v_across), 0., 1.));
}
