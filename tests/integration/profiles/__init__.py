"""Profiles: what they give is counted in the database, and what is wrong with them is said with its line."""
