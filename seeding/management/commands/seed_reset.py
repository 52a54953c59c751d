"""`manage.py seed_reset`: put seeded rows back as they were seeded."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from seeding.exceptions import IncoherentError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Put edited and deleted seeded rows back as they were seeded, under their keys; real rows stay as they are."
    examples: ClassVar[Mapping[str, str]] = {
        "--dry-run": "what is not as it was seeded, and would be put back",
        "": "asks, then puts it back",
        "--force": "does not ask",
        "--table=orders,invoices": "only these tables",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--table", metavar="NAME[,NAME…]", help="tables to put back (default: all with seeded rows)")
        add("--dry-run", action="store_true", help="show what would be put back and what not, and change nothing")
        self.add_common_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console

        config = self.configured(partial(conf.load_reset, options, os.environ, terminal=sys.stdin.isatty()))
        with self.watched(options, config.environment) as tell:
            summary = api.reset(config, tell=tell, ask=self.ask, sender=type(self))
        if options["json"]:
            self.answer(summary.as_dict())
        elif options["verbosity"] > 0:
            console.show_reset(self.console(options), summary)
        if summary.exit_code:
            raise IncoherentError("Not everything could be put back: see what stays and why.")
