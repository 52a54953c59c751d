"""Commands that are killed at random moments, and what must be true after each."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from signal import Signals

from django.db import connections

from seeding.generation.registry import Registry
from seeding.keys import KeyMap, KeySet, union
from seeding.locks import seeding_lock
from seeding.locks.base import ask_until
from seeding.models import SeedingMetadata
from tests.faults.processes import start
from tests.servers import Server
from tests.support.databases import AS_OF, Database
from tests.support.edits import meddle
from tests.support.rows import business_data

ROLLBACK = ("seed_rollback", "--force")
MOST_LINES = {"seed": 120, "seed_rollback": 30}
"""After how many lines of its log a command is killed at the latest: a rollback has few."""
CODES = {Signals.SIGKILL: (), Signals.SIGINT: (130,), Signals.SIGTERM: (143,)}
"""With what a command ends that is told to stop."""
LONGEST_AFTER = 0.05
"""Seconds from that line to the kill at most."""
TABLES = sorted(Registry.discover().by_table)


def kill_at_random(
    database: Database,
    environment: Mapping[str, str],
    server: Server,
    *,
    size: str,
    batch_size: int,
    kills: int,
    seed: int,
    signals: Sequence[Signals] = (Signals.SIGKILL,),
    profile: str | None = None,
) -> dict[tuple[str, ...], int]:
    """Start commands and send them one of `signals` until `kills` have died, looking at the database after each.

    Then complete the data, which has the shape of the `profile`. Returns how often each command died.
    """
    chance = random.Random(seed)
    variables = {
        **environment,
        "DATABASE_URL": database.url,
        "SEEDING_BATCH_SIZE": str(batch_size),
        "SEEDING_LOG_LEVEL": "debug",
    }
    seeding = ("seed", f"--size={size}", f"--as-of={AS_OF}", *([f"--profile={profile}"] if profile else []))
    commands = (seeding, seeding, ROLLBACK, (*ROLLBACK, "--table=orders", "--cascade"))
    died: Counter[tuple[str, ...]] = Counter()
    while died.total() < kills:
        command = chance.choice(commands)
        lines, after = chance.randrange(MOST_LINES[command[0]]), chance.uniform(0, LONGEST_AFTER)
        process, said = start(command, variables)
        with said:
            told = list(islice(said, lines))
            time.sleep(after)
            number = chance.choice(signals)
            with suppress(ProcessLookupError):
                os.kill(process.pid or 0, number)
            told += said
        process.join()
        # Before the command has begun a signal does what it does to any process: some words, or none.
        died_of_it = process.exitcode in {-number, *CODES[number]} or told[-1:] in (["KeyboardInterrupt\n"], [])
        assert process.exitcode == 0 or died_of_it, (command, number, process.exitcode, told[-5:])
        died[command] += process.exitcode != 0
        look(database, server)
    database.seed(size=size, profile=profile)
    for line in Path(environment["SEEDING_LOG_FILE"]).read_text(encoding="ascii").splitlines():
        json.loads(line)
    return died


def kill_restorations(
    database: Database, environment: Mapping[str, str], server: Server, command: tuple[str, ...], *, kills: int, seed: int
) -> None:
    """Edit and delete seeded rows and kill the command that restores them, until it has died so often; then let it end."""
    chance = random.Random(seed)
    variables = {**environment, "DATABASE_URL": database.url, "SEEDING_LOG_LEVEL": "debug"}
    died, edited = 0, set[tuple[str, int]]()
    while died < kills:
        meddle(database.alias, chance, 20, edited)
        connections[database.alias].close()
        process, said = start(command, variables)
        with said:
            told = list(islice(said, chance.randrange(1, MOST_LINES["seed_rollback"])))
            time.sleep(chance.uniform(0, LONGEST_AFTER))
            with suppress(ProcessLookupError):
                os.kill(process.pid or 0, Signals.SIGKILL)
            told += said
        process.join()
        assert process.exitcode in (0, -Signals.SIGKILL), (command, process.exitcode, told[-5:])
        if process.exitcode == 0:
            edited.clear()
        died += process.exitcode != 0
        assert ask_until(lambda: True if not server.connections(database.alias) else None, 30), (
            "a dead client's connection stays"
        )
    process, said = start(command, variables)
    with said:
        told = list(said)
    process.join()
    kept = [json.loads(line)["message"] for line in told if '"operation": "keep"' in line]
    assert process.exitcode == 0, (kept, told[-3:])


def look(database: Database, server: Server) -> None:
    """The dead are gone, their lock is free, the ledger names what is there, and every reference leads somewhere."""
    connections[database.alias].close()
    alone = ask_until(lambda: True if not server.connections(database.alias) else None, 30)
    assert alone, "a dead client's connection stays"
    assert not seeding_lock(database.alias).is_locked
    ledgered: dict[str, list[KeySet]] = {table: [] for table in TABLES}
    for entry in SeedingMetadata.objects.using(database.alias).filter(live=True):
        ledgered[entry.table_name].append(KeyMap.of(entry.key_ranges).key_set())
    quote = connections[database.alias].ops.quote_name
    for table, held in ledgered.items():
        there = [key for (key,) in database.query(f"SELECT id FROM {quote(table)} ORDER BY id")]  # noqa: S608 - quoted
        assert [key for first, last in union(held).ranges for key in range(first, last + 1)] == there, table
    assert {verdict.rule: verdict.examples for verdict in database.references() if verdict.broken} == {}


def assert_whole(database: Database, undisturbed: Database) -> None:
    """The rows equal those of a database to which nothing happened."""
    assert business_data(database) == business_data(undisturbed)
    assert database.broken_rules() == {}
