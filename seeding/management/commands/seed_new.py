"""`manage.py seed_new`: draft a seeder for an existing table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from seeding.exceptions import ConfigurationError, InsertionError, SchemaError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Write a seeder for a table of the database, and the model where none mirrors it. No file is ever overwritten."
    examples: ClassVar[Mapping[str, str]] = {
        "reviews --app=shop": "shop/seeders/reviews.py",
        "users orders --app=shop": "tables that need rows of each other, together",
        "orders --app=shop --with-parents": "and the tables without a seeder that its rows must refer to",
        "--of=shop": "every table of an app, as seed --auto fills it",
        "--of=catalogue,partner --app=shop": "those of installed apps, written into one of the project's",
        "reviews --app=shop --dry-run": "the file on stdout, and none written",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("tables", nargs="*", metavar="TABLE", help="the tables; those that need rows of each other are written together")
        add(
            "--of",
            metavar="LABEL[,LABEL…]",
            help="all tables of these apps, and what they refer to, as seed --auto fills them",
        )
        add("--app", metavar="LABEL", help="the app whose seeders they become (default: that of the table's model)")
        add("--with-parents", action="store_true", help="also write seeders for the tables that these need rows of")
        add("--dry-run", action="store_true", help="print the files and write none")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Draft, write, and print the next step."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding.conf import listed
        from seeding.db.connection import connect
        from seeding.generation.registry import Registry
        from seeding.scaffold import Drafter, Project, new_files, try_seed, write, written_out

        using = options["database"]
        connect(using, lambda error, attempt: self.stderr.write(f"No connection (retry {attempt}): {error}"))
        project, labels, refused = Project(using, Registry.discover()), listed(options["of"]), dict[str, str]()
        if bool(labels) == bool(options["tables"]):
            raise ConfigurationError("Name tables, or the apps of which all tables are meant with --of.")
        if labels:
            drafts, refused = written_out(project, labels, options["app"] or labels[0])
        else:
            drafter = Drafter(project, options["app"])
            drafts = drafter.draft(list(dict.fromkeys(options["tables"])), with_parents=options["with_parents"])
        files = new_files(drafts)
        if options["dry_run"]:
            for file in files:
                self.stdout.write(f"# {file.path}\n{file.text}")
        if broken := [
            f"{draft.schema.name}: {count} of the rows tried, {what}."
            for draft in drafts
            for what, count in draft.broken.items()
        ]:
            raise InsertionError(
                f"The guesses break constraints, and no file is written. {' '.join(broken)} Write the seeder by hand; "
                "--dry-run prints the draft to begin with."
            )
        if not options["dry_run"]:
            write(files)
            if options["verbosity"] > 0:
                self.stdout.write("".join(f"Wrote {file.path}\n" for file in files))
                self.stdout.write(f"Look at what they hold: {try_seed([draft.schema.name for draft in drafts], using)}")
        if refused:
            raise SchemaError("Not written: " + " ".join(refused.values()))
