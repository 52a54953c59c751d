"""Declared and live tables as values: their references, how they differ, and what a valid row is."""
