"""A first draft of a seeder, guessed from a live table: what `seed_new` writes."""

from seeding.scaffold.command_lines import try_seed
from seeding.scaffold.drafts import Draft, Drafter
from seeding.scaffold.files import NewFile, new_files, write
from seeding.scaffold.project import Project

__all__ = ["Draft", "Drafter", "NewFile", "Project", "new_files", "try_seed", "write"]
