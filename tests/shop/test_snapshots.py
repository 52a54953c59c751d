"""A snapshot is restored as it was, here and on another server, and touches no real row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from seeding import api
from seeding.conf import SnapshotConfig, VerifyConfig
from seeding.exceptions import ConfigurationError, RefusedError
from seeding.models import SeedSnapshot
from seeding.snapshots import saving
from seeding.snapshots.manager import SnapshotManager
from tests.shop.conftest import INSTALLED
from tests.shop.test_reset import held, of, reset
from tests.support.databases import Database

with INSTALLED:
    from seeding.example.models import Customer, Order, OrderLine, Product, Review


def snapshots(database: Database, **options: Any) -> SnapshotManager:
    """Those of the database, without a question."""
    return api.snapshots(SnapshotConfig(database=database.alias, **{"force": True, **options}))


def worked_on(database: Database) -> None:
    """Seed, then edit, delete, and let rows refer to others."""
    database.seed()
    of(database, Customer, 3).update(name="Edited")
    of(database, Order, 4).update(customer=of(database, Customer, 9).get(), status="returned")
    of(database, OrderLine, 8).delete()
    of(database, Product, 2).update(price="1.50", stars=None)
    of(database, Review, 0).update(written_at="2026-02-03T04:05:06Z")


def seen(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All rows, but for what follows from others."""
    rows = held(database)
    return {**rows, "shop_order": [{**one, "total": None} for one in rows["shop_order"]]}


@pytest.fixture
def other(make_database: Callable[..., Database]) -> Callable[[str], Database]:
    """Another empty database of the shop."""

    def made(server: str) -> Database:
        database = make_database(server, ready=False)
        call_command("migrate", database=database.alias, verbosity=0)
        return database

    return made


def test_what_was_saved_is_restored_and_real_rows_stay(shop: Database) -> None:
    worked_on(shop)
    before = seen(shop)
    saved = snapshots(shop).save("before")
    of(shop, Customer, 3).update(name="Again")
    Review.objects.using(shop.alias).filter(product=of(shop, Product, 1).get()).delete()
    real = Product.objects.using(shop.alias).create(name="Real", price=1)
    reset(shop, tables=("shop_orderline",))  # the line is there again that was missing
    shop.seed(size="medium")

    foreseen = snapshots(shop, dry_run=True).restore("before")
    summary = snapshots(shop).restore("before")

    assert (saved.rows, saved.edited, saved.missing, saved.not_held) == (300, 4, 1, {})
    assert (foreseen.rolled_back, summary.rolled_back, summary.exit_code) == (2_701, 2_701, 0)
    assert (summary.kept, summary.unlike, summary.not_compared) == ((), (), ())
    after = seen(shop)
    assert [one["id"] for one in after["shop_product"] if one not in before["shop_product"]] == [real.pk]
    assert {**after, "shop_product": [one for one in after["shop_product"] if one["id"] != real.pk]} == before
    again = snapshots(shop).restore("before")
    assert (again.seeded, again.rolled_back, again.exit_code) == (0, 0, 0)
    assert {**seen(shop), "shop_product": before["shop_product"]} == before


def test_a_table_whose_rows_were_all_deleted_has_none_again(shop: Database) -> None:
    shop.seed()
    OrderLine.objects.using(shop.alias).all().delete()
    snapshots(shop).save("without")
    reset(shop, tables=("shop_orderline",))
    before = seen(shop)

    summaries = [snapshots(shop).restore("without") for _ in range(3)]

    assert before["shop_orderline"] != []
    assert seen(shop) == {**before, "shop_orderline": []}
    assert [(one.exit_code, one.unlike, one.kept) for one in summaries] == [(0, (), ())] * 3


