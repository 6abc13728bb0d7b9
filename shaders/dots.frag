uniform float u_alpha, u_round;
varying vec3 v_color;

void main() {
    float cover = 1.;
    if (u_round > 0.) {
        cover = clamp(.5 + .5 * u_round - length(gl_PointCoord - .5) * u_round, 0., 1.);
        if (cover < .004) discard;
    }
    gl_FragColor = vec4(v_color, u_alpha * cover);
}
