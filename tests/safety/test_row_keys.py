"""Rows are masked one by one whatever their primary key is, or the table is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from seeding.masking import Cipher, Mode, PIIMasker
from seeding.models import MaskedBatch
from seeding.writing.updates import update_rows
from tests.safety.conftest import MASKING_KEY, mask
from tests.safety.keys import FOUND, NOT_FOUND, Keyed
from tests.support.databases import SERVERS, Database

pytestmark = pytest.mark.usefixtures("classified")
UPDATE = "seeding.masking.in_place.update_rows"
Rows = list[tuple[Any, ...]]


@pytest.fixture
def members(products: Callable[..., Database], monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Keyed], Database]:
    """A database with a table of members that has such a key, and a number `n` by which the test knows them."""
    monkeypatch.setenv("SEEDING_BATCH_SIZE", "3")

    def make(server: str, keyed: Keyed) -> Database:
        columns, _, key = keyed.columns.partition(", PRIMARY KEY")
        key = f", PRIMARY KEY{key}" if key else ""
        rest = "n int, email varchar(80), born date, note varchar(9)"
        made = f"CREATE TABLE members ({columns}, {rest}{key}){keyed.after}"
        database = products(server, *keyed.before, made)
        for n, one in enumerate(reversed(keyed.keys), start=1):
            database.query(f"INSERT INTO members VALUES ({one}, {n}, 'real{n}@corp.test', NULL, 'note {n}')")  # noqa: S608 - constants
        return database

    return make


def read(database: Database) -> Rows:
    return database.query("SELECT n, email, note FROM members ORDER BY n")


def keys(database: Database) -> Rows:
    """Everything in the table but the e-mail addresses."""
    rows = database.query("SELECT * FROM members ORDER BY n")
    return [tuple(str(bytes(one) if isinstance(one, memoryview) else one) for one in (*row[:-3], *row[-2:])) for row in rows]


def masked(rows: Rows) -> Rows:
    """The rows with the masks that the strategy makes."""
    data = pl.DataFrame(rows, schema=["n", "email", "note"], orient="row")
    return PIIMasker(Cipher.of(MASKING_KEY), Mode.PARTIAL).mask_data(data, {"email": "email"}, {"email": 80}).rows()


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("server", "keyed"), [pytest.param(one, FOUND[one][name], id=f"{one}, {name}") for one in FOUND for name in FOUND[one]]
)
def test_every_row_gets_its_own_mask_once(members: Callable[[str, Keyed], Database], server: str, keyed: Keyed) -> None:
    database = members(server, keyed)
    before, identities = read(database), keys(database)

    rehearsed = mask(database, "--dry-run")
    assert (rehearsed[0], rehearsed[1][0]["rows"], rehearsed[1][0]["masked"]) == (0, len(before), len(before))
    code, (result,) = mask(database)

    assert (code, result["rows"], result["masked"]) == (0, len(before), len(before))
    assert (read(database), keys(database)) == (masked(before), identities)
    batches = MaskedBatch.objects.using(database.alias).all()
    assert {(one.first_key, one.last_key) for one in batches} == {(None, None)}
    assert (mask(database)[1][0]["masked"], read(database)) == (0, masked(before))
    database.query("UPDATE members SET email = 'new@corp.test' WHERE n = 2")
    database.query("UPDATE members SET email = %s WHERE n = 3", masked(before)[0][1])  # the mask of another row
    changed = read(database)
    assert mask(database)[1][0]["masked"] == 2
    assert read(database)[1:3] == masked(changed)[1:3]


@pytest.mark.parametrize(
    ("server", "words"), [pytest.param(one, words, id=f"{one}, {words[:40]}") for one in NOT_FOUND for words in NOT_FOUND[one]]
)
def test_rows_that_a_key_may_not_find_again_stay(members: Callable[[str, Keyed], Database], server: str, words: str) -> None:
    database = members(server, NOT_FOUND[server][words])
    before = read(database)

    for options in ((), ("--dry-run",)):
        code, (result,) = mask(database, *options)
        assert (code, words in result["error"], result["masked"]) == (3, True, 0)
    assert read(database) == before


@pytest.mark.parametrize("server", SERVERS)
def test_a_run_that_was_killed_resumes(
    members: Callable[[str, Keyed], Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    database = members(server, FOUND[server]["day and text"])
    before, calls = read(database), iter((1, 0))

    def killed(*arguments: Any) -> int:
        return update_rows(*arguments) if next(calls) else 1 // 0

    with monkeypatch.context() as patch:
        patch.setattr(UPDATE, killed)
        with pytest.raises(ZeroDivisionError):
            mask(database)
    assert sum(row[1].endswith("corp.test") for row in read(database)) == len(before) - 3

    assert mask(database)[1][0]["masked"] == len(before) - 3
    assert read(database) == masked(before)


@pytest.mark.parametrize("server", SERVERS)
def test_a_row_that_is_not_found_by_its_key_undoes_the_batch(
    members: Callable[[str, Keyed], Database], monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    database = members(server, FOUND[server]["two integers"])
    before = read(database)

    monkeypatch.setattr(UPDATE, lambda using, table, key, rows, *rest: update_rows(using, table, key, rows[1:], *rest))
    code, (result,) = mask(database)

    assert (code, "2 of 3 rows of members were found by their keys" in result["error"]) == (5, True)
    assert read(database) == before
