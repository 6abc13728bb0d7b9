// How strongly a layer is shown (see render/presence.py): a share of its colour is kept, something is added to it,
// and its opacity is scaled. 1, 0 and 1 leave it as it is; so does AS_IS, without a cost.
#ifdef AS_IS
vec4 presented(vec4 color) { return color; }
#else
uniform float u_kept, u_opacity;
uniform vec3 u_added;

vec4 presented(vec4 color) { return vec4(color.rgb * u_kept + u_added, color.a * u_opacity); }
#endif
