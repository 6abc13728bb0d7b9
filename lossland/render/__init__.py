"""How things look: the canvas, the stage and one painter for each layer."""