@pytest.mark.parametrize("server", ["mysql", "postgresql"])
def test_what_was_saved_on_one_server_is_restored_on_another(
    shop: Database, other: Callable[[str], Database], server: str, tmp_path: Path
) -> None:
    worked_on(shop)
    of(shop, Customer, 3).update(name=of(shop, Customer, 3).get().name)
    saved = snapshots(shop).save("before")
    snapshots(shop).export("before", tmp_path / "before.json")
    elsewhere = other(server)

    imported = snapshots(elsewhere).import_(tmp_path / "before.json")
    summary = snapshots(elsewhere).restore("before")

    assert imported.not_held == {"values of classified columns, which are not exported": 1}
    assert (summary.seeded, summary.exit_code, summary.not_compared) == (300, 0, ("shop_customer",))
    report = api.verify(VerifyConfig(database=elsewhere.alias))
    there = api.verify(VerifyConfig(database=shop.alias))
    unlike = {one.table for one, same in zip(report.tables, there.tables, strict=True) if one.fingerprint != same.fingerprint}
    assert (unlike, saved.fingerprint) == ({"shop_customer"}, there.fingerprint)
    assert "Edited" not in (tmp_path / "before.json").read_text()


def test_what_it_cannot_hold_it_says(shop: Database) -> None:
    shop.seed()
    real = Customer.objects.using(shop.alias).create(name="Real", email="real@example.org", joined_at="2026-01-01T00:00Z")
    of(shop, Order, 4).update(customer=real)
    of(shop, Order, 5).update(status="returned")

    saved = snapshots(shop).save("before")
    of(shop, Order, 5).update(status="paid")
    summary = snapshots(shop).restore("before")

    words = "references of shop_order.customer_id to rows that were not seeded"
    assert (saved.not_held, saved.fingerprint) == ({words: 1}, "")
    assert (summary.not_held, summary.not_compared, summary.exit_code) == ({words: 1}, ("shop_order",), 0)
    assert of(shop, Order, 5).get().status == "returned"


def test_rows_that_real_ones_need_stay_and_are_told(shop: Database) -> None:
    shop.seed()
    snapshots(shop).save("before")
    shop.seed(size="medium")
    grown = of(shop, Customer, 100).get()
    order = Order.objects.using(shop.alias).create(customer=grown, status="paid", ordered_at="2026-01-01T00:00Z")

    summary = snapshots(shop).restore("before")

    assert (summary.exit_code, len(summary.kept), "shop_customer" in summary.kept[0]) == (5, 1, True)
    assert Order.objects.using(shop.alias).filter(pk=order.pk, customer=grown.pk).exists()


def test_masking_leaves_no_personal_value_in_a_snapshot(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_on(shop)
    snapshots(shop).save("before")
    monkeypatch.setenv("SEEDING_MASKING_KEY", "ab" * 32)
    kept = SeedSnapshot.objects.using(shop.alias)
    assert "Edited" in kept.get().whole

    call_command("seed_mask", database=shop.alias, force=True, verbosity=0)

    assert (kept.get().whole, "Edited" in kept.get().document) == ("", False)


def changed(document: str, **values: Any) -> str:
    """The document with other values, and the digest of before."""
    return json.dumps({**json.loads(document), **values})


def test_files_that_are_none_of_ours_are_refused_and_nothing_is_kept(shop: Database, tmp_path: Path) -> None:
    worked_on(shop)
    snapshots(shop).save("before")
    file = tmp_path / "other.json"
    snapshots(shop).export("before", file)
    text = file.read_text()
    told = json.loads(text)
    (part, *_) = told["parts"]
    for document, words in (
        ("{", "is not JSON"),
        ("[]", "is not of type 'object'"),
        (changed(text, seed=7), "was changed after it was exported"),
        (changed(text, snapshot=2), "is a snapshot of version 2; this release reads 1"),
        (changed(text, extra=1), "Additional properties are not allowed"),
        (changed(text, parts=[{**part, "rows": [[-1, 5]]}]), "-1 is less than the minimum of 0"),
        ("x" * 8_000_001, "is larger than 8,000,000 bytes"),
    ):
        file.write_text(document)
        with pytest.raises(ConfigurationError, match=words.replace("(", "\\(")):
            snapshots(shop).import_(file)
    assert [one.name for one in snapshots(shop).all()] == ["before"]
    with pytest.raises(ConfigurationError, match="exists already"):
        snapshots(shop).export("before", file)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("seeder_name", "OtherSeeder", "this project has no OtherSeeder of shop_review"),
        ("generator_version", "1.9", "ReviewSeeder made version 1.9, and makes"),
    ],
)
def test_snapshots_of_other_seeders_are_refused_and_nothing_is_touched(
    shop: Database, column: str, value: str, words: str
) -> None:
    worked_on(shop)
    snapshots(shop).save("before")
    found = SeedSnapshot.objects.using(shop.alias).get()
    old, name = ("ReviewSeeder", "seeder") if column == "seeder_name" else (None, "version")
    told = json.loads(found.whole)
    for part in told["parts"]:
        if part["table"] == "shop_review":
            assert old in (None, part[name])
            part[name] = value
    from seeding.snapshots.document import _digest

    told["digest"] = _digest({key: one for key, one in told.items() if key != "digest"})
    SeedSnapshot.objects.using(shop.alias).update(whole=json.dumps(told))
    before = held(shop)

    with pytest.raises(ConfigurationError, match=words):
        snapshots(shop).restore("before")
    assert held(shop) == before


