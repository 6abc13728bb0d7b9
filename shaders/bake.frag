// Ambient occlusion and shadow of the ground: r = visible share of the sky, g = visible share of the lamp.
// The horizon is searched along rays over the height texture, in growing steps of world length.
#include "heights.glsl"
uniform vec3 u_light;
varying vec2 v_uv;
const float FIRST = .0078;   // world length of the first step

float height_or_outside(vec2 uv) {
    return uv.x < 0. || uv.y < 0. || uv.x > 1. || uv.y > 1. ? -1. : height_at(uv);
}

void main() {
    float z = height_at(v_uv), hidden = 0.;
    for (int k = 0; k < AZIMUTHS; k++) {
        float azimuth = (float(k) + .5) * 6.2831853 / float(AZIMUTHS), slope = 0., reach = FIRST;
        vec2 along = vec2(cos(azimuth), sin(azimuth));
        for (int i = 0; i < SKY_STEPS; i++) {
            slope = max(slope, (height_or_outside(v_uv + along * reach * .5) - z) / reach);
            reach *= SKY_GROWTH;
        }
        hidden += slope * slope / (1. + slope * slope);   // sin^2 of the horizon's angle
    }
    vec2 along = normalize(u_light.xy);
    float slope = 0., reach = FIRST;
    for (int i = 0; i < SUN_STEPS; i++) {
        slope = max(slope, (height_or_outside(v_uv + along * reach * .5) - z) / reach);
        reach += FIRST * (1. + SUN_GROWTH * float(i));   // far steps may be longer: the penumbra is wider there
    }
    float above = atan(u_light.z / length(u_light.xy)) - atan(slope);
    float sun = smoothstep(-.16, .16, above);   // the lamp is 18 degrees wide
    gl_FragColor = vec4(1. - hidden / float(AZIMUTHS), sun, 0., 1.);
}
