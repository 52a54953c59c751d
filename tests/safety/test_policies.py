"""Row-level security: a query that a policy would filter is an error, whichever table it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from seeding import api
from seeding.conf import Environment, MaskingConfig, RollbackConfig, SeedConfig
from seeding.db.redaction import error_text
from seeding.db.row_security import every_row
from seeding.exceptions import SchemaError
from seeding.generation.registry import Registry
from seeding.locks import seeding_lock
from seeding.masking.in_place import InPlaceMasking
from seeding.masking.masker import STRATEGIES
from seeding.orchestration.orchestrator import SeedOrchestrator
from seeding.rollbacks.manager import RollbackManager
from seeding.telemetry.events import Event
from seeding.web.table_counts import count_rows, table_counts
from tests.servers import Server
from tests.shop.conftest import INSTALLED
from tests.support.databases import AS_OF, Database

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder

NOTES = (
    "CREATE TABLE notes (id bigint PRIMARY KEY, product_id bigint NOT NULL, "
    "FOREIGN KEY (product_id) REFERENCES shop_product (id) ON DELETE CASCADE)"
)
HIDDEN = ("ALTER TABLE {} ENABLE ROW LEVEL SECURITY", "ALTER TABLE {} FORCE ROW LEVEL SECURITY")


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.fixture
def owned(products: Callable[..., Database]) -> Database:
    """A database whose tables belong to a role for which policies count; the settings make every session that role."""
    database = products("postgresql")
    role = f"{database.alias}_owner"
    database.query(NOTES)
    database.query(f"CREATE ROLE {role}")
    database.query(f"GRANT ALL ON SCHEMA public TO {role}")
    for (table,) in database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        database.query(f"ALTER TABLE {table} OWNER TO {role}")
    connections[database.alias].close()
    options = connections[database.alias].settings_dict["OPTIONS"]
    options["options"] = f"{options.get('options', '')} -c role={role}".strip()
    return database


def hide(database: Database, table: str) -> None:
    for statement in HIDDEN:
        database.query(statement.format(table))


def seed(database: Database, tell: Callable[[Event], None] = lambda _: None) -> Any:
    config = SeedConfig(database=database.alias, environment=Environment.DEV, today=AS_OF)
    return api.seed(config, registry=Registry([ProductSeeder()]), tell=tell)


def rollback(database: Database, tell: Callable[[Event], None] = lambda _: None) -> Any:
    config = RollbackConfig(database=database.alias, environment=Environment.DEV, force=True)
    return api.rollback(config, registry=Registry([ProductSeeder()]), tell=tell)


def test_a_row_that_a_policy_hides_since_the_plan_keeps_what_it_refers_to(
    running: Callable[[str], Server], owned: Database
) -> None:
    assert seed(owned).exit_code == 0
    owned.query("INSERT INTO notes SELECT 1, MIN(id) FROM shop_product")
    text = "SELECT * FROM notes ORDER BY id; SELECT id, name FROM shop_product ORDER BY id"
    before = running("postgresql").sql(text, owned.alias)

    def hide_notes(event: Event) -> None:
        if event.operation == "start":
            hide(owned, "notes")

    undone = rollback(owned, hide_notes)

    assert undone.exit_code == 6
    assert undone.records_deleted == 0
    assert running("postgresql").sql(text, owned.alias) == before
    assert 'row-level security policy for table "notes"' in " ".join(one.error for one in undone.results)


def test_rows_that_a_policy_hides_during_the_run_are_not_written(running: Callable[[str], Server], owned: Database) -> None:
    def hide_products(event: Event) -> None:
        if event.operation == "choose":
            hide(owned, "shop_product")
            owned.query("CREATE POLICY written ON shop_product USING (id % 2 = 0) WITH CHECK (true)")

    summary = seed(owned, hide_products)

    assert summary.exit_code != 0
    assert "use an account that bypasses it (BYPASSRLS)" in summary.results[0].error
    assert running("postgresql").sql("SELECT COUNT(*) FROM shop_product", owned.alias) == "0\n"
    assert running("postgresql").sql("SELECT COUNT(*) FROM seeding_metadata", owned.alias) == "0\n"


@pytest.mark.parametrize("table", ["shop_product", "notes"])
def test_a_role_of_the_settings_is_refused_beforehand(running: Callable[[str], Server], owned: Database, table: str) -> None:
    seed(owned)
    hide(owned, table)

    with pytest.raises(SchemaError, match=r"row-level security.*use an account that bypasses it \(BYPASSRLS\)"):
        rollback(owned)

    assert running("postgresql").sql("SELECT COUNT(*) FROM shop_product", owned.alias) == "10\n"


@pytest.mark.parametrize("way", ["the table", "a view that asks as its caller", "a view that asks as its owner"])
def test_what_a_policy_hides_is_an_error_and_no_empty_answer(owned: Database, way: str) -> None:
    owned.query("CREATE VIEW as_caller WITH (security_invoker, security_barrier) AS SELECT * FROM notes")
    owned.query("CREATE VIEW as_owner WITH (security_barrier) AS SELECT * FROM notes")
    hide(owned, "notes")
    name = {"the table": "notes", "a view that asks as its caller": "as_caller"}.get(way, "as_owner")
    count = f"SELECT COUNT(*) FROM {name}"  # noqa: S608 - a constant

    with every_row(owned.alias), pytest.raises(DatabaseError, match='policy for table "notes"') as error:
        owned.query(count)

    assert error_text(error.value).endswith("use an account that bypasses it (BYPASSRLS).")
    assert owned.query(count) == [(0,)]  # the application's connection is as it was


@pytest.mark.parametrize("job", ["orchestrator", "forecast", "manager", "masking"])
def test_what_is_called_directly_is_told_too(owned: Database, job: str) -> None:
    seed(owned)
    found: list[str] = []

    def look(event: Event) -> None:
        found.extend(value for (value,) in owned.query("SHOW row_security"))

    options: dict[str, Any] = {"database": owned.alias, "environment": Environment.DEV}
    registry = Registry([ProductSeeder()])
    if job == "manager":
        RollbackManager(RollbackConfig(**options, force=True), registry, tell=look, ask=input).rollback()
    elif job == "masking":
        masking = MaskingConfig(**options, key="ab" * 32, force=True, today=AS_OF, tables=("shop_product",))
        InPlaceMasking(masking, registry, STRATEGIES, tell=look, ask=input).run()
    else:
        seeding = SeedConfig(**options, today=AS_OF, scale=2)
        orchestrator = SeedOrchestrator(seeding, registry, tell=look, ask=input, missing_table_help="")
        assert job == "forecast" or orchestrator.run()
        hide(owned, "seeding_metadata")
        with pytest.raises(DatabaseError, match='policy for table "seeding_metadata"'):
            orchestrator.forecast()
        found.append("off")

    assert set(found) == {"off"}
    assert owned.query("SHOW row_security") == [("on",)]


@pytest.mark.parametrize("option", ["--lock", "--claim-environment=staging"])
def test_the_status_of_a_lock_and_a_claim_are_not_told_from_a_part_of_the_ledger(owned: Database, option: str) -> None:
    seed(owned)
    hide(owned, "seeding_run")

    held = seeding_lock(owned.alias).held(0) if option == "--lock" else nullcontext()
    with held, pytest.raises(CommandError, match='policy for table "seeding_run"'):
        call_command("seed_status", option, f"--confirm-database={owned.alias}", database=owned.alias, stdout=StringIO())


def test_the_admin_counts_no_rows_of_which_some_are_hidden(owned: Database) -> None:
    seed(owned)
    hide(owned, "notes")

    assert count_rows(owned.alias, ["notes", "shop_product"]) == {"notes": None, "shop_product": 10}
    hide(owned, "shop_product")
    (one,) = table_counts(owned.alias)
    assert (one.hidden, one.total) == (True, None)
    assert owned.query("SHOW row_security") == [("on",)]


def test_every_connection_counts_that_is_opened_meanwhile(owned: Database) -> None:
    with every_row(owned.alias):
        with every_row(owned.alias):
            connections[owned.alias].close()
        assert owned.query("SHOW row_security") == [("off",)]
        connections[owned.alias].close()
        assert owned.query("SHOW row_security") == [("off",)]
    assert owned.query("SHOW row_security") == [("on",)]
    connections[owned.alias].close()
    assert owned.query("SHOW row_security") == [("on",)]


@pytest.mark.parametrize("tables", [("shop_product",), ()])
@pytest.mark.parametrize("table", ["shop_product", "notes"])
def test_tables_whose_rows_masking_cannot_look_at_are_named_beforehand(
    owned: Database, table: str, tables: tuple[str, ...]
) -> None:
    hide(owned, table)
    config = MaskingConfig(
        database=owned.alias, environment=Environment.DEV, key="ab" * 32, force=True, today=AS_OF, tables=tables
    )

    summary = InPlaceMasking(config, Registry([ProductSeeder()]), STRATEGIES, tell=lambda _: None, ask=input).run()

    told = [one.error for one in summary.results]
    is_looked_at = table in tables or not tables
    assert (
        told
        == [f"{table} hides rows from this account by row-level security; use an account that bypasses it (BYPASSRLS)."]
        * is_looked_at
    )
    assert summary.exit_code == 3 * is_looked_at
