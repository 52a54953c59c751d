"""The values that a profile's rules give."""
