"""Stored rows compared with generated ones: by what the server writes, and where that differs, value by value."""
