"""Keys that no server counts, by the server's own dump: seeded, grown, stopped, rolled back, with real rows among them."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable
from functools import partial
from signal import SIGKILL
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.models import F

from seeding import Derivation
from seeding.exceptions import SchemaError
from seeding.models import SeedingMetadata
from tests.integration.keys.stages import INSTALLED, Stage, ok
from tests.support.databases import ROOT
from tests.support.processes import plain_environment
from tests.support.runs import run as run_at_once
from tests.support.runs import undo

with INSTALLED:
    from tests.integration.keys.models import Bay, Country, Courier, Customer, Depot, Line, Parcel, Profile, Remark
    from tests.integration.keys.seeders import every, people

run = partial(run_at_once, batch_size=7)
JOINS = {
    "depot": "SELECT d.slug, c.code FROM traits_depot d JOIN traits_country c ON c.code = d.country_id",
    "inspection": "SELECT d.slug, i.grade FROM traits_inspection i JOIN traits_depot d ON d.id = i.depot_id",
    "customer": "SELECT u.email, c.name FROM traits_customer u LEFT JOIN traits_country c ON c.code = u.country_id",
    "link": """
        SELECT u.email, d.slug FROM traits_customer_depots l
        JOIN traits_customer u ON u.id = l.customer_id JOIN traits_depot d ON d.id = l.depot_id
    """,
    "wholesaler": "SELECT w.licence, u.email FROM traits_wholesaler w JOIN traits_customer u ON u.id = w.customer_ptr_id",
    "chain": """
        SELECT c.shops, w.licence FROM traits_chain c JOIN traits_wholesaler w ON w.customer_ptr_id = c.wholesaler_ptr_id
    """,
    "profile": "SELECT p.bio, u.email FROM traits_profile p JOIN traits_customer u ON u.id = p.customer_id",
    "bay": "SELECT b.number, d.slug FROM traits_bay b JOIN traits_depot d ON d.slug = b.depot_id",
    "parcel": """
        SELECT p.grams, f.grams, d.slug, b.number, o.bio FROM traits_parcel p
        JOIN traits_depot d ON d.id = p.depot_id JOIN traits_profile o ON o.customer_id = p.profile_id
        LEFT JOIN traits_parcel f ON f.id = p.first_id LEFT JOIN traits_bay b ON b.number = p.bay_id
    """,
    "line": "SELECT l.words, p.grams, l.place FROM traits_line l JOIN traits_parcel p ON p.id = l.parcel_id",
}
"""Table → its rows by the values of those that they refer to."""
MEANT: dict[str, tuple[int, Callable[[int], tuple[Any, ...]]]] = {
    "depot": (9, lambda n: (f"depot-{n}", f"Ö{n % 5}")),
    "inspection": (8, lambda n: (f"depot-{n}", n % 4)),
    "customer": (30, lambda n: (f"{n}@seed.test", None if n % 6 == 5 else f"Country {n % 6}")),
    "link": (20, lambda n: (f"{n}@seed.test", f"depot-{n % 7}")),
    "wholesaler": (12, lambda n: (f"L{n}", f"{2 * n}@seed.test")),
    "chain": (4, lambda n: (n % 9, f"L{3 * n}")),
    "profile": (20, lambda n: (f"Bio {n}", f"{n + 1}@seed.test")),
    "bay": (11, lambda n: (7_000 + 13 * n, f"depot-{n % 7}")),
    "parcel": (
        40,
        lambda n: (
            100 * n, 100 * (n - n % 4) if n % 4 else None, f"depot-{n % 9}", None if n % 11 == 10 else 7_000 + 13 * (n % 11),
            f"Bio {n % 8}",
        ),
    ),
    "line": (100, lambda n: (f"Line {n}", 100 * (n // 3), n % 3 + 1)),
}  # fmt: skip
"""Table → how many rows, and what row n is meant to say."""


def require_meant(stage: Stage, share: int = 1) -> None:
    for table, (count, meant) in MEANT.items():
        found = stage.database.query(JOINS[table])
        assert sorted(map(repr, found)) == sorted(repr(meant(n)) for n in range(count * share)), table


def test_rows_are_what_they_are_meant_to_be_and_go_without_a_trace(stage: Stage) -> None:
    Country(code="xx", name="Real").save(using=stage.database.alias)
    before = stage.dump()
    ok(run(stage.database, *every().values(), dry_run=True)[0])
    assert stage.dump() == before

    ok(run(stage.database, *every().values())[0])
    require_meant(stage)
    small = stage.dump()
    again, _ = run(stage.database, *every().values())
    assert (again.exit_code, again.records_inserted, stage.dump()) == (0, 0, small)
    ok(run(stage.database, *every(3).values())[0])
    require_meant(stage, 3)
    assert set(small) <= set(stage.dump())
    assert {str(one) for one in stage.of(Parcel).values_list("updated_at", flat=True)} == {"2026-01-01 00:00:00+00:00"}

    ok(undo(stage.database)[0])  # the ledger suffices: no seeder is known here
    assert stage.dump() == before


def test_a_run_that_was_stopped_goes_on_where_it_stopped(stage: Stage) -> None:
    def stop(event: Any) -> None:
        if event.operation == "insert" and event.seeder in stops and event.context.get("done", 0) >= 14:
            stops.remove(event.seeder)
            raise KeyboardInterrupt

    stops = ["Depots", "Parcels", "Lines"]
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            run(stage.database, *every(2).values(), listen=stop)
    ok(run(stage.database, *every(2).values())[0])

    require_meant(stage, 2)
    batches = SeedingMetadata.objects.using(stage.database.alias).live().filter(seeder_name="Parcels")
    assert sorted(index for batch in batches for index in batch.key_map.pairs()[0].tolist()) == list(range(80))


def test_a_run_that_was_killed_goes_on_where_it_stopped(stage: Stage) -> None:
    database = stage.database
    for seeder in ("Depots", "Parcels"):
        command = [sys.executable, "-m", "tests.integration.keys.killed", database.alias, database.server, database.url, seeder]
        died = subprocess.run(command, env=plain_environment(), cwd=ROOT, capture_output=True, text=True, check=False)
        assert died.returncode == -SIGKILL, died.stderr
    ok(run(database, *every(2).values(), lock_timeout=30)[0])

    require_meant(stage, 2)
    ok(undo(database)[0])
    assert not any(stage.database.query(JOINS[table]) for table in MEANT)


def test_rows_whose_key_column_was_renamed_are_neither_added_to_nor_rolled_back(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    stage.database.query("ALTER TABLE traits_line RENAME COLUMN place TO position")
    before = stage.dump()

    with pytest.raises(SchemaError, match="traits_line"):
        run(stage.database, *every(2).values())
    with pytest.raises(SchemaError, match="traits_line"):
        undo(stage.database)

    assert stage.dump() == before
    stage.database.query("ALTER TABLE traits_line RENAME COLUMN position TO place")
    ok(run(stage.database, *every(2).values())[0])
    require_meant(stage, 2)


def test_real_rows_stay_with_all_that_they_need(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    alias = stage.database.alias
    depot, parcel = stage.of(Depot).get(slug="depot-8"), stage.of(Parcel).get(grams=3_900)
    Customer(email="real@corp.test", country_id="Ö4").save(using=alias)
    Parcel(depot=depot, profile=stage.of(Profile).get(bio="Bio 7"), grams=1, first=parcel).save(using=alias)
    Line(parcel=stage.of(Parcel).get(grams=3_800), place=77, words="real").save(using=alias)
    kind = ContentType.objects.db_manager(alias).get_for_model(Parcel)
    Remark(content_type=kind, object_id=str(stage.of(Parcel).get(grams=3_700).pk)).save(using=alias)
    Remark(content_type=kind, object_id=stage.of(Parcel).get(grams=3_600).pk.hex.upper()).save(using=alias)
    before = stage.dump()

    summary, _ = undo(stage.database, *every().values())

    assert [one.error for one in summary.results] == [""] * len(summary.results)
    assert {one.by for one in summary.kept if one.by} == {
        "traits_customer.country_id", "traits_line.parcel_id", "traits_parcel.depot_id", "traits_parcel.first_id",
        "traits_parcel.profile_id", "traits_remark.object_id",
    }  # fmt: skip
    assert summary.exit_code == 6
    kept = {grams for (grams,) in stage.database.query("SELECT grams FROM traits_parcel")}
    assert {1, 3_900, 3_800, 3_700, 3_600} <= kept <= {1, *range(3_600, 4_000, 100)}
    after = stage.dump()
    assert set(after) <= set(before)
    assert [one for one in before if "real" in one] == [one for one in after if "real" in one]
    assert stage.of(Depot).filter(slug="depot-8").exists()
    assert not stage.of(Depot).filter(slug="depot-7").exists()
    assert {one.code for one in stage.of(Country).all()} == {"Ö4", "Ö3", "Ö0", "Ö1", "Ö2"} & {
        *stage.of(Depot).values_list("country_id", flat=True),
        *stage.of(Customer).values_list("country_id", flat=True),
        "Ö4",
    }
    connections[alias].check_constraints()


def test_a_key_that_was_used_again_is_a_real_rows(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    alias, seeders = stage.database.alias, every()
    stage.of(Profile).filter(bio="Bio 15").delete()
    taken = stage.of(Customer).get(email="16@seed.test")
    Profile(customer=taken, bio="of a person").save(using=alias)
    stage.of(Bay).filter(number=7_130).delete()
    Bay(number=7_130, depot=stage.of(Depot).get(slug="depot-0")).save(using=alias)  # it was of depot-3
    real = [one for one in stage.dump() if "of a person" in one or "7130" in one]
    assert len(real) == 2

    rehearsed, _ = undo(stage.database, *seeders.values(), dry_run=True)
    summary, _ = undo(stage.database, *seeders.values())

    assert (rehearsed.exit_code, summary.exit_code) == (6, 6)
    after = stage.dump()
    assert set(real) <= set(after)
    told = {(one.table, one.keys) for one in summary.kept if "used their keys again" in one.reason}
    assert told == {("traits_profile", (str(taken.pk),)), ("traits_bay", ("7130",))}
    assert stage.of(Customer).filter(pk=taken.pk).exists()
    assert stage.database.query("SELECT COUNT(*) FROM traits_parcel") == [(0,)]
    connections[alias].check_constraints()


def test_no_column_of_a_real_row_under_a_key_that_was_used_again_is_filled_or_derived(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeders = people()
    ok(run(stage.database, *seeders.values())[0])
    first, second, *_ = stage.of(Courier).order_by("-badge")
    stage.of(Courier).filter(badge=first.badge).delete()
    Courier(badge=first.badge, email="person@example.com", depot=first.depot).save(using=stage.database.alias)
    stage.of(Courier).filter(badge=second.badge).update(chief=None)

    ok(run(stage.database, *seeders.values())[0])
    assert stage.of(Courier).get(badge=first.badge).chief_id is None
    assert stage.of(Courier).get(badge=second.badge).chief_id is not None

    derived = Derivation(values={"chief": F("badge")}, reads=("traits_depot",))
    monkeypatch.setattr(seeders["Couriers"], "derivations", lambda _: (derived,))
    ok(run(stage.database, *seeders.values())[0])
    assert stage.of(Courier).get(badge=first.badge).chief_id is None
    assert set(stage.of(Courier).exclude(badge=first.badge).values_list("chief")) == {
        (badge,) for (badge,) in stage.of(Courier).exclude(badge=first.badge).values_list("badge")
    }


def test_a_key_that_is_used_again_while_rows_go_is_a_real_rows(stage: Stage) -> None:
    ok(run(stage.database, every()["Countries"])[0])

    def replace(event: Any) -> None:
        if event.operation == "start" and event.context.get("table") == "traits_country":
            stage.of(Country).filter(code="Ö2").update(name="Of a person")

    summary, _ = undo(stage.database, every()["Countries"], listen=replace)

    assert summary.exit_code == 6
    assert stage.database.query("SELECT code, name FROM traits_country") == [("Ö2", "Of a person")]


def test_a_key_that_a_collation_holds_equal_is_another(stage: Stage) -> None:
    ok(run(stage.database, every()["Countries"])[0])
    stage.of(Country).filter(code="Ö2").delete()
    Country(code="ö2", name="Country 2").save(using=stage.database.alias)

    summary, _ = undo(stage.database, every()["Countries"])

    assert [(one.records_deleted, one.records_gone) for one in summary.results] == [(4, 1)]
    assert stage.database.query("SELECT code, name FROM traits_country") == [("ö2", "Country 2")]


def test_a_real_row_under_a_key_is_adopted_and_stays(stage: Stage) -> None:
    Country(code="Ö1", name="As it is").save(using=stage.database.alias)
    before = stage.dump()
    ok(run(stage.database, every()["Countries"], every()["Depots"])[0])

    found = stage.database.query(
        "SELECT slug, name FROM traits_depot JOIN traits_country ON code = country_id WHERE code = 'Ö1'"
    )
    assert sorted(found) == [("depot-1", "As it is"), ("depot-6", "As it is")]
    ok(undo(stage.database, every()["Countries"], every()["Depots"])[0])
    assert stage.dump() == before


def test_a_uuid_is_the_same_wherever_its_row_is_seeded(stage: Stage) -> None:
    ok(run(stage.database, every()["Countries"], every()["Depots"])[0])
    found = dict(stage.of(Depot).values_list("slug", "pk"))
    assert found["depot-0"] == uuid.UUID("4251a86d-4ec0-4190-832d-4251a83c701f")
    assert {one.version for one in found.values()} == {4}
