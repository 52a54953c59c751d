"""`manage.py seed_mask`: mask a restored copy of real data for people who must not see the originals."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser

from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Mask the personal data that is in the database, for good. Never in production."
    examples: ClassVar[Mapping[str, str]] = {
        "--dry-run": "masks of a few rows; nothing is written",
        "--env=staging": "asks, then masks all of it",
        "--table=clients --force --json": "one table, for a script",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--table", metavar="NAME[,NAME…]", help="tables or groups to mask (default: all)")
        add(
            "--dry-run",
            action="store_true",
            help="write nothing; show the masks of a few rows, and of what is there its length",
        )
        self.add_common_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Mask and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console

        today, terminal = datetime.now(UTC).date(), sys.stdin.isatty()
        config = self.configured(partial(conf.load_masking, options, os.environ, today=today, terminal=terminal))
        with self.watched(options, config.environment) as tell:
            summary = api.mask(config, tell=tell, ask=self.ask, sender=type(self))
        if options["json"]:
            self.answer(summary.as_dict())
        elif options["verbosity"] > 0:
            console.show_masking(self.console(options), summary)
        if summary.exit_code:
            raise CommandError("Not all personal data is masked: see the list.", returncode=summary.exit_code)