def test_another_dataset_and_production_are_refused(shop: Database, other: Callable[[str], Database], tmp_path: Path) -> None:
    shop.seed()
    snapshots(shop).save("before")
    snapshots(shop).export("before", tmp_path / "before.json")
    elsewhere = other("sqlite")
    call_command("seed", database=elsewhere.alias, seed=7, verbosity=0)
    before = held(elsewhere)
    snapshots(elsewhere).import_(tmp_path / "before.json", "imported")

    with pytest.raises(ConfigurationError, match=r"holds rows of another dataset .* Nothing was changed"):
        snapshots(elsewhere).restore("imported")
    with pytest.raises(RefusedError, match="there is no terminal"):
        snapshots(shop, force=False).restore("before")
    with pytest.raises(ConfigurationError, match=r"There is no snapshot 'befor'\. Did you mean before"):
        snapshots(shop).restore("befor")
    assert held(elsewhere) == before


def test_the_command(shop: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str, **options: Any) -> str:
        capsys.readouterr()
        call_command("seed_snapshot", *arguments, database=shop.alias, force=True, **options)
        return " ".join(capsys.readouterr().out.split())

    with pytest.raises(CommandError, match="there is nothing that a snapshot could hold"):
        said("save", "before")
    worked_on(shop)
    assert said("list") == "There are no snapshots."
    assert said("save", "before").startswith("before saved: 300 rows, among them 4 edited and 1 missing ones, in ")
    assert "shop_customer 20, shop_order 60" in said("show", "before")
    assert "300 4 1" in said("list")
    assert "before: 0 would be seeded, 4 would be edited as they were, 0 would be rolled back" in said(
        "restore", "before", dry_run=True
    )
    assert "Its fingerprint is that of the snapshot." in said("restore", "before")
    assert "before exported" in said("export", "before", str(tmp_path / "b.json"))
    assert "It does not hold 1 values of classified columns" in said("import", str(tmp_path / "b.json"), "other")
    assert json.loads(said("list", json=True))["snapshots"][1]["name"] == "other"
    assert "other deleted" in said("delete", "other")
    for arguments, words in (
        (("save",), "Write: seed_snapshot save NAME"),
        (("export", "before"), "Write: seed_snapshot export NAME FILE"),
        (("save", "a/b"), "cannot be a snapshot's name"),
        (("save", "before"), "There is a snapshot 'before' already"),
        (("import", str(tmp_path / "none.json")), "cannot be read: No such file"),
    ):
        with pytest.raises(CommandError, match=words):
            said(*arguments)


def test_too_many_differences_are_no_snapshot(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_on(shop)
    monkeypatch.setattr(saving, "MOST_CELLS", 4)

    with pytest.raises(ConfigurationError, match="More than 4 values differ from what was seeded"):
        snapshots(shop).save("before")
    assert list(snapshots(shop).all()) == []
