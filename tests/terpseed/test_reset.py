"""What was done to TERP's seeded rows is undone by `seed_reset`, by the servers' own dumps."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from seeding import api
from seeding.conf import ResetConfig, VerifyConfig
from tests.servers import Server
from tests.support.databases import SERVERS, Database
from tests.support.dumps import dumped_rows
from tests.support.edits import meddle
from tests.terpseed.ordinary_actions import do_all


@pytest.mark.parametrize("server", SERVERS)
def test_everything_is_as_before(make_database: Callable[..., Database], running: Callable[[str], Server], server: str) -> None:
    database = make_database(server, seeded="small")
    host, using = None if server == "sqlite" else running(server), database.alias
    do_all(using)  # real rows, which stay as they are
    api.reset(ResetConfig(database=using, force=True))
    before = dumped_rows(database, host)
    for seed in range(2):
        assert meddle(using, random.Random(f"{server} {seed}"), 25) == 25
        assert dumped_rows(database, host) != before

        summary = api.reset(ResetConfig(database=using, force=True))

        assert (summary.left, summary.exit_code) == ((), 0)
        assert api.verify(VerifyConfig(database=using)).is_as_seeded
        assert sum(one.others for one in summary.results) > 5
        after = dumped_rows(database, host)
        assert set(after) ^ set(before) == set()
