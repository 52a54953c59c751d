"""A run of any command: confirmed, locked and recorded, with the derivations at its end."""
