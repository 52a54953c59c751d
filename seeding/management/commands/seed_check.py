"""`manage.py seed_check`: whether what is seeded here is as it must be."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from seeding.exceptions import GenerationError, IncoherentError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Check what is seeded, and change nothing. Examples: seed_check --invariants; seed_check --invariants --json"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add(
            "--invariants",
            action="store_true",
            help="ask the database about every rule (so does no option)",
        )
        add("--lock-timeout", type=int, default=0, metavar="SECONDS", help="how long to wait for a run (default: 0)")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print the verdicts as one JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import conf, console, invariants, logs
        from seeding.ledger import Ledger
        from seeding.locks import seeding_lock
        from seeding.sessions import connect

        logs.configure(conf.load_logging(os.environ), console_level="warn")
        using = options["database"]
        connect(using, lambda error, attempt: self.stderr.write(f"No connection (retry {attempt}): {error}"))
        Ledger(using).require()
        rules, broken = invariants.discover()
        with seeding_lock(using).held(options["lock_timeout"]):
            verdicts = list(invariants.check(using, rules))
        if options["json"]:
            self.stdout.write(json.dumps([asdict(verdict) for verdict in verdicts], ensure_ascii=False))
        elif options["verbosity"] > 0:
            console.show_verdicts(console.console(self.stdout, color=not options["no_color"]), verdicts)
        if broken:
            text = "\n".join(f"{one.module} cannot be imported: {one.error!r}" for one in broken)
            raise GenerationError(f"Not all rules were asked.\n{text}")
        if any(verdict.broken for verdict in verdicts):
            raise IncoherentError("The seeded data breaks a rule: see the list.")
