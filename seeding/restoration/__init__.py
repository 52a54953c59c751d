"""Whether the seeded rows still are what was seeded."""
