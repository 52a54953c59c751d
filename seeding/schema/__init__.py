"""Tables as values: declared and live ones, what refers to what, how they differ, and what a valid row is."""
