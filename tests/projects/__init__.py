"""How much of real Django projects can be seeded from drafts as `seed_new` writes them: `python -m tests.projects oscar`."""
