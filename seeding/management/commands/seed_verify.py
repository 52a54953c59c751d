"""`manage.py seed_verify`: compare every seeded row with what was seeded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from seeding.exceptions import IncoherentError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Compare every seeded row with what its seeder makes, without a copy; changes nothing."
    examples: ClassVar[Mapping[str, str]] = {
        "": "all tables with seeded rows",
        "--table=clients,orders": "these",
        "--expect=FINGERPRINT": "exit code 5 unless the data is the one of this fingerprint",
        "--json": "the findings for a machine",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--table", metavar="NAME[,NAME…]", help="tables to look at (default: all with seeded rows)")
        add("--expect", metavar="FINGERPRINT", help="the fingerprint that the data is to have; any other is exit code 5")
        add("--lock-timeout", type=int, default=0, metavar="SECONDS", help="how long to wait for a run (default: 0)")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print the findings as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console
        from seeding.telemetry import logs

        logs.configure(conf.load_logging(os.environ), console_level="warn")
        config = conf.VerifyConfig(
            database=options["database"],
            tables=conf.listed(options["table"]),
            expect=options["expect"],
            lock_timeout=options["lock_timeout"],
        )
        report = api.verify(config, tell=self.warn)
        if options["json"]:
            self.answer(report.as_dict())
        elif options["verbosity"] > 0:
            console.show_verification(self.console(options), report)
        if not report.is_expected:
            raise IncoherentError(f"The fingerprint is {report.fingerprint or 'unknown'}, and {report.expected} was expected.")
        if not report.is_as_seeded:
            raise IncoherentError("Not everything is as it was seeded: see the list.")
