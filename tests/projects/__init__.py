"""How much of real Django projects `seed --auto` and drafts can seed: `python -m tests.projects oscar`."""
