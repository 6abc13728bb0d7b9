// The shaded top, independent of the view: rgb = lit colour, a = 0 in a hole, else .5 + .5 * brightness of contours.
#include "heights.glsl"
#include "shade.glsl"
#include "noise.glsl"
uniform sampler2D u_baked, u_colors, u_paint, u_solid;
uniform float u_height, u_valley, u_painted;
uniform vec2 u_step;   // half the base of the slope, in uv
varying vec2 v_uv;

void main() {
    vec2 low = max(v_uv - u_step, 0.), high = min(v_uv + u_step, 1.), run = (high - low) * 2.;
    vec2 slope = vec2(height_at(vec2(high.x, v_uv.y)) - height_at(vec2(low.x, v_uv.y)),
                      height_at(vec2(v_uv.x, high.y)) - height_at(vec2(v_uv.x, low.y))) / run;
    vec3 n = normalize(vec3(-slope, 1.));
    float t = clamp(height_at(v_uv) / u_height, 0., 1.);
    vec3 albedo = texture2D(u_colors, vec2(t * 255. / 256. + .5 / 256., .5)).rgb;
    if (u_painted > 0.) albedo = texture2D(u_paint, v_uv).rgb;
    albedo *= albedo;
    vec4 baked = texture2D(u_baked, v_uv);
    float relief = mix(u_valley, 1., smoothstep(0., .7, t));
    vec3 color = sqrt(shade(albedo, n, baked.r, baked.g, relief));
    // Contours on slopes that face the lamp are light, the others dark (Tanaka, 1950).
    float facing = dot(normalize(n.xy + 1e-4), normalize(u_light.xy)) * min(1., 6. * length(n.xy));
    float solid = texture2D(u_solid, texel_from_uv(v_uv)).r;
    gl_FragColor = vec4(color + dither(gl_FragCoord.xy), solid * (.5 + .5 * smoothstep(-.55, .55, facing)));
}
