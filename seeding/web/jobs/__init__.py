"""The pages that ask for a command, preview it, and follow it."""
