"""Drafts as text: the module of a seeder, the model in it, its file, and the commands that come next."""
