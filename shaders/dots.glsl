uniform vec3 u_palette[5];    // none, then the four categories
varying vec3 v_color;

void color_dot(float category) {
    int index = category < -.5 ? 0 : 1 + int(mod(category + .5, 4.));
    v_color = u_palette[index];
}
