#include "presence.glsl"
uniform vec3 u_casing;
varying vec4 v_color;
varying vec3 v_shape;

const vec3 LAMP = vec3(-.4507, .6009, .6610);    // upper left, before the picture

vec3 lit(vec3 color, vec2 at) {
    vec3 n = vec3(at, sqrt(max(0., 1. - dot(at, at))));
    vec3 albedo = color * color;
    vec3 light = albedo * (.30 + max(0., dot(n, LAMP) * .75 + .25) + .35 * pow(1. - n.z, 3.));
    light += .55 * pow(max(0., dot(n, normalize(LAMP + vec3(0., 0., 1.)))), 42.);
    return sqrt(light);
}

void main() {
    float radius = v_shape.x, rim = v_shape.y, kind = v_shape.z;
    vec2 at = (gl_PointCoord * 2. - 1.) * vec2(1., -1.) * (radius + rim + 1.);
    float away = length(at), cover = clamp(.5 + radius + rim - away, 0., 1.);
    vec3 color = v_color.rgb;
    if (kind > 1.5) {         // a ring: colour radius - 1 ... radius + 1, the rim on both sides of it
        float off = abs(away - radius), half_width = .5 * rim;
        cover = clamp(.5 + half_width + rim * .5 - off, 0., 1.);
        color = mix(u_casing, color, clamp(.5 + half_width - off, 0., 1.));
    } else {
        if (kind > .5) color = lit(color, at / max(radius, 1.));
        if (rim > 0.) color = mix(color, u_casing, clamp(.5 + away - radius, 0., 1.));
    }
    if (cover < .004) discard;
    gl_FragColor = presented(vec4(color, v_color.a * cover));
}
