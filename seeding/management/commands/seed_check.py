"""`manage.py seed_check`: check that tables match their models and that the seeded data is consistent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from seeding.exceptions import GenerationError, IncoherentError, SchemaError, UnclassifiedError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Check what is seeded, and change nothing."
    examples: ClassVar[Mapping[str, str]] = {
        "": "all of it",
        "--schema": "before a run: would a seeder be refused?",
        "--invariants": "after a run: does the data keep every rule?",
        "--json": "the findings for a machine",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--schema", action="store_true", help="compare every seeder's model with the live table")
        add(
            "--references",
            action="store_true",
            help="see that every reference of a seeded row leads to a row",
        )
        add("--invariants", action="store_true", help="ask the database about every rule that the data must keep")
        add("--pii", action="store_true", help="print which column holds personal data, and how it is masked; nothing else")
        add("--markdown", action="store_true", help="print it as a Markdown table (with --pii)")
        add("--lock-timeout", type=int, default=0, metavar="SECONDS", help="how long to wait for a run (default: 0)")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print the findings as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console
        from seeding.telemetry import logs

        if options["pii"]:
            self._show_inventory(options)
            return
        logs.configure(conf.load_logging(os.environ), console_level="warn")
        chosen = tuple(name for name in conf.CHECKS if options[name]) or conf.CHECKS
        config = conf.CheckConfig(database=options["database"], checks=chosen, lock_timeout=options["lock_timeout"])
        report = api.check(config, tell=self.warn)
        if options["json"]:
            self.answer(report.as_dict())
        elif options["verbosity"] > 0:
            console.show_report(self.console(options), report)
        if report.refused:
            raise SchemaError("The schema is not what the models say: see the list.")
        if report.unreadable:
            raise GenerationError("Not everything was checked. " + "\n".join(report.unreadable))
        if report.broken:
            raise IncoherentError("The seeded data breaks a rule: see the list.")

    def _show_inventory(self, options: dict[str, Any]) -> None:
        from seeding import console
        from seeding.generation.registry import Registry
        from seeding.masking.classification import inventory
        from seeding.masking.masker import masking_strategies

        columns = inventory(Registry.discover(), masking_strategies())
        if options["json"]:
            self.answer({"columns": [asdict(one) for one in columns]})
        elif options["markdown"]:
            self.stdout.write(console.markdown_inventory(columns))
        else:
            console.show_inventory(self.console(options), columns)
        if any(one.problem for one in columns):
            raise UnclassifiedError("Columns that look like personal data are not classified: see the list.")
