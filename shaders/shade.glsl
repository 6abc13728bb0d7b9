// Light on the ground. Albedo is squared colour and the root is taken at the end: gamma 2, near linear light.
uniform vec3 u_light, u_view, u_key, u_sky, u_bounce;   // u_view: to the eye at home
uniform float u_shadow, u_occlusion, u_specular;
const float WRAP = .22;

// Highlights bend into the white instead of clipping to yellow.
vec3 shoulder(vec3 lit) {
    return min(lit, .62) + .38 * (1. - exp(-max(lit - .62, 0.) / .38));
}

// n: normal; open: share of the sky seen; sun: share of the lamp seen; relief: how much of the form is shown.
vec3 shade(vec3 albedo, vec3 n, float open, float sun, float relief) {
    float lamp = mix(1., sun, u_shadow);
    float key = max(0., (dot(n, u_light) + WRAP) / (1. + WRAP)) * lamp;
    float seen = mix(1., open, u_occlusion);
    vec3 sky = mix(u_bounce, u_sky, n.z * .5 + .5);
    vec3 lit = albedo * (u_key * key + sky * seen / (1. - albedo * (1. - seen)));   // shade keeps its colour
    vec3 level = albedo * (u_key * max(0., (u_light.z + WRAP) / (1. + WRAP)) + u_sky);
    lit = mix(level, lit, relief);
    float shine = max(dot(n, normalize(u_light + u_view)), 0.);
    lit += u_specular * pow(shine, 48.) * lamp * seen * u_key;
    return shoulder(lit);
}
