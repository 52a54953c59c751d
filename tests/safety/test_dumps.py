"""A life of every command on a schema of awkward forms: by the server's own dump, no real row changes but for its masks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from seeding import api
from seeding.conf import CheckConfig, Environment, MaskingConfig
from seeding.generation.registry import Registry
from seeding.models import SeedRun
from tests.safety.personal_data import TABLES
from tests.servers import KINDS, Server
from tests.servers.postgresql import binaries
from tests.shop.conftest import INSTALLED
from tests.support.databases import AS_OF, Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
    from seeding.example.seeders.sales import CustomerSeeder, OrderLineSeeder, OrderSeeder

MARK, DAY = "zzreal", "1999-09-09"
"""One of them is in every real row, and in no seeded one."""
PEOPLE = """
    CREATE TABLE people (tenant {unsigned}, code char(8), email varchar(80), payload {json}, amount decimal(20, 4),
        twice decimal(21, 4) GENERATED ALWAYS AS (amount * 2) STORED, raw {bytes}, odd date, mark varchar(9) DEFAULT 'zzreal',
        boss_tenant {unsigned}, boss char(8), PRIMARY KEY (tenant, code),
        FOREIGN KEY (boss_tenant, boss) REFERENCES people (tenant, code) ON DELETE CASCADE)
"""
LETTERS = """
    CREATE TABLE letters (id bigint PRIMARY KEY, stock bigint, gone bigint, mark varchar(9) DEFAULT 'zzreal',
        FOREIGN KEY (stock) REFERENCES shop_product (id) ON DELETE CASCADE,
        FOREIGN KEY (gone) REFERENCES shop_product (id) ON DELETE SET NULL)
"""
FAR = """
    CREATE TABLE {far}.far (id bigint PRIMARY KEY, product_id bigint, mark varchar(9) DEFAULT 'zzreal',
        FOREIGN KEY (product_id) REFERENCES {here}.shop_product (id) ON DELETE CASCADE)
"""
ROWS = """
    INSERT INTO people (tenant, code, email, payload, amount, raw, odd, boss_tenant, boss) VALUES
        (4000000000, 'a', 'ann@corp.test', '{{"b": [1, 2.50], "a": null}}', 12345678901234.5678, {raw}, '{odd}', NULL, NULL),
        (1, 'b  ', 'bob@corp.test', NULL, -0.0001, NULL, NULL, 4000000000, 'a'),
        (1, 'c', NULL, '[]', 0, {raw}, '2000-02-29', 1, 'b');
    INSERT INTO shop_product (name, price) VALUES ('zzreal one', 5), ('zzreal Ünï''s', 0.01);
    INSERT INTO shop_customer (name, email, joined_at) VALUES ('Real Person', 'real@corp.test', '1999-09-09 01:02:03')
"""
REFERRING = """
    INSERT INTO letters (id, stock, gone) SELECT 1, MAX(id), MIN(id) FROM shop_product;
    INSERT INTO letters (id, stock, gone) SELECT 2, NULL, MAX(id) - 1 FROM shop_product;
    INSERT INTO {far}.far (id, product_id) SELECT 1, MAX(id) - 2 FROM shop_product;
    INSERT INTO shop_review (product_id, author, stars, text, written_at)
        SELECT MAX(id) - 3, 'zzreal', 5, '', '1999-09-09 00:00:00' FROM shop_product;
    INSERT INTO shop_order (customer_id, status, ordered_at, total)
        SELECT MAX(id), 'zzreal', '1999-09-09 00:00:00', 7 FROM shop_customer
"""
NOTED = {
    "mysql": """
        CREATE TRIGGER noted AFTER INSERT ON people FOR EACH ROW INSERT INTO log (said) VALUES (CONCAT('zzreal', NEW.code))
    """,
    "postgresql": """
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO log (said) VALUES ('zzreal' || NEW.code); RETURN NULL; END $$;
        CREATE TRIGGER noted AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION noted()
    """,
}
WORDS = {
    "mysql": {"unsigned": "int unsigned", "json": "json", "bytes": "varbinary(9)", "raw": "X'00FF27'", "odd": "0000-00-00"},
    "postgresql": {"unsigned": "bigint", "json": "jsonb", "bytes": "bytea", "raw": r"'\x00ff27'", "odd": "0044-03-15 BC"},
}
PARTITIONED = """
    ALTER TABLE letters RENAME TO letters_1;
    CREATE TABLE letters (LIKE letters_1 INCLUDING DEFAULTS, PRIMARY KEY (id)) PARTITION BY RANGE (id);
    ALTER TABLE letters ATTACH PARTITION letters_1 FOR VALUES FROM (0) TO (9)
