"""Which values need no mask: masks of ours, and those of seeded rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
from django.db import connections
from django.test.utils import CaptureQueriesContext

from seeding.generation.registry import Registry
from seeding.keys import KeySet
from seeding.ledger.recorder import Recorder
from seeding.masking import Cipher, Mode
from seeding.masking.already_masked import SealRegister
from seeding.masking.entered_values import EnteredValues
from seeding.masking.tables import Target
from seeding.schema.row_keys import KeyColumn, RowKey, number
from seeding.schema.tables import ColumnSchema, Kind, TableSchema
from tests.support.databases import Database

OURS, OTHER = Cipher.of("a key for tests"), Cipher.of("another key")
NAME, BORN = (
    ColumnSchema(name=name, kind=kind, nullable=True, has_default=False)
    for name, kind in (("name", Kind.TEXT), ("born", Kind.DATE))
)
GUESTS = Target(
    table=TableSchema(name="guest", columns={"name": NAME, "born": BORN}, key=("id",), unique=()),
    key=number("id"),
    fields={"name": "city", "born": "date_of_birth"},
    decided=frozenset(),
    misspelled={},
)
ROWS = pl.DataFrame({"id": [1, 2, 3], "name": ["Ann", "Ben", None], "born": [date(1980, 2, 3), None, date(1981, 1, 1)]})


def register(shop: Database, mode: Mode = Mode.FULL, cipher: Cipher = OURS) -> SealRegister:
    ledger = Recorder(shop.alias)
    return SealRegister(ledger, cipher, mode, EnteredValues(ledger, lambda: Registry([])))


def fresh(register: SealRegister, rows: pl.DataFrame = ROWS, **seeded: KeySet) -> dict[str, list[bool]]:
    return {name: values.to_list() for name, values in register.fresh(GUESTS, seeded, rows).items()}


def sealed(shop: Database, mode: Mode, *names: str, first: int = 1, cipher: Cipher = OURS) -> None:
    """Say that rows from `first` on were masked to these names."""
    ledger = Recorder(shop.alias)
    run = ledger.open_run(command="seed_mask", environment="dev", seed=1, as_of=date(2026, 3, 2), state="succeeded")
    keys = range(first, first + len(names))
    seals = register(shop, mode, cipher).seals("name", pl.Series(map(str, keys)), pl.Series(names))
    ledger.masked_batches("guest").create(
        run=run, table_name="guest", first_key=first, last_key=keys[-1], mode=mode, key_fingerprint="",
        fields={}, seals=seals.astype("<u8").tobytes(), created_at=datetime.now(UTC),
    )  # fmt: skip


def test_whatever_is_there_is_fresh_where_nothing_was_masked(shop: Database) -> None:
    assert fresh(register(shop)) == {"name": [True, True, False], "born": [True, False, True]}


def test_seeded_rows_are_not_fresh(shop: Database) -> None:
    both = KeySet.of([(1, 2)])

    assert fresh(register(shop), name=both, born=both) == {"name": [False, False, False], "born": [False, False, True]}
    assert fresh(register(shop), name=both) == {"name": [False, False, False], "born": [True, False, True]}


def test_a_mask_is_known_in_its_row_and_column_alone(shop: Database) -> None:
    sealed(shop, Mode.FULL, "Ann", "Eve")

    assert fresh(register(shop)) == {"name": [False, True, False], "born": [True, False, True]}
    moved = pl.DataFrame({"id": [1, 2], "name": ["Eve", "Ann"], "born": pl.Series([None, None], dtype=pl.Date)})
    assert fresh(register(shop), rows=moved)["name"] == [True, True]


def test_only_batches_that_meet_the_rows_are_looked_at(shop: Database) -> None:
    sealed(shop, Mode.FULL, "Ann", "Ben")
    sealed(shop, Mode.FULL, "Cid", first=3)

    bounds = ((1, 3), (2, 2), (3, 9), (4, 9))
    assert [len(register(shop)._known(GUESTS, pl.DataFrame({"id": one}))) for one in bounds] == [3, 2, 1, 0]
    other = replace(GUESTS, table=replace(GUESTS.table, name="other"))
    assert len(register(shop)._known(other, ROWS)) == 0


def test_what_was_masked_in_part_is_known_only_to_who_masks_in_part(shop: Database) -> None:
    sealed(shop, Mode.PARTIAL, "Ann")
    sealed(shop, Mode.FULL, "Ben", first=2)

    assert fresh(register(shop, Mode.PARTIAL))["name"] == [False, False, False]
    assert fresh(register(shop, Mode.FULL))["name"] == [True, False, False]


def test_seals_stay_what_they_are_in_databases_masked_before(shop: Database) -> None:
    seals = register(shop).seals("name", pl.Series(["7", "-12"]), pl.Series(["Ann", "Jürgen"]))

    assert [int(one) for one in seals] == [9232205156778628417, 7637830979785575639]


def test_keys_of_several_columns_are_told_apart() -> None:
    key = RowKey(columns=(KeyColumn(name="a", dtype=pl.String), KeyColumn(name="b", dtype=pl.String)), is_number=False)
    rows = pl.DataFrame({"a": ["x", "x\0y", "x\\0y", "x\\", ""], "b": ["y\0z", "z", "z", "0y\0z", "x"]})

    assert key.texts(rows).n_unique() == rows.height


def test_the_seals_of_a_table_without_a_number_are_read_once(shop: Database) -> None:
    sealed(shop, Mode.FULL, "Ann", "Ben")
    guests = replace(GUESTS, key=RowKey(columns=(KeyColumn(name="id", dtype=pl.String),), is_number=False))
    rows, known = ROWS.with_columns(pl.col("id").cast(pl.String)), register(shop)

    first = known.fresh(guests, {}, rows[:1])["name"].to_list()
    with CaptureQueriesContext(connections[shop.alias]) as queries:
        second = known.fresh(guests, {}, rows[1:])["name"].to_list()

    assert (first, second, len(queries)) == ([False], [False, False], 0)


def test_another_key_makes_other_seals(shop: Database) -> None:
    sealed(shop, Mode.FULL, "Ann", cipher=OTHER)

    assert fresh(register(shop))["name"] == [True, True, False]


def test_rows_that_may_be_shown_depend_on_how_strongly_is_masked(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE seeding_metadata SET origin = 'source', environment = 'staging'")

    shop.query("UPDATE seeding_metadata SET masked_fields = '[\"name\"]'")
    products, reviews = (replace(GUESTS, table=replace(GUESTS.table, name=name)) for name in ("shop_product", "shop_review"))

    def shown(mode: Mode, of: Target) -> dict[str, list[tuple[int, int]]]:
        return {column: keys.ranges for column, keys in register(shop, mode).shown(of).items()}

    assert shown(Mode.PARTIAL, products) == {"name": [(1, 10)], "born": []}
    assert shown(Mode.FULL, products) == shown(Mode.PARTIAL, reviews) == {"name": [], "born": []}
