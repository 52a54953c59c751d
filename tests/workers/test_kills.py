"""A few of the kills of `make torture`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seeding import SeedConfig, api
from seeding.exceptions import SeedingError
from tests.faults.storm import assert_whole
from tests.servers import KINDS, Server
from tests.support.databases import AS_OF, Database
from tests.workers.kills import kill_first_processes, kill_workers


@pytest.fixture
def variables(environment: dict[str, str]) -> dict[str, str]:
    """Small chunks and batches, so that there is much to lose."""
    return {**environment, "SEEDING_CHUNK_ROWS": "20", "SEEDING_BATCH_SIZE": "5", "SEEDING_LOG_LEVEL": "warn"}


@pytest.mark.parametrize("server", KINDS)
def test_the_work_of_a_killed_worker_is_done_by_another(
    make_database: Callable[..., Database], running: Callable[[str], Server], variables: dict[str, str], server: str
) -> None:
    database, undisturbed = make_database(server), make_database("sqlite", seeded="small")

    kill_workers(database, variables, running(server), kills=1, seed=14)

    assert_whole(database, undisturbed)


@pytest.mark.parametrize("server", KINDS)
def test_workers_whose_run_is_killed_commit_nothing_more_and_the_next_run_completes_the_rows(
    make_database: Callable[..., Database], running: Callable[[str], Server], variables: dict[str, str], server: str
) -> None:
    database, undisturbed = make_database(server), make_database("sqlite", seeded="small")

    kill_first_processes(database, variables, running(server), kills=1, seed=15)

    database.seed()
    assert_whole(database, undisturbed)


@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("no.such.settings", "10 workers in a row have died of exit code 1 before they could do anything: pass --jobs=1."),
        (None, "Workers find the project by DJANGO_SETTINGS_MODULE, which is not set: pass --jobs=1."),
    ],
)
def test_workers_that_cannot_begin_end_the_run(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str, module: str | None, words: str
) -> None:
    database = make_database(server)
    with monkeypatch.context() as without:
        if module is None:
            without.delenv("DJANGO_SETTINGS_MODULE", raising=False)
        else:
            without.setenv("DJANGO_SETTINGS_MODULE", module)
        with pytest.raises(SeedingError) as caught:
            api.seed(SeedConfig(database=database.alias, tables=("strains",), jobs=2, today=AS_OF))

    assert str(caught.value) == words
    assert database.query("SELECT COUNT(*) FROM strains") == [(0,)]
    database.seed(table="strains")
