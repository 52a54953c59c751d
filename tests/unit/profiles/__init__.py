"""Profiles: files, and what they may say."""
