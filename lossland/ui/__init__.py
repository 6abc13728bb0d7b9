"""The Dear ImGui panels around the picture."""