"""


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(TABLES, "people", {"email": "email"})
    with override_settings(INSTALLED_APPS=["seeding", "seeding.example", "tests.safety"]):
        yield


@pytest.fixture(params=KINDS)
def life(
    request: pytest.FixtureRequest, running: Callable[[str], Server], make_database: Callable[..., Database]
) -> Iterator[tuple[Database, Server, str]]:
    """A database with real rows in all kinds of tables, its server, and the name of a second schema."""
    database, host = make_database(request.param, ready=False), running(request.param)
    for app in ("shop", "seeding"):
        call_command("migrate", app, database=database.alias, verbosity=0)
    kind = "postgresql" if request.param == "postgresql" else "mysql"
    far, here = ("far", "public") if kind == "postgresql" else (f"far_{database.alias}", database.alias)
    words = {**WORDS[kind], "far": far, "here": here}
    log = "CREATE TABLE log (said text)"
    view = "CREATE VIEW seen AS SELECT p.name, l.id FROM shop_product p JOIN letters l ON l.stock = p.id"
    shape = {"postgresql": PARTITIONED, "mariadb": "ALTER TABLE letters ADD SYSTEM VERSIONING"}.get(request.param, "")
    made = (one.format(**words) for one in (PEOPLE, LETTERS, f"CREATE SCHEMA {far}", FAR))
    host.sql(";".join((*made, *filter(None, (shape, log, view, NOTED[kind], ROWS.format(**words))))), database.alias)
    yield database, host, far
    if kind == "mysql":
        host.sql(f"DROP DATABASE {far}")


def dumped(host: Server, database: Database, far: str) -> list[str]:
    """The real rows, as the server's own program writes them: a statement for each."""
    if database.server == "postgresql":
        program = [str(binaries() / "pg_dump"), f"--host={host.folder}", "--username=postgres", "--data-only", "--inserts"]
        text = host.run([*program, database.alias])
    else:
        program = ["mariadb-dump", "--no-defaults", f"--socket={host.socket}", "--user=root", "--no-tablespaces", "--compact",
                   "--no-create-info", "--skip-extended-insert", "--skip-triggers", "--hex-blob", "--databases"]  # fmt: skip
        text = host.run([*program, database.alias, far])
    lines = [one for one in text.splitlines() if one.startswith("INSERT INTO") and (MARK in one or DAY in one)]
    return sorted(lines)


def without_personal(rows: list[str]) -> list[str]:
    """The rows, without the values that masking was asked to change."""
    found = []
    for row in rows:
        if "people" in row:
            row = re.sub(r"'[^' ]+@[^' ]+'", "EMAIL", row)  # noqa: PLW2901
        elif "shop_customer" in row:
            row = re.sub(rf"'(?!{DAY})[^']*'", "PERSONAL", row)  # noqa: PLW2901
        found.append(row)
    return sorted(found)


def test_no_real_row_changes_but_for_its_masks(life: tuple[Database, Server, str]) -> None:
    database, host, far = life
    seeders = (ProductSeeder(), ReviewSeeder(), CustomerSeeder(), OrderSeeder(), OrderLineSeeder())
    registry = Registry(seeders)

    def masked(**options: Any) -> Any:
        config = MaskingConfig(
            database=database.alias, environment=Environment.DEV, key="ab" * 32, force=True, today=AS_OF,
            tables=("people", "shop_customer"), **options,
        )  # fmt: skip
        return api.mask(config, registry=registry)

    first = dumped(host, database, far)
    assert run(database, *seeders, dry_run=True)[0].exit_code == 0
    assert run(database, *seeders)[0].exit_code == 0
    assert dumped(host, database, far) == first
    assert len(first) == 3 + 3 + 2 + 1  # people, the log of them, products, a customer

    host.sql(REFERRING.format(far=far), database.alias)
    before = dumped(host, database, far)
    assert len(before) == len(first) + 5
    assert run(database, *seeders, scale=3)[0].exit_code == 0
    grown = SeedRun.objects.using(database.alias).filter(command="seed").latest("pk").pk
    report = api.check(CheckConfig(database=database.alias, checks=("schema", "references")), registry=registry)
    assert (report.broken, report.refused) == (False, False)
    assert masked(dry_run=True).exit_code == 0
    assert dumped(host, database, far) == before

    assert masked().exit_code == 0
    after = dumped(host, database, far)
    assert without_personal(after) == without_personal(before)
    assert "corp.test" in "".join(before)
    assert "corp.test" not in "".join(after)

    database.query("UPDATE shop_review SET stars = 6 - stars WHERE author <> 'zzreal'")
    rollbacks: tuple[tuple[dict[str, Any], bool], ...] = (
        ({"dry_run": True}, False),
        ({"run": grown, "keep_modified": True}, True),
        ({"run": grown, "cascade": True}, True),
        ({"tables": ("shop_review",)}, True),
        ({}, True),
    )
    for options, deletes in rollbacks:
        undone, _ = undo(database, *seeders, **options)
        assert undone.exit_code in (0, 6), options
        assert bool(undone.records_deleted) or not deletes, options
        assert dumped(host, database, far) == after, options

    assert undone.exit_code == 6  # what real rows refer to stays
    assert host.sql("SELECT COUNT(*) FROM shop_product", database.alias) == "6\n"  # two real ones, and four by three tables
    assert host.sql("SELECT COUNT(*) FROM shop_order", database.alias) == "1\n"
