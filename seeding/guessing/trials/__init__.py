"""Guesses tried on sample rows: whether engine, fields and constraints take them, and what the application says of them."""
