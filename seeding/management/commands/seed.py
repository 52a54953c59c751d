"""`manage.py seed`: fill the database with coherent data that can be undone."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = (
        "Seed the database. Examples: seed --size=medium; seed --table=clients; "
        "seed --table=orders --dry-run; seed --env=staging --force --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--table", metavar="NAME[,NAME…]", help="tables or groups to seed, with what they need (default: all)")
        add(
            "--size",
            choices=("small", "medium", "large"),
            help="1, 10 or 100 times the smallest dataset (default: small in dev, medium in staging)",
        )
        add("--scale", type=int, default=1, metavar="N", help="multiply the size (default: 1)")
        add(
            "--dry-run",
            action="store_true",
            help="generate and validate for real, write nothing, show counts and example rows",
        )
        add("--seed", type=int, metavar="N", help="what every value is a function of (default: the ledger's, else 42)")
        add(
            "--as-of",
            metavar="DATE",
            help="the day on which the data ends, YYYY-MM-DD (default: the ledger's, else today)",
        )
        self.add_common_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import conf, console, logs
        from seeding.events import broadcast
        from seeding.orchestrator import SeedOrchestrator
        from seeding.registry import Registry

        config = conf.load(options, os.environ, today=datetime.now(UTC).date(), terminal=sys.stdin.isatty())
        on_terminal = self.configure_logging(options)
        with console.ProgressBar(sys.stderr, enabled=on_terminal) as bar:
            orchestrator = SeedOrchestrator(
                config,
                Registry.discover(),
                tell=broadcast(logs.SeederLogger(config.environment).sink, bar.sink),
                ask=self.ask,
                missing_table_help=conf.missing_table_help(),
                rules=conf.row_rules(),
            )
            out = console.console(self.stdout, color=not options["no_color"])
            if not options["json"] and options["verbosity"] > 0:
                console.show_plan(out, orchestrator.plan.added_tables, list(config.tables))
            summary = orchestrator.run()
        if options["json"]:
            self.stdout.write(json.dumps(summary.as_dict(), default=str, ensure_ascii=False))
        elif options["verbosity"] > 0:
            console.show_summary(out, summary)
        if summary.exit_code:
            raise CommandError("Not all rows are there: see the summary and the log.", returncode=summary.exit_code)
