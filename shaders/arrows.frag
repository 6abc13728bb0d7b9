uniform float u_px, u_outline;
varying vec2 v_tail, v_along;
varying float v_length, v_width, v_casing;
varying vec4 v_color;

const float HEAD_LENGTH = 3.6;    // in shaft widths
const float HEAD_WIDTH = .86;     // of its length

void main() {
    vec2 from_tail = gl_FragCoord.xy - v_tail;
    float u = dot(from_tail, v_along), v = abs(dot(from_tail, vec2(-v_along.y, v_along.x)));
    float head = min(HEAD_LENGTH * v_width, .62 * v_length);
    float in_shaft = max(v - .5 * v_width, max(-u, u - (v_length - .9 * head)));
    float in_head = max(dot(vec2(u - v_length, v), normalize(vec2(.5 * HEAD_WIDTH, 1.))), v_length - head - u);
    float cover = clamp(.5 + v_casing * u_outline * u_px - min(in_shaft, in_head), 0., 1.);
    if (cover < .004) discard;
    gl_FragColor = vec4(v_color.rgb, v_color.a * cover);
}
