"""A backend whose driver Django finds too old."""
