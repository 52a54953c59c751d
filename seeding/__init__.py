"""Deterministic, ledgered, reversible database seeding for Django."""
