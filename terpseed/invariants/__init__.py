"""What must be true of TERP's data, at every size and for every seed; each rule finds the seeded rows that break it."""
