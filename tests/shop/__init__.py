"""The example app, and what the documentation adds to it."""
