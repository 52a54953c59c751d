"""Runs with several worker processes: the same rows as with one, whoever dies."""
