"""What a scene is: parameters, clock, pictures and numbers; the library of scenes, and tours through it."""
