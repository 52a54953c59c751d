"""`manage.py seed_rollback`: restore the database as if nothing had been seeded, without losing other data."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from seeding.exceptions import RollbackError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Delete what was seeded, and nothing else."
    examples: ClassVar[Mapping[str, str]] = {
        "--dry-run": "what would go, what would stay and why",
        "": "asks, then deletes all that was seeded",
        "--force": "does not ask",
        "--table=orders --cascade": "orders, and the seeded rows that refer to them",
        "--table=clients --where name__startswith=Green --cascade": "some of a table",
        "--before=2026-01-31": "what was seeded before that day",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--table", metavar="NAME[,NAME…]", help="tables or groups to roll back, with what belongs to them (default: all)")
        add("--run", type=int, metavar="ID", help="only what that run has seeded")
        add("--before", metavar="DATE", help="only what was seeded before that day (UTC), YYYY-MM-DD")
        add(
            "--where",
            action="append",
            metavar="FIELD__LOOKUP=VALUE",
            help="only rows of the one --table that match this Django lookup; may be repeated",
        )
        add(
            "--strategy",
            default="delete",
            choices=("delete", "truncate", "none"),
            help="delete rows; truncate tables that hold nothing else; none: only report (default: delete)",
        )
        add("--cascade", action="store_true", help="roll back the seeded rows that refer to those, too")
        add("--keep-modified", action="store_true", help="keep rows that were changed since they were seeded")
        add("--dry-run", action="store_true", help="show what would be deleted and what kept, and change nothing")
        self.add_common_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Roll back and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console

        config = self.configured(partial(conf.load_rollback, options, os.environ, terminal=sys.stdin.isatty()))
        with self.watched(options, config.environment) as tell:
            summary = api.rollback(config, tell=tell, ask=self.ask, sender=type(self))
        if options["json"]:
            self.answer(summary.as_dict())
        elif options["verbosity"] > 0:
            console.show_rollback(self.console(options), summary)
        if summary.exit_code:
            raise RollbackError("Not everything could go: see what was kept and why.")
