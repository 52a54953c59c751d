"""A run of any command: confirmed, locked, recorded; and the derivations at its end."""
