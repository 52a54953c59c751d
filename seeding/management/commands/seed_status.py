"""`manage.py seed_status`: show what is seeded in this database and which run is in progress; end that run on request."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser
from django.db import connections

from seeding.exceptions import ConfigurationError
from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = (
        "Show what is seeded, which run is in progress, the last errors and schema drift. The exit code tells: "
        "0 all is well, 2 a run is under way, 3 a seeder would be refused, else how the last run ended."
    )
    examples: ClassVar[Mapping[str, str]] = {
        "": "all of it",
        "--json": "all of it, for a machine",
        "--lock": "who holds the lock, and nothing else",
        "--lock --force-release": "take it away from the run that holds it",
        "--claim-environment=staging --confirm-database=terp_copy": "a restored copy is no longer a production database",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--lock", action="store_true", help="who holds the lock: connection, host, user, run, table, batch, for how long")
        add("--force-release", action="store_true", help="with --lock: take it away, and end the connection that holds it")
        add(
            "--claim-environment",
            metavar="dev|staging",
            help="declare that this database, a restored copy, is no longer a production database",
        )
        add("--confirm-database", metavar="NAME", help="the database's name, which the claim needs")
        add("--lock-timeout", type=int, default=0, metavar="SECONDS", help="how long a claim waits for a run (default: 0)")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print it as one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """Report the status; with the options, release the lock or claim the environment."""
        from seeding.db.connection import connect
        from seeding.db.row_security import every_row

        if options["force_release"] and not options["lock"]:
            raise ConfigurationError("--force-release ends the run in progress. Pass it with --lock: --lock --force-release.")
        using = options["database"]
        database = connect(using, lambda error, attempt: self.stderr.write(f"No connection (retry {attempt}): {error}"))
        try:
            with every_row(using):
                if options["claim_environment"] is not None:
                    self._claim(using, options)
                elif options["lock"]:
                    self._lock(using, database, options)
                else:
                    self._status(using, options)
        finally:
            connections[using].close()

    def _lock(self, using: str, database: str, options: Mapping[str, Any]) -> None:
        from seeding import console
        from seeding.ledger.queries import Ledger
        from seeding.locks import seeding_lock

        Ledger(using).require()
        lock = seeding_lock(using)
        holder = lock.force_release() if options["force_release"] else lock.holder()
        if options["json"]:
            held = None if holder is None else asdict(holder)
            self.answer({"database": database, "holder": held, "released": bool(options["force_release"] and holder)})
        elif options["verbosity"] > 0:
            facts = holder.facts(datetime.now(UTC)) if holder else None
            console.show_lock(self.console(options), database, facts, released=options["force_release"])

    def _claim(self, using: str, options: Mapping[str, Any]) -> None:
        from seeding import conf, console
        from seeding.ledger.recorder import Recorder
        from seeding.locks import seeding_lock
        from seeding.runs.confirmation import refuse_claim
        from seeding.runs.lifecycle import claim, place_of
        from seeding.safety import require_safe_server

        require_safe_server(using)
        ledger = Recorder(using)
        ledger.require()
        claimed = conf.detect_environment(options["claim_environment"], {})
        refuse_claim(claimed, options["confirm_database"], place_of(ledger), conf.protected_databases(os.environ))
        lock = seeding_lock(using, "seed_status")
        with lock.held(options["lock_timeout"]), lock.fenced():
            claim(ledger, claimed, datetime.now(UTC).date())
        there = place_of(ledger)
        remembered = sorted(there.remembered)
        if options["json"]:
            self.answer({"database": there.name, "host": there.host, "environments": remembered})
        elif options["verbosity"] > 0:
            console.show_environments(self.console(options), there.name, remembered)

    def _status(self, using: str, options: Mapping[str, Any]) -> None:
        from seeding import api, console

        now = api.status(using, tell=self.warn)
        if options["json"]:
            self.answer(now.as_dict())
        elif options["verbosity"] > 0:
            console.show_status(self.console(options), now, datetime.now(UTC))
        if now.exit_code:
            raise CommandError(now.verdict, returncode=now.exit_code)
