// A cut side: the tint of the height fading into the dark, a stratum at every contour value, a bright line at the rim.
// PLAIN: the ground is neither painted nor morphing, so that its light depends on side and height alone.
#include "presence.glsl"
#include "contour.glsl"
uniform sampler2D u_lit;
uniform float u_base, u_height, u_strength;
uniform vec3 u_stratum;
#ifdef PLAIN
uniform sampler2D u_sides;    // rows: the light on each side as it is shown, from the base to the top of the range
uniform sampler2D u_phase;    // contour phase over t in [0, T_MAX]
#else
uniform sampler2D u_strata, u_paint;   // u_strata: rgb squared colour, a contour phase, over t in [0, T_MAX]
uniform float u_tint, u_dark, u_painted;
uniform vec3 u_wall, u_key_south, u_key_north, u_key_west, u_key_east, u_ambient;
#ifdef MORPH
uniform sampler2D u_other_strata;
uniform float u_share;
#endif
#endif
varying vec2 v_uv;
varying float v_z, v_top, v_side;

// Positions in a table of so many texels whose first and last are at 0 and 1.
float place(float share, float texels) { return share * (texels - 1.) / texels + .5 / texels; }

void main() {
#ifdef HOLES
    if (texture2D(u_lit, v_uv).a < .25) discard;
#endif
    float t = clamp(v_z / u_height, 0., T_MAX), shown = 1.;
#ifdef PLAIN
    float phase = texture2D(u_phase, vec2(place(t / T_MAX, STRATA), .5)).r;
    float rise = clamp((v_z - u_base) / (u_height * T_MAX - u_base), 0., 1.);
    vec3 lit = texture2D(u_sides, vec2(place(rise, SIDES), (v_side + .5) / 4.)).rgb;
    lit *= lit;
#else
    vec4 strata = texture2D(u_strata, vec2(place(t / T_MAX, STRATA), .5));
#ifdef MORPH
    vec4 other = texture2D(u_other_strata, vec2(place(t / T_MAX, STRATA), .5));
    shown = abs(1. - 2. * u_share);        // the strata of the two grounds cross-fade
    strata = vec4(mix(strata.rgb, other.rgb, u_share), u_share < .5 ? strata.a : other.a);
#endif
    float phase = strata.a;
    vec3 tint = strata.rgb;
    if (u_painted > 0.) {
        tint = texture2D(u_paint, v_uv).rgb;
        tint *= tint;
    }
    vec3 albedo = mix(u_wall, tint, u_tint);
    float deep = smoothstep(0., 1., 1. - (v_z - u_base) / .25), seen = mix(.95, u_dark, deep);
    vec3 key = v_side < .5 ? u_key_south : v_side < 1.5 ? u_key_north : v_side < 2.5 ? u_key_west : u_key_east;
    vec3 lit = albedo * (key + u_ambient * seen / (1. - albedo * (1. - seen)));
    lit = min(lit, .62) + .38 * (1. - exp(-max(lit - .62, 0.) / .38));
#endif
    float change = abs(dFdx(phase)) + abs(dFdy(phase)) + 1e-5;
    float away = abs(fract(phase + .5) - .5) / change;
    float line = clamp(1. - (away - .2 * u_px) / u_px, 0., 1.) * clamp(2. - 4. * change * u_px, 0., 1.);
    lit *= mix(vec3(1.), u_stratum, u_strength * shown * line * step(.002, v_z));
    float below = v_top - v_z, pixels = below / max(length(vec2(dFdx(below), dFdy(below))), 1e-6);
    lit = mix(lit, lit * u_stratum * 1.6 + .02, .75 * (1. - smoothstep(.6 * u_px, 1.8 * u_px, pixels)));
    gl_FragColor = presented(vec4(sqrt(lit), 1.));
}
