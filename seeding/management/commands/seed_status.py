"""`manage.py seed_status`: who seeds this database now; and an end to it, where it must be."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db import connections

from seeding.exceptions import ConfigurationError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Say who holds the seeding lock. Examples: seed_status; seed_status --lock --force-release; seed_status --json"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--lock", action="store_true", help="who holds the lock: connection, host, user, run, table, batch, for how long")
        add("--force-release", action="store_true", help="with --lock: end the connection that holds it")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print it as one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, end if told to, and report."""
        from seeding import console
        from seeding.ledger import Ledger
        from seeding.locks import seeding_lock
        from seeding.sessions import connect

        if options["force_release"] and not options["lock"]:
            raise ConfigurationError("--force-release ends a run under way. Say what is meant: --lock --force-release.")
        using = options["database"]
        database = connect(using, lambda error, attempt: self.stderr.write(f"No connection (retry {attempt}): {error}"))
        Ledger(using).require()
        lock = seeding_lock(using)
        holder = lock.force_release() if options["force_release"] else lock.holder()
        if options["json"]:
            held = None if holder is None else asdict(holder)
            answer = {"database": database, "holder": held, "released": bool(options["force_release"] and holder)}
            self.stdout.write(json.dumps(answer, default=str, ensure_ascii=False))
        elif options["verbosity"] > 0:
            facts = holder.facts(datetime.now(UTC)) if holder else None
            out = console.console(self.stdout, color=not options["no_color"])
            console.show_lock(out, database, facts, released=options["force_release"])
        connections[using].close()
