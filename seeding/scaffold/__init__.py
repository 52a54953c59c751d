"""Seeders that are guessed from models and live tables: `seed_new` writes them, `seed --auto` runs them in memory."""

from seeding.scaffold.automatic import Automatic, Wanted, recalled, tables_of, written_out
from seeding.scaffold.draft import Draft
from seeding.scaffold.drafts import Drafter
from seeding.scaffold.output.command_lines import try_seed
from seeding.scaffold.output.files import NewFile, new_files, write
from seeding.scaffold.project import Project

__all__ = [
    "Automatic", "Draft", "Drafter", "NewFile", "Project", "Wanted", "new_files", "recalled", "tables_of", "try_seed",
    "write", "written_out",
]  # fmt: skip
