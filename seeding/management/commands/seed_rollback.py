"""`manage.py seed_rollback`: the database as it would be had nothing been seeded, and nothing of anybody else's lost."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from django.core.management.base import CommandParser

from seeding.exceptions import RollbackError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = (
        "Delete what was seeded, and nothing else. Examples: seed_rollback; seed_rollback --dry-run; seed_rollback --force; "
        "seed_rollback --table=orders --cascade; seed_rollback --table=clients --where name__startswith=Test; "
        "seed_rollback --before=2026-01-31"
    )

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
            help="only the rows of the one --table that meet it, as a Django lookup; may be given several times",
        )
        add(
            "--strategy",
            default="delete",
            choices=("delete", "truncate", "none"),
            help="delete rows; truncate tables that hold nothing else; none: only report (default: delete)",
        )
        add("--cascade", action="store_true", help="roll back the seeded rows that refer to those, too")
        add("--keep-modified", action="store_true", help="keep the rows that somebody has changed since they were seeded")
        add("--dry-run", action="store_true", help="show what would be deleted and what kept, and change nothing")
        self.add_common_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Roll back and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import conf, console, logs
        from seeding.events import broadcast
        from seeding.registry import Registry
        from seeding.rollback import RollbackManager

        config = conf.load_rollback(options, os.environ, terminal=sys.stdin.isatty())
        on_terminal = self.configure_logging(options)
        with console.ProgressBar(sys.stderr, enabled=on_terminal) as bar:
            tell = broadcast(logs.SeederLogger(config.environment).sink, bar.sink)
            summary = RollbackManager(config, Registry.discover(), tell=tell, ask=self.ask).rollback()
        if options["json"]:
            self.stdout.write(json.dumps(summary.as_dict(), default=str, ensure_ascii=False))
        elif options["verbosity"] > 0:
            console.show_rollback(console.console(self.stdout, color=not options["no_color"]), summary)
        if summary.exit_code:
            raise RollbackError("Not everything could go: see what was kept and why.")
