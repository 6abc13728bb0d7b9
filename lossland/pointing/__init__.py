"""What is under the pointer, and what is said of it."""
