"""Test databases, on any server."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import environ
from django.core.management import CommandError, call_command
from django.db import connections

from seeding.exceptions import RollbackError
from seeding.generation.registry import Registry
from seeding.models import SeedRun
from seeding.verification.checker import Checker
from seeding.verification.invariants import Invariant, discover
from seeding.verification.results import Verdict
from seeding.verification.rule_checks import check
from settings.databases import database as database_settings
from tests.servers import KINDS

ROOT = Path(__file__).resolve().parents[2]
AS_OF = date(2026, 3, 2)
SERVERS = ("sqlite", *KINDS)
OURS = ("DATABASE_URL", "ADMIN_DATABASE_URL", "SEEDING_", "DJANGO_", "NODE_ENV", "ALLOW_PRODUCTION")
"""Names and prefixes of the environment variables that the project reads."""
RULES, _BROKEN = discover()


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A test database."""

    alias: str
    url: str
    server: str

    def query(self, sql: str, *parameters: str | int | None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        try:
            with connections[self.alias].cursor() as cursor:
                cursor.execute(sql, parameters or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            if threading.current_thread() is not threading.main_thread():  # nothing else closes this thread's connection
                connections[self.alias].close()

    def verdicts(self, *rules: Invariant) -> list[Verdict]:
        """The verdicts on the rules (on all if none is given)."""
        verdicts, failed = check(self.alias, rules or RULES)
        assert failed == []
        return verdicts

    def broken_rules(self) -> dict[str, int]:
        """The rules that do not hold: name → rows that break it."""
        return {verdict.rule: verdict.broken for verdict in self.verdicts() if verdict.broken}

    def references(self) -> list[Verdict]:
        """The verdicts on every reference of the seeded rows."""
        return Checker(self.alias, "", Registry.discover()).references()

    def seed(self, **options: object) -> dict[str, Any]:
        """`seed --json` in this process, with a fixed day; returns the summary. Raises CommandError as the command does."""
        out = StringIO()
        options = {"as_of": AS_OF.isoformat(), "table": None, **options}
        call_command("seed", database=self.alias, json=True, stdout=out, stderr=StringIO(), **options)
        summary: dict[str, Any] = json.loads(out.getvalue())
        return summary

    def rollback(self, **options: object) -> dict[str, Any]:
        """`seed_rollback --force --json` in this process; returns the summary, also on exit code 6."""
        out = StringIO()
        options = {"force": True, **options}
        try:
            call_command("seed_rollback", database=self.alias, json=True, stdout=out, stderr=StringIO(), **options)
        except CommandError as error:
            if error.returncode != RollbackError.exit_code:
                raise
        summary: dict[str, Any] = json.loads(out.getvalue())
        return summary

    def last_results(self) -> dict[str, dict[str, Any]]:
        """The last run's recorded result of each seeder."""
        return {result["seeder"]: result for result in SeedRun.objects.using(self.alias).latest("pk").results}

    def content(self, table: str) -> list[tuple[Any, ...]]:
        """Every row of a table, in the order of its keys."""
        quoted = connections[self.alias].ops.quote_name(table)
        return self.query(f"SELECT * FROM {quoted} ORDER BY id")  # noqa: S608 - the name is quoted


def opened(name: str, server: str, url: str) -> Database:
    """Register the database as an alias in DATABASES."""
    env = environ.Env()
    env.ENVIRON = {"DATABASE_URL": url}
    connections.settings[name] = database_settings(env, "DATABASE_URL", default="")
    if server == "sqlite":  # power cuts are not tested, and waiting for the disk takes most of the time
        connections.settings[name].setdefault("OPTIONS", {})["init_command"] = "PRAGMA synchronous=OFF"
    connections.configure_settings(connections.settings)
    return Database(alias=name, url=url, server=server)


def closed(name: str) -> None:
    """Remove the alias and close its connection."""
    connections[name].close()
    del connections[name], connections.settings[name]
