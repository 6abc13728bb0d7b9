// Colours of categories with smooth borders. A sample's category spreads over its neighbours with quadratic
// B-spline weights; the heaviest category wins, and the border between two is one texel of the result wide.
#include "heights.glsl"
uniform sampler2D u_categories;   // r = colour number / 255
uniform vec3 u_colors[5];
uniform float u_texel;            // width of a texel of the result, in samples
varying vec2 v_uv;

void main() {
    vec2 at = v_uv * (u_samples - 1.), middle = floor(at + .5), f = at - middle;
    vec2 before = .5 * (.5 - f) * (.5 - f), after = .5 * (.5 + f) * (.5 + f), here = 1. - before - after;
    float weight[5];
    for (int k = 0; k < 5; k++) weight[k] = 0.;
    for (int j = -1; j <= 1; j++) {
        for (int i = -1; i <= 1; i++) {
            float wx = i < 0 ? before.x : i > 0 ? after.x : here.x;
            float wy = j < 0 ? before.y : j > 0 ? after.y : here.y;
            vec2 sample_at = (middle + vec2(float(i), float(j)) + .5) / u_samples;
            float category = texture2D(u_categories, sample_at).r * 255.;
            for (int k = 0; k < 5; k++) weight[k] += abs(category - float(k)) < .5 ? wx * wy : 0.;
        }
    }
    float most = 0., total = 0.;
    for (int k = 0; k < 5; k++) most = max(most, weight[k]);
    vec3 color = vec3(0.);
    for (int k = 0; k < 5; k++) {
        float share = max(0., weight[k] - most + u_texel);
        color += share * u_colors[k];
        total += share;
    }
    gl_FragColor = vec4(color / total, 1.);
}
