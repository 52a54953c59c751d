"""`manage.py seed_explain`: where a row comes from, and what has become of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render."""

    help = "Explain a seeded row: run, batch, seeder, index, each column, and who refers to it; changes nothing."
    examples: ClassVar[Mapping[str, str]] = {
        "clients 4": "by its primary key",
        "order_tags 7,3": "by a key of several columns",
        "clients 4 --json": "the same for a machine",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments and options."""
        add = parser.add_argument
        add("table", metavar="TABLE", help="the row's table")
        add("key", metavar="KEY", help="its primary key, as it is written; the parts of a composite one with commas between")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print the explanation as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain the row."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console
        from seeding.telemetry import logs

        logs.configure(conf.load_logging(os.environ), console_level="warn")
        config = conf.ExplainConfig(table=options["table"], key=options["key"], database=options["database"])
        explanation = api.explain(config, tell=self.warn)
        if options["json"]:
            self.answer(explanation.as_dict())
        elif options["verbosity"] > 0:
            console.show_explanation(self.console(options), explanation)
