"""`seed_rollback` in one process against real databases: what goes, what it leaves, and how it is written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from seeding.generation.registry import Registry
from seeding.ledger.queries import CLAIM
from seeding.ledger.recorder import Recorder
from seeding.models import SeedingMetadata, SeedRun
from seeding.rollbacks.deletion import Deleter, Deletion
from seeding.rollbacks.plan import RollbackPlan
from terpseed.models import (
    Account,
    Client,
    PricingDefault,
    ProductImage,
)
from tests.support.databases import AS_OF, SERVERS, Database
from tests.support.rollbacks import own_user, real_order, rows
from tests.support.rows import business_data, everything, ledgered_keys, real_rows

TABLES = sorted(Registry.discover().by_table)
SUMMED = ("records_deleted", "records_gone", "records_kept", "records_failed")


@pytest.mark.parametrize("size", ["small", "medium"])
def test_everything_seeded_goes_and_all_else_stays(database: Database, size: str) -> None:
    real_rows(database)
    before = everything(database)
    seeded = database.seed(size=size)

    summary = database.rollback()

    assert everything(database) == before
    assert summary["exit_code"] == 0
    assert (summary["records_deleted"], summary["left"]) == (seeded["records_inserted"], 0)
    assert summary["modified"] == summary["kept"] == summary["uncompared"] == []


def test_afterwards_seeding_gives_the_same_business(seeded: Database) -> None:
    before = business_data(seeded)
    seeded.rollback()

    seeded.seed()

    assert business_data(seeded) == before


def test_afterwards_another_dataset_may_be_seeded(sqlite: Database) -> None:
    sqlite.seed(table="clients", seed=1)
    sqlite.rollback()

    assert sqlite.seed(table="clients", seed=2)["exit_code"] == 0


def test_what_was_adopted_stays(database: Database) -> None:
    mine = PricingDefault.objects.using(database.alias).create(product_category="Flower", default_margin_percent=12)
    database.seed()

    database.rollback()

    assert list(rows(PricingDefault, database)) == [mine]


@pytest.mark.sampled
@pytest.mark.parametrize("table", [None, "clients", "orders", "inventory"])
def test_a_dry_run_shows_the_counts_and_changes_nothing(database: Database, table: str | None) -> None:
    user = own_user(database)
    database.seed()
    real_order(database, min(ledgered_keys(database, "clients")), user)
    rows(Client, database).filter(pk=max(ledgered_keys(database, "clients"))).update(name="Renamed")
    rows(ProductImage, database).filter(pk=max(ledgered_keys(database, "product_images"))).delete()
    before = everything(database)

    rehearsed = database.rollback(dry_run=True, table=table, cascade=True)

    assert everything(database) == before
    assert SeedRun.objects.using(database.alias).count() == 1
    done = database.rollback(table=table, cascade=True)
    for counted in (rehearsed, done):
        for result in counted["results"]:
            del result["duration"]
    assert rehearsed["results"] == done["results"]
    assert (rehearsed["kept"], rehearsed["modified"]) == (done["kept"], done["modified"])


def test_the_counts_add_up(database: Database) -> None:
    user = own_user(database)
    database.seed()
    real_order(database, min(ledgered_keys(database, "clients")), user)
    rows(ProductImage, database).filter(pk=max(ledgered_keys(database, "product_images"))).delete()

    summary = database.rollback()

    for result in summary["results"]:
        assert result["records_planned"] == sum(result[name] for name in SUMMED)
    assert summary["left"] == sum(result["records_kept"] for result in summary["results"]) > 0


def test_every_deleted_key_is_in_the_audit_log(seeded: Database, audit_file: Path) -> None:
    before = {table: ledgered_keys(seeded, table) for table in TABLES}

    summary = seeded.rollback()

    lines = [json.loads(line) for line in audit_file.read_text(encoding="utf-8").splitlines()]
    deleted: dict[str, set[int]] = {}
    for line in lines:
        keys = {key for first, last in line["keys"] for key in range(first, last + 1)}
        assert line["recordCount"] == len(keys)
        deleted.setdefault(line["table"], set()).update(keys)
    assert deleted == before
    assert {(line["operation"], line["run"], line["environment"]) for line in lines} == {("delete", summary["run"], "dev")}
    assert all(line["timestamp"] and line["user"] and line["host"] and line["database"] for line in lines)


def test_nothing_is_deleted_without_an_audit_log(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite.seed(table="strains")
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("SEEDING_AUDIT_FILE", str(tmp_path / "taken" / "audit.log"))

    with pytest.raises(CommandError, match=r"^The audit log cannot be written .*Set SEEDING_AUDIT_FILE\.$") as caught:
        sqlite.rollback()

    assert caught.value.returncode == 1
    assert len(sqlite.content("strains")) == 5


def test_nor_with_one_that_can_no_longer_be_written(sqlite: Database, audit_file: Path) -> None:
    sqlite.seed(table="strains")
    audit_file.symlink_to("/dev/full")  # can be opened, and holds nothing

    with pytest.raises(CommandError, match=r"^The audit log cannot be written \(\[Errno 28\].*Set SEEDING_AUDIT_FILE\.$"):
        sqlite.rollback()

    assert len(sqlite.content("strains")) == 5
    assert SeedRun.objects.using(sqlite.alias).latest("pk").state == "failed"


def test_nor_with_one_that_is_the_log(sqlite: Database, audit_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite.seed(table="strains")
    monkeypatch.setenv("SEEDING_LOG_FILE", str(audit_file.parent / "." / audit_file.name))

    with pytest.raises(CommandError, match="is the log's file, of which old lines go") as caught:
        sqlite.rollback()

    assert caught.value.returncode == 1
    assert len(ledgered_keys(sqlite, "strains")) == 5


def test_the_ledger_keeps_what_it_knew(sqlite: Database) -> None:
    sqlite.seed(table="strains")

    summary = sqlite.rollback()

    entry = SeedingMetadata.objects.using(sqlite.alias).get()
    run = SeedRun.objects.using(sqlite.alias).get(pk=summary["run"])
    assert (entry.live, entry.record_count, entry.rolled_back_in, entry.rolled_back_by) == (None, 5, run, run.user)
    assert entry.rolled_back_at is not None
    steps = [{"table": "strains", "rows": 5}]
    assert (run.command, run.state, run.exit_code, run.plan["steps"]) == ("seed_rollback", "succeeded", 0, steps)
    assert run.results[0]["records_deleted"] == 5


def test_nothing_to_do_is_no_error(sqlite: Database) -> None:
    out = StringIO()

    call_command("seed_rollback", database=sqlite.alias, force=True, stdout=out, stderr=StringIO())

    assert out.getvalue().startswith("Nothing to roll back in ")
    assert not SeedRun.objects.using(sqlite.alias).exists()


@pytest.mark.parametrize("meanwhile", [None, "seed_mask", CLAIM])
def test_after_an_interrupted_run_everything_is_derived_again(sqlite: Database, meanwhile: str | None) -> None:
    sqlite.seed()
    before = everything(sqlite)
    rows(Client, sqlite).update(total_owed=0)
    SeedRun.objects.using(sqlite.alias).update(state="running", results=[], finished_at=None)
    if meanwhile:
        ledger = Recorder(sqlite.alias)
        values = {"environment": "dev", "seed": 42, "as_of": AS_OF, "faker_version": ""}
        ledger.close_run(ledger.open_run(command=meanwhile, **values), SeedRun.State.SUCCEEDED, exit_code=0)

    sqlite.rollback(table="product_images")

    assert everything(sqlite)["clients"] == before["clients"]


@pytest.mark.parametrize("server", SERVERS)
def test_a_circle_comes_out_in_two_passes(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    database.seed(table="accounts")
    keys = sorted(ledgered_keys(database, "accounts"))
    quote = connections[database.alias].ops.quote_name
    if server == "sqlite":
        # The same table with the key declared: SQLite cannot add one.
        (declared,) = database.query("SELECT sql FROM sqlite_master WHERE name = 'accounts'")[0]
        database.query("ALTER TABLE accounts RENAME TO former")
        database.query(
            declared.rstrip().removesuffix(")")
            + ', FOREIGN KEY ("parentAccountId") REFERENCES accounts (id) ON DELETE RESTRICT)'
        )
        database.query("INSERT INTO accounts SELECT * FROM former")
        database.query("DROP TABLE former")
    else:
        key = f"FOREIGN KEY ({quote('parentAccountId')}) REFERENCES accounts (id) ON DELETE RESTRICT"
        database.query(f"ALTER TABLE accounts ADD {key}")
    for child, parent in zip(keys, [*keys[1:], keys[0]], strict=True):
        database.query(f"UPDATE accounts SET {quote('parentAccountId')} = %s WHERE id = %s", parent, child)  # noqa: S608

    summary = database.rollback()

    assert (summary["exit_code"], summary["left"]) == (0, 0)
    assert rows(Account, database).count() == 0


def test_nothing_dangles_at_any_moment(seeded: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.rollbacks.execution.ROWS_PER_TRANSACTION", 200)
    moments, delete = 0, Deleter.delete

    def watched(*arguments: Any) -> Deletion:
        nonlocal moments
        done = delete(*arguments)
        assert [str(verdict) for verdict in seeded.references() if verdict.broken] == []
        moments += 1
        return done

    monkeypatch.setattr(Deleter, "delete", watched)

    assert seeded.rollback()["left"] == 0
    assert moments > len(TABLES)


@pytest.mark.parametrize(("server", "table"), [*((one, "invoices") for one in SERVERS), ("sqlite", "orders")])
def test_seeding_completes_what_an_interrupted_rollback_has_left(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str, table: str
) -> None:
    seeded = make_database(server, seeded="small")
    before, delete = business_data(seeded), Deleter.delete

    def interrupted(deleter: Deleter, plan: RollbackPlan, at: str, *arguments: Any) -> Deletion:
        done = delete(deleter, plan, at, *arguments)
        if at == table:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(Deleter, "delete", interrupted)
    with pytest.raises(CommandError, match="Interrupted"):
        seeded.rollback()
    assert seeded.content(table) == []

    seeded.seed()

    assert business_data(seeded) == before
