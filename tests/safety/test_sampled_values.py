"""What the planner's statistics hold of values that are masked: masks, as soon as the command has ended."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable

import pytest

from tests.safety.conftest import mask
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("classified")
SAMPLED = {
    "postgresql": (
        "CREATE TABLE members (id bigint PRIMARY KEY, email varchar(80), born date)",
        """
        INSERT INTO members
        SELECT n, CASE WHEN n < 40 THEN 'ann' ELSE 'p' || n END || '@corp.test' FROM generate_series(1, 200) n
        """,
        "ANALYZE members",
        "SELECT concat(most_common_vals, histogram_bounds) FROM pg_stats WHERE tablename = 'members' AND attname = 'email'",
    ),
    "mysql": (
        "CREATE TABLE members (id bigint PRIMARY KEY, email varchar(80), born date)",
        "INSERT INTO members (id, email) VALUES (1, 'ann@corp.test'), (2, 'bob@corp.test'), (3, 'bob@corp.test')",
        "ANALYZE TABLE members UPDATE HISTOGRAM ON email, id WITH 7 BUCKETS",
        "SELECT histogram FROM information_schema.column_statistics WHERE schema_name = DATABASE() AND column_name = 'email'",
    ),
    "mariadb": (
        "CREATE TABLE members (id bigint PRIMARY KEY, email varchar(80), born date)",
        "INSERT INTO members (id, email) VALUES (1, 'ann@corp.test'), (2, 'bob@corp.test'), (3, 'bob@corp.test')",
        "ANALYZE TABLE members PERSISTENT FOR COLUMNS (email) INDEXES ()",
        "SELECT CONCAT(min_value, max_value) FROM mysql.column_stats WHERE db_name = DATABASE() AND column_name = 'email'",
    ),
}
"""Server → a table with values, which are sampled, and a query for what was sampled."""


def held(database: Database, sampled: str) -> str:
    """What the query tells; MySQL writes texts as base64."""
    ((told,),) = database.query(sampled)
    text = told.decode() if isinstance(told, bytes) else told
    return re.sub(r"base64:type\d+:([^\"]+)", lambda found: b64decode(found[1]).decode(), text)


@pytest.mark.parametrize("server", SAMPLED)
def test_no_sample_keeps_a_value_that_was_masked(products: Callable[..., Database], server: str) -> None:
    *statements, sampled = SAMPLED[server]
    database = products(server, *statements)
    assert "ann@corp.test" in held(database, sampled)

    code, _ = mask(database)

    after = held(database, sampled)
    assert code == 0
    assert "@corp.test" not in after
    assert "@example." in after
    assert '"number-of-buckets-specified": 7' in after or server != "mysql"
