"""Columns of every type, on every server."""
