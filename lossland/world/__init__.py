"""What can stand in a picture, as plain data: layers, terrain, shapes, camera and theme. No GL here."""
