"""Everything that is written over the scene with Dear ImGui: text, labels, notes, and the panels' host."""
