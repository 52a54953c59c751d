"""Named states of the seeded data, held without a copy of it: what was seeded, and what has differed from it since."""
