"""Profiles: files that say which shape the data has. Read, checked against the tables, and turned into rules for values."""
