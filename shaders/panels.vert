// Panels and text, as Dear ImGui outputs them. The names are those that its renderer looks up.
attribute vec2 Position, UV;
attribute vec4 Color;
uniform mat4 ProjMtx;
varying vec2 Frag_UV;
varying vec4 Frag_Color;

void main() {
    Frag_UV = UV;
    Frag_Color = Color;
    gl_Position = ProjMtx * vec4(Position, 0., 1.);
}
