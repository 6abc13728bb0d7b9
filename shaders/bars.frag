// A lit box: one of its coordinates is 0 or 1 on each face, which tells the normal; thin lines along the edges.
#include "presence.glsl"
uniform float u_px, u_plain;      // u_plain 1: seen straight from above, colours as they are
uniform float u_alpha;            // of the faces; edges are opaque
uniform vec3 u_edge;
varying vec3 v_local, v_color, v_size;
#ifdef VERTEX_LIT
varying vec3 v_x, v_y, v_z;       // colours of the faces across x, y and z
#else
#include "bars.glsl"
#endif

float edge_cover(float along, float size, float pixels_per_world) {
    float pixels = min(along, 1. - along) * size * pixels_per_world;
    return (1. - smoothstep(.2, 1.1, pixels / u_px)) * clamp(size * pixels_per_world / (7. * u_px) - .6, 0., 1.);
}

void main() {
    vec3 away = min(v_local, 1. - v_local), side = sign(v_local - .5), n;
    if (away.x < min(away.y, away.z)) n = vec3(side.x, 0., 0.);
    else if (away.y < away.z) n = vec3(0., side.y, 0.);
    else n = vec3(0., 0., side.z);
    vec3 at = v_local * v_size;
    vec3 pixels = 1. / (vec3(length(vec2(dFdx(at.x), dFdy(at.x))), length(vec2(dFdx(at.y), dFdy(at.y))),
                             length(vec2(dFdx(at.z), dFdy(at.z)))) + 1e-7);
    vec3 cover = vec3(edge_cover(v_local.x, v_size.x, pixels.x), edge_cover(v_local.y, v_size.y, pixels.y),
                      edge_cover(v_local.z, v_size.z, pixels.z)) * (1. - abs(n));
    float edge = max(cover.x, max(cover.y, cover.z));
#ifdef VERTEX_LIT
    vec3 color = n.x != 0. ? v_x : n.y != 0. ? v_y : v_z;
#else
    vec3 color = bar_light(v_color, n, v_local.z);
#endif
    color = mix(color, v_color, u_plain);
    gl_FragColor = presented(vec4(mix(color, u_edge, .55 * edge), mix(u_alpha, 1., edge)));
}
