"""`manage.py seed_status`: who seeds this database now, and what the ledger says that it is; an end to either."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.management.base import CommandParser
from django.db import connections

from seeding.exceptions import ConfigurationError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Say who holds the seeding lock."
    examples: ClassVar[Mapping[str, str]] = {
        "--lock": "who holds the lock",
        "--lock --force-release": "end the connection that holds it",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--lock", action="store_true", help="who holds the lock: connection, host, user, run, table, batch, for how long")
        add("--force-release", action="store_true", help="with --lock: end the connection that holds it")
        add(
            "--claim-environment",
            metavar="dev|staging",
            help="say that this database, a restored copy, is no production database any more",
        )
        add("--confirm-database", metavar="NAME", help="the database's name, which the claim needs")
        add("--lock-timeout", type=int, default=0, metavar="SECONDS", help="how long a claim waits for a run (default: 0)")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print it as one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, end or claim if told to, and report."""
        from seeding import conf, console
        from seeding.guard import refuse_claim
        from seeding.ledger import Ledger
        from seeding.locks import seeding_lock
        from seeding.runs import claim, place_of
        from seeding.sessions import connect

        if options["force_release"] and not options["lock"]:
            raise ConfigurationError("--force-release ends a run under way. Say what is meant: --lock --force-release.")
        using = options["database"]
        database = connect(using, lambda error, attempt: self.stderr.write(f"No connection (retry {attempt}): {error}"))
        ledger = Ledger(using)
        ledger.require()
        lock = seeding_lock(using)
        holder = lock.force_release() if options["force_release"] else lock.holder()
        if options["claim_environment"] is not None:
            claimed = conf.detect_environment(options["claim_environment"], {})
            refuse_claim(claimed, options["confirm_database"], place_of(ledger), conf.protected_databases(os.environ))
            with lock.held(options["lock_timeout"]):
                claim(ledger, claimed, datetime.now(UTC).date())
        there = place_of(ledger)
        remembered = sorted(there.remembered)
        if options["json"]:
            held = None if holder is None else asdict(holder)
            released = bool(options["force_release"] and holder)
            answer = {
                "database": database,
                "host": there.host,
                "environments": remembered,
                "holder": held,
                "released": released,
            }
            self.stdout.write(json.dumps(answer, default=str, ensure_ascii=False))
        elif options["verbosity"] > 0:
            facts = holder.facts(datetime.now(UTC)) if holder else None
            out = self.console(options)
            console.show_lock(out, database, facts, released=options["force_release"])
            console.show_environments(out, database, remembered)
        connections[using].close()
