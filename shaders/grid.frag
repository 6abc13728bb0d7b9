uniform vec3 u_color;
uniform float u_px;
varying float v_alpha, v_across;

void main() {
    gl_FragColor = vec4(u_color, v_alpha * clamp(.5 * u_px + .5 - abs(v_across), 0., 1.));
}
