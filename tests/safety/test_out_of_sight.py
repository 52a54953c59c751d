"""Tables and foreign keys that Django's introspection leaves out: seeded, followed, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from django.db import connections

from seeding.conf import Strategy
from seeding.exceptions import RefusedError, UnsafeServerError
from tests.safety.forms import PRODUCTS
from tests.servers import Server
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
    from seeding.example.seeders.sales import CustomerSeeder, OrderLineSeeder, OrderSeeder

COLUMNS = "name varchar(80) NOT NULL UNIQUE, price decimal(8,2) NOT NULL, stars double NULL"
KEY = "id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY"
PERIOD = (
    "GENERATED ALWAYS AS ROW START INVISIBLE, until {0} GENERATED ALWAYS AS ROW END INVISIBLE, "
    "PERIOD FOR SYSTEM_TIME (since, until)"
)
VERSIONED = {
    "without names": f"{KEY}, {COLUMNS}) WITH SYSTEM VERSIONING",
    "a named period": f"{KEY}, {COLUMNS}, since timestamp(6) {PERIOD.format('timestamp(6)')}) WITH SYSTEM VERSIONING",
    "by transactions": f"{KEY}, {COLUMNS}, since bigint unsigned {PERIOD.format('bigint unsigned')}) WITH SYSTEM VERSIONING",
    "history in a partition": (
        f"{KEY}, {COLUMNS}) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION past HISTORY, PARTITION now CURRENT)"
    ),
    "a column without": f"{KEY}, {COLUMNS} WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING",
}
"""How MariaDB makes a system-versioned table."""
PARTED = (
    "ALTER TABLE shop_product RENAME TO shop_product_1a",
    "ALTER TABLE shop_product_1a ALTER id DROP IDENTITY",
    "CREATE TABLE shop_product (LIKE shop_product_1a, PRIMARY KEY (id)) PARTITION BY RANGE (id)",
    "CREATE TABLE shop_product_1 PARTITION OF shop_product FOR VALUES FROM (0) TO (1000000) PARTITION BY RANGE (id)",
    "ALTER TABLE shop_product_1 ATTACH PARTITION shop_product_1a FOR VALUES FROM (0) TO (500000)",
)
"""How PostgreSQL makes the table a partition of a partition of one of its name."""
NOTES = (
    "CREATE TABLE notes (id bigint, product_id bigint, product varchar(80)) PARTITION BY RANGE (id)",
    "CREATE TABLE notes_1 PARTITION OF notes FOR VALUES FROM (0) TO (9)",
)
CASCADES = "REFERENCES shop_product (id) ON DELETE CASCADE"
PARTITIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "declared by a partition": (
        (*NOTES, f"ALTER TABLE notes_1 ADD FOREIGN KEY (product_id) {CASCADES}"),
        "notes_1.product_id",
    ),
    "declared by a partition that sets null": (
        (*NOTES, "ALTER TABLE notes_1 ADD FOREIGN KEY (product_id) REFERENCES shop_product (id) ON DELETE SET NULL"),
        "notes_1.product_id",
    ),
    "declared by a partition of a partition": (
        (
            NOTES[0],
            f"{NOTES[1]} PARTITION BY RANGE (id)",
            "CREATE TABLE notes_1a PARTITION OF notes_1 FOR VALUES FROM (0) TO (5)",
            f"ALTER TABLE notes_1a ADD FOREIGN KEY (product_id) {CASCADES}",
        ),
        "notes_1a.product_id",
    ),
    "declared by two partitions under one name": (
        (
            NOTES[0],
            "CREATE TABLE notes_0 PARTITION OF notes FOR VALUES FROM (9) TO (99)",
            NOTES[1],
            *(f"ALTER TABLE {one} ADD CONSTRAINT part FOREIGN KEY (product_id) {CASCADES}" for one in ("notes_0", "notes_1")),
        ),
        "notes_1.product_id",
    ),
    "declared by a partition in another schema": (
        (
            NOTES[0],
            "CREATE SCHEMA other",
            "CREATE TABLE other.notes_1 PARTITION OF notes FOR VALUES FROM (0) TO (9)",
            f"ALTER TABLE other.notes_1 ADD FOREIGN KEY (product_id) {CASCADES}",
        ),
        '"other"."notes_1".product_id',
    ),
    "declared by a partition of a table in another schema": (
        (
            "CREATE SCHEMA other",
            NOTES[0].replace("notes", "other.notes"),
            NOTES[1].replace("notes", "other.notes"),
            f"ALTER TABLE other.notes_1 ADD FOREIGN KEY (product_id) {CASCADES}",
            "CREATE VIEW notes AS SELECT * FROM other.notes",
        ),
        '"other"."notes_1".product_id',
    ),
    "to a partition": (
        (
            *PARTED,
            "CREATE TABLE notes (id bigint PRIMARY KEY, product_id bigint, product varchar(80))",
            "ALTER TABLE notes ADD FOREIGN KEY (product_id) REFERENCES shop_product_1 (id) ON DELETE CASCADE",
        ),
        "notes.product_id",
    ),
    "to a partition by a column that only it makes unique": (
        (
            *PARTED,
            "CREATE TABLE notes (id bigint PRIMARY KEY, product_id bigint, product varchar(80))",
            "ALTER TABLE notes ADD FOREIGN KEY (product) REFERENCES shop_product_1a (name) ON DELETE CASCADE",
        ),
        "notes.product",
    ),
    "of a partition to a partition": (
        (*PARTED, *NOTES, f"ALTER TABLE notes_1 ADD FOREIGN KEY (product_id) {CASCADES}".replace("product (", "product_1a (")),
        "notes_1.product_id",
    ),
}  # fmt: skip
"""Of PostgreSQL: what makes the key, and the name of what refers by it."""


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.fixture
def mariadb_host(running: Callable[[str], Server]) -> Server:
    """The server whose own client tells what is there."""
    return running("mariadb")


@pytest.mark.parametrize("title", VERSIONED)
def test_a_system_versioned_table_is_seeded_and_rolled_back(
    mariadb_host: Server, products: Callable[..., Database], title: str
) -> None:
    database = products("mariadb", f"CREATE TABLE shop_product ({VERSIONED[title]}")
    database.query("INSERT INTO shop_product (name, price) VALUES ('real', 5)")
    before = mariadb_host.sql("SELECT * FROM shop_product", database.alias)

    seeded, _ = run(database, ProductSeeder())
    again, _ = run(database, ProductSeeder())
    dry, _ = undo(database, ProductSeeder(), dry_run=True)
    undone, told = undo(database, ProductSeeder())

    assert [(one.exit_code, one.records_inserted) for one in (seeded, again)] == [(0, 10), (0, 0)]
    assert [(one.exit_code, one.records_deleted) for one in (dry, undone)] == [(0, 10), (0, 10)]
    assert undone.in_history == dry.in_history == ("shop_product",)
    assert any("The history of shop_product keeps the deleted rows" in one.message for one in told)
    assert mariadb_host.sql("SELECT * FROM shop_product", database.alias) == before
    assert mariadb_host.sql("SELECT COUNT(DISTINCT id) FROM shop_product FOR SYSTEM_TIME ALL", database.alias) == "11\n"
    assert run(database, ProductSeeder())[0].records_inserted == 10


def test_rows_of_system_versioned_tables_are_the_same_as_of_others(
    mariadb_host: Server, make_database: Callable[..., Database]
) -> None:
    seeders = (ProductSeeder(), ReviewSeeder(), CustomerSeeder(), OrderSeeder(), OrderLineSeeder())
    tables = sorted(one.config.table_name for one in seeders)
    found = []
    for versioned in (False, True):
        database = make_database("mariadb", ready=False)
        call_command("migrate", database=database.alias, verbosity=0)
        for table in tables if versioned else ():
            database.query(f"ALTER TABLE {table} ADD SYSTEM VERSIONING")
        seeded, _ = run(database, *seeders)
        found.append([mariadb_host.sql(f"SELECT * FROM {table} ORDER BY id", database.alias) for table in tables])  # noqa: S608
        undone, _ = undo(database, *seeders)
        assert (seeded.exit_code, undone.exit_code, undone.left) == (0, 0, 0)
        assert undone.records_deleted == seeded.records_inserted
        assert sorted(undone.in_history) == (tables if versioned else [])

    assert found[0] == found[1]  # the totals of orders are derived from their lines


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "RESTRICT"])
def test_a_row_of_a_system_versioned_table_keeps_what_it_refers_to(
    mariadb_host: Server, products: Callable[..., Database], action: str
) -> None:
    database = products("mariadb")
    database.query(
        "CREATE TABLE contracts (id bigint PRIMARY KEY, product_id bigint, "
        f"FOREIGN KEY (product_id) REFERENCES shop_product (id) ON DELETE {action}) WITH SYSTEM VERSIONING"
    )
    run(database, ProductSeeder())
    database.query("INSERT INTO contracts SELECT 1, MIN(id) FROM shop_product")
    database.query("INSERT INTO contracts SELECT 2, MAX(id) FROM shop_product")
    database.query("DELETE FROM contracts WHERE id = 2")  # it is in the history alone
    before = mariadb_host.sql("SELECT * FROM contracts FOR SYSTEM_TIME ALL", database.alias)

    undone, _ = undo(database, ProductSeeder())

    assert (undone.exit_code, undone.records_deleted, [one.by for one in undone.kept]) == (6, 9, ["contracts.product_id"])
    assert mariadb_host.sql("SELECT * FROM contracts FOR SYSTEM_TIME ALL", database.alias) == before
    assert mariadb_host.sql("SELECT COUNT(*) FROM contracts JOIN shop_product p ON p.id = product_id", database.alias) == "1\n"
    assert undone.in_history == ()


def test_a_system_versioned_table_is_not_truncated(products: Callable[..., Database]) -> None:
    database = products("mariadb", f"CREATE TABLE shop_product ({VERSIONED['without names']}")
    run(database, ProductSeeder())

    with pytest.raises(RefusedError, match="MariaDB does not truncate system-versioned tables: shop_product"):
        undo(database, ProductSeeder(), strategy=Strategy.TRUNCATE)

    assert database.query("SELECT COUNT(*) FROM shop_product") == [(10,)]


def test_a_session_that_reads_the_past_is_refused(products: Callable[..., Database]) -> None:
    database = products("mariadb", f"CREATE TABLE shop_product ({VERSIONED['without names']}")
    run(database, ProductSeeder())
    connections[database.alias].close()
    options = connections[database.alias].settings_dict["OPTIONS"]
    options["init_command"] = f"{options.get('init_command', 'SELECT 1')}; SET system_versioning_asof = '2001-02-03'".replace(
        "SELECT 1; ", ""
    )

    with pytest.raises(
        UnsafeServerError, match=r"reads system-versioned tables as of 2001-02-03.*remove system_versioning_asof"
    ):
        undo(database, ProductSeeder())


@pytest.mark.parametrize("title", PARTITIONS)
def test_a_key_of_a_partition_keeps_what_it_refers_to(
    running: Callable[[str], Server], products: Callable[..., Database], title: str
) -> None:
    statements, by = PARTITIONS[title]
    database, host = products("postgresql"), running("postgresql")
    run(database, ProductSeeder())
    for statement in statements:
        database.query(statement)
    database.query("INSERT INTO notes SELECT 1, id, name FROM shop_product ORDER BY id LIMIT 1")
    text = "SELECT * FROM notes"
    before = host.sql(text, database.alias)

    dry, _ = undo(database, ProductSeeder(), dry_run=True)
    undone, _ = undo(database, ProductSeeder())

    assert [one.by for one in dry.kept] == [one.by for one in undone.kept] == [by]
    assert (undone.exit_code, dry.records_deleted, undone.records_deleted) == (6, 9, 9)
    assert host.sql(text, database.alias) == before != ""
    assert host.sql("SELECT COUNT(*) FROM notes n JOIN shop_product p ON p.id = n.product_id", database.alias) == "1\n"


@pytest.mark.parametrize("title", ["declared by a partition", "to a partition", "of a partition to a partition"])
def test_a_row_that_refers_by_a_key_of_a_partition_since_the_plan_keeps_its_own(
    products: Callable[..., Database], title: str
) -> None:
    database = products("postgresql")
    run(database, ProductSeeder())
    for statement in PARTITIONS[title][0]:
        database.query(statement)

    def refer(event: object) -> None:
        if getattr(event, "operation", "") == "start" and "seeded rows of" in getattr(event, "message", ""):
            database.query("INSERT INTO notes SELECT 1, id, name FROM shop_product ORDER BY id LIMIT 1")

    undone, _ = undo(database, ProductSeeder(), listen=refer)

    assert (undone.exit_code, undone.records_deleted) == (6, 9)
    assert database.query("SELECT COUNT(*) FROM notes n JOIN shop_product p ON p.id = n.product_id") == [(1,)]


def test_a_key_of_a_partition_means_the_rows_of_that_partition_alone(products: Callable[..., Database]) -> None:
    database = products("postgresql")
    for statement in PARTITIONS["declared by a partition"][0]:
        database.query(statement)
    database.query("CREATE TABLE notes_2 PARTITION OF notes FOR VALUES FROM (9) TO (99)")
    run(database, ProductSeeder())
    database.query("INSERT INTO notes SELECT 10, id, name FROM shop_product")  # numbers of something else

    undone, _ = undo(database, ProductSeeder())

    assert (undone.exit_code, undone.records_deleted) == (0, 10)
    assert database.query("SELECT COUNT(*) FROM notes") == [(10,)]


def test_seeded_rows_that_refer_by_a_key_of_a_partition_go_with_what_they_refer_to(products: Callable[..., Database]) -> None:
    database = products(
        "postgresql",
        f"CREATE TABLE shop_product ({PRODUCTS['postgresql']})",
        "CREATE TABLE shop_review (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, author varchar(80) NOT NULL, "
        "stars smallint NOT NULL CONSTRAINT one_to_five_stars CHECK (stars >= 1 AND stars <= 5), text text NOT NULL, "
        "written_at timestamptz NOT NULL, product_id bigint NOT NULL) PARTITION BY RANGE (id)",
        "CREATE TABLE shop_review_1 PARTITION OF shop_review FOR VALUES FROM (0) TO (1000000)",
    )
    database.query("ALTER TABLE shop_review ADD CONSTRAINT whole FOREIGN KEY (product_id) REFERENCES shop_product (id)")
    seeded, _ = run(database, ProductSeeder(), ReviewSeeder())
    database.query("ALTER TABLE shop_review DROP CONSTRAINT whole")
    database.query("ALTER TABLE shop_review_1 ADD FOREIGN KEY (product_id) REFERENCES shop_product (id)")

    undone, _ = undo(database, ProductSeeder(), ReviewSeeder())

    assert (seeded.exit_code, undone.exit_code, undone.left) == (0, 0, 0)
    assert undone.records_deleted == seeded.records_inserted > 10
