// Colours of categories with smooth borders. A sample's category spreads over its neighbours (weights 1 2 1, and
// linear between samples); the heaviest category wins, and the border between two is one texel of the result wide.
#include "heights.glsl"
uniform sampler2D u_categories;   // r, g, b, a = 1 where the sample is of category 0, 1, 2, 3
uniform vec3 u_colors[5];         // of the categories, and of none
uniform float u_texel;            // width of a texel of the result, in samples
varying vec2 v_uv;

void main() {
    vec2 at = texel_from_uv(v_uv);
    vec4 weight = vec4(0.);
    for (int j = -1; j <= 1; j++) {
        for (int i = -1; i <= 1; i++) {
            float share = (i == 0 ? .5 : .25) * (j == 0 ? .5 : .25);
            weight += share * texture2D(u_categories, at + vec2(float(i), float(j)) / u_samples);
        }
    }
    float none = 1. - dot(weight, vec4(1.));
    float most = max(max(max(weight.r, weight.g), max(weight.b, weight.a)), none);
    vec4 share = max(weight - most + u_texel, 0.);
    float rest = max(none - most + u_texel, 0.);
    vec3 color = share.r * u_colors[0] + share.g * u_colors[1] + share.b * u_colors[2] + share.a * u_colors[3]
               + rest * u_colors[4];
    gl_FragColor = vec4(color / (dot(share, vec4(1.)) + rest), 1.);
}
