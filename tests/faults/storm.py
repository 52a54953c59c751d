"""Commands that are killed at random moments, and what must be true after each."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from io import StringIO

from django.core.management import call_command
from django.db import connections

from seeding.locks import seeding_lock
from seeding.locks.base import ask_until
from seeding.registry import Registry
from tests.conftest import AS_OF, ROOT, Database
from tests.rows import business_data, ledgered_keys
from tests.servers import Server

SEED = ("seed", "--size=medium", f"--as-of={AS_OF}")
COMMANDS = (SEED, SEED, ("seed_rollback", "--force"), ("seed_rollback", "--force", "--table=orders", "--cascade"))
LONGEST = 5.0
"""Seconds after which a command is killed at the latest; all that it does lies before."""


def kill_at_random(database: Database, environment: Mapping[str, str], server: Server, *, kills: int, seed: int) -> None:
    """Start commands and kill them until `kills` have died, looking at the database after each; then complete the data."""
    chance = random.Random(seed)
    env = {**environment, "DATABASE_URL": database.url, "SEEDING_BATCH_SIZE": "50"}
    died = 0
    while died < kills:
        command = chance.choice(COMMANDS)
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _, told = process.communicate(timeout=chance.uniform(0.3, LONGEST))
            assert process.returncode == 0, (command, told)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            died += 1
        look(database, server)
    database.seed(size="medium")


def look(database: Database, server: Server) -> None:
    """The dead are gone, their lock is free, the ledger names what is there, and every reference leads somewhere."""
    connections[database.alias].close()
    alone = ask_until(lambda: True if not server.connections(database.alias) else None, 30)
    assert alone, "a dead client's connection stays"
    assert not seeding_lock(database.alias).is_locked
    for table in {seeder.config.table_name for seeder in Registry.discover().ordered}:
        assert ledgered_keys(database, table) == {row[0] for row in database.content(table)}, table
    call_command("seed_check", "--references", database=database.alias, stdout=StringIO(), stderr=StringIO())


def assert_whole(database: Database, undisturbed: Database) -> None:
    """The rows equal those of a database to which nothing happened."""
    undisturbed.seed(size="medium")
    assert business_data(database) == business_data(undisturbed)
    assert database.broken_rules() == {}
