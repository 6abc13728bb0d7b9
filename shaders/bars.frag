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
    vec3 at = v_local * v_size, right = dFdx(at), up = dFdy(at), change = right * right + up * up;
    vec2 along = n.x != 0. ? v_local.yz : n.y != 0. ? v_local.xz : v_local.xy;     // the face's two directions
    vec2 size = n.x != 0. ? v_size.yz : n.y != 0. ? v_size.xz : v_size.xy;
    vec2 pixels = 1. / (sqrt(n.x != 0. ? change.yz : n.y != 0. ? change.xz : change.xy) + 1e-7);
    float edge = max(edge_cover(along.x, size.x, pixels.x), edge_cover(along.y, size.y, pixels.y));
#ifdef VERTEX_LIT
    vec3 color = n.x != 0. ? v_x : n.y != 0. ? v_y : v_z;
#else
    vec3 color = bar_light(v_color, n, v_local.z);
#endif
    color = mix(color, v_color, u_plain);
    gl_FragColor = presented(vec4(mix(color, u_edge, .55 * edge), mix(u_alpha, 1., edge)));
}
