"""Schemas and lives that nobody thought of: STORM_SCHEMAS of them per server, each of a seed of its own.

STORM_SEED is the first seed: of a schema that failed (its message tells), or of the next block of twenty. STORM_SHRINK=1 makes
a failing schema smaller. At the end a line per server says what became of them: how many were seeded, masked, rolled back,
refused and why.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.test import override_settings
from hypothesis import HealthCheck, Phase, assume, given, note, seed, settings
from hypothesis import strategies as st

from tests.servers import Server
from tests.storm.application import Application
from tests.storm.ddl import ADMITTED
from tests.storm.dump import dumped
from tests.storm.judge import Judge
from tests.storm.ledger import add_ledger
from tests.storm.life import command, lives, write
from tests.storm.schemas import Schema, schemas
from tests.storm.summary import Summary
from tests.support.databases import SERVERS, Database

SCHEMAS = int(os.environ.get("STORM_SCHEMAS", "5"))
BLOCK = 20
SEED = int(os.environ.get("STORM_SEED", "1"))
BLOCKS = range(SEED, SEED + SCHEMAS, BLOCK)
PHASES = [Phase.generate, *([Phase.shrink] if os.environ.get("STORM_SHRINK") else [])]
INSTALLED = override_settings(INSTALLED_APPS=["seeding", "tests.storm"], DATABASE_ROUTERS=[])


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield
        apps.all_models["storm"].clear()
        apps.clear_cache()


@pytest.mark.timeout(3600)  # twenty schemas, beside others
@pytest.mark.parametrize("first", BLOCKS)
@pytest.mark.parametrize("server", SERVERS)
def test_no_row_is_lost(
    make_database: Callable[..., Database],
    running: Callable[[str], Server],
    record_property: Callable[[str, object], None],
    server: str,
    first: int,
) -> None:
    host = None if server == "sqlite" else running(server)
    if host is not None:
        host.sql(ADMITTED[server])
    summary = Summary()

    def storm(data: st.DataObject) -> None:
        assume(data.draw(st.integers(0, 1 << 32)) > 0)  # the first example of every seed is the simplest one
        schema = data.draw(schemas(server))
        database = make_database(server, ready=False)
        add_ledger(database, host)
        live(data, Application(schema=schema, database=database, host=host), schema, summary)

    try:
        for number in range(first, min(first + BLOCK, SEED + SCHEMAS)):
            try:
                drawn(storm, number)()
            except Exception as error:
                error.add_note(f"Again: STORM_SEED={number} STORM_SCHEMAS=1 pytest tests/storm -k {server}")
                raise
    finally:
        record_property(server, summary.counts())


def drawn(storm: Callable[[st.DataObject], None], number: int) -> Callable[[], None]:
    """The test of one schema. Each has a seed of its own: later examples of one seed resemble earlier ones."""
    one = settings(
        max_examples=1,
        database=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    test: Callable[[], None] = seed(number)(one(given(data=st.data())(storm)))
    return test


def live(data: st.DataObject, application: Application, schema: Schema, summary: Summary) -> None:
    """One life; after each command everything is looked at."""
    judge = Judge(application=application)
    summary.begin()
    try:
        application.begin()
        before = dumped(application)
        is_written = False
        for action in data.draw(lives(schema)):
            if write(application, action):
                is_written = True
                continue
            if is_written:
                now = dumped(application)
                judge.written(before, now)
                before, is_written = now, False
            said = command(application, action)
            note(f"{action}: {said.code} {said.words}")
            after = dumped(application)
            summary.add(schema, action, said, before, after)
            faults = list(judge.faults(action, said, before, after))
            assert not faults
            before = after
    finally:
        application.end()
