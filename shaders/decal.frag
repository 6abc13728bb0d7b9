uniform float u_strength;
varying float v_away;

void main() {
    float near = max(0., 1. - v_away);
    gl_FragColor = vec4(0., 0., 0., u_strength * near * near);
}
