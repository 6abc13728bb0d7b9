uniform float u_strength;
varying vec2 v_away;

void main() {
    float near = max(0., 1. - length(v_away));
    gl_FragColor = vec4(0., 0., 0., u_strength * near * near);
}
