"""A server that keeps the names of tables in small letters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seeding.exceptions import SchemaError
from seeding.generation.registry import Registry
from tests.integration.safety.conftest import require
from tests.servers import MariaDB, Server
from tests.support.databases import Database
from tests.support.runs import run, undo


def test_a_table_with_capital_letters_is_not_touched(
    start: Callable[[Server], Server], make_database: Callable[..., Database]
) -> None:
    require(MariaDB)
    database = make_database("mariadb", on=start(MariaDB("--lower-case-table-names=1")))
    registry = Registry.discover()
    periods, vendors = (registry.sources(table)[0] for table in ("fiscalPeriods", "vendors"))

    summary, _ = run(database, periods, vendors)

    assert [one.exit_code for one in summary.results] == [3, 0]
    assert "fiscalPeriods is not a name this server can store" in summary.results[0].error

    # As in a dump of a server that tells letters apart.
    database.query("UPDATE seeding_metadata SET table_name = 'Vendors'")
    with pytest.raises(SchemaError, match="Vendors is not a name this server can store"):
        undo(database, vendors)
    assert len(database.content("vendors")) == 4
