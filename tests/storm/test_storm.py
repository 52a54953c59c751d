"""Schemas and lives that nobody thought of: STORM_SCHEMAS of them per server, in blocks of twenty that have a seed each.

STORM_SEED is the first seed: of a block that failed, or of the next one. STORM_SHRINK=1 makes a failing example smaller.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from tests.servers import Server
from tests.storm.application import Application
from tests.storm.ddl import GUEST
from tests.storm.dump import dumped
from tests.storm.judge import Judge
from tests.storm.life import command, lives, write
from tests.storm.schemas import Schema, schemas
from tests.support.databases import SERVERS, Database

SCHEMAS = int(os.environ.get("STORM_SCHEMAS", "5"))
BLOCK = 20
SEED = int(os.environ.get("STORM_SEED", "1"))
SEEDS = range(SEED, SEED + -(-SCHEMAS // BLOCK))
PHASES = [Phase.generate, *([Phase.shrink] if os.environ.get("STORM_SHRINK") else [])]
INSTALLED = override_settings(INSTALLED_APPS=["seeding", "tests.storm"], DATABASE_ROUTERS=[])


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield
        apps.all_models["storm"].clear()
        apps.clear_cache()


@pytest.mark.parametrize("number", SEEDS)
@pytest.mark.parametrize("server", SERVERS)
def test_no_row_is_lost(
    make_database: Callable[..., Database], running: Callable[[str], Server], server: str, number: int
) -> None:
    host = None if server == "sqlite" else running(server)
    if host is not None and server == "postgresql":
        host.sql(f"DO $$ BEGIN CREATE ROLE {GUEST} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")

    @seed(number)
    @settings(
        max_examples=min(SCHEMAS, BLOCK),
        database=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(data=st.data())
    def storm(data: st.DataObject) -> None:
        schema = data.draw(schemas(server))
        database = make_database(server, ready=False)
        call_command("migrate", "seeding", database=database.alias, verbosity=0)
        live(data, Application(schema=schema, database=database, host=host), schema)

    storm()


def live(data: st.DataObject, application: Application, schema: Schema) -> None:
    """One life; after each command everything is looked at."""
    judge = Judge(application=application)
    try:
        application.begin()
        before = dumped(application)
        for action in data.draw(lives(schema)):
            if write(application, action):
                after = dumped(application)
                judge.written(before, after)
            else:
                said = command(application, action)
                note(f"{action}: {said.code} {said.words}")
                after = dumped(application)
                assert not list(judge.faults(action, said, before, after))
            before = after
    finally:
        application.end()
