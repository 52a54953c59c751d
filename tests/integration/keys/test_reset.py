"""Rows under keys of every kind are put back, by the server's own dump."""

from __future__ import annotations

from typing import Any

from django.db import connections, transaction

from seeding import api
from seeding.conf import ResetConfig, SnapshotConfig, VerifyConfig
from seeding.generation.registry import Registry
from seeding.restoration.results import ResetSummary
from tests.integration.keys.stages import INSTALLED, Stage, ok
from tests.support.runs import run

with INSTALLED:
    from tests.integration.keys.models import Bay, Chain, Country, Depot, Inspection, Line, Parcel, Profile, Wholesaler
    from tests.integration.keys.seeders import every


def reset(stage: Stage) -> ResetSummary:
    registry = Registry(every().values())
    return api.reset(ResetConfig(database=stage.database.alias, force=True), registry=registry)


def some(stage: Stage, model: Any, *places: int) -> Any:
    rows = stage.of(model)
    keys = sorted(rows.values_list("pk", flat=True), key=str)
    return rows.filter(pk__in=[keys[place] for place in places])


def test_edited_and_deleted_rows_are_as_before(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    before = stage.dump()
    some(stage, Line, 3, 4, 50)._raw_delete(stage.database.alias)
    stage.of(Chain).all()._raw_delete(stage.database.alias)
    some(stage, Inspection, 1, 2)._raw_delete(stage.database.alias)
    whole = stage.of(Parcel).filter(first=None).exclude(parcel=None).first()
    stage.of(Line).filter(parcel__in=[whole, *whole.parcel_set.all()])._raw_delete(stage.database.alias)
    whole.parcel_set.all()._raw_delete(stage.database.alias)
    stage.of(Parcel).filter(pk=whole.pk)._raw_delete(stage.database.alias)
    stage.of(Parcel).exclude(first=None).update(bay=None)
    some(stage, Parcel, 8).update(grams=1)
    some(stage, Wholesaler.depots.through, 0, 1, 2)._raw_delete(stage.database.alias)
    some(stage, Depot, 2).update(country=stage.of(Country).first())
    assert stage.dump() != before

    summary = reset(stage)

    assert (summary.left, summary.exit_code) == ((), 0)
    assert stage.dump() == before
    assert api.verify(VerifyConfig(database=stage.database.alias), registry=Registry(every().values())).is_as_seeded


def test_edited_rows_under_keys_that_can_be_used_again_stay_unless_more_tells_whose_they_are(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    some(stage, Line, 7).update(words="Edited")
    some(stage, Inspection, 5).update(grade=77)
    some(stage, Profile, 9).update(bio="Edited")
    before = stage.dump()

    summary = reset(stage)

    assert {(one.table, one.count) for one in summary.left} == {
        ("traits_line", 1), ("traits_inspection", 1), ("traits_profile", 1),
    }  # fmt: skip
    assert (stage.dump(), summary.exit_code) == (before, 5)


def test_keys_that_real_rows_have_now_stay_theirs_and_nothing_is_made_to_refer_to_them(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    bay = stage.of(Bay).exclude(parcel=None).first()
    parcels = list(stage.of(Parcel).filter(bay=bay).values_list("pk", flat=True))
    stage.of(Parcel).filter(bay=bay).update(bay=None)
    stage.of(Bay).filter(pk=bay.pk).delete()
    other = stage.of(Depot).exclude(slug=bay.depot_id).first()
    stage.of(Bay).create(number=bay.number, depot=other)
    before = stage.dump()

    summary = reset(stage)

    (left,) = [one for one in summary.left if one.table == "traits_bay"]
    assert (left.keys, summary.exit_code) == ((str(bay.number),), 5)
    assert stage.dump() == before
    assert set(stage.of(Parcel).filter(pk__in=parcels).values_list("bay", flat=True)) == {None}


def test_columns_that_other_rows_refer_to_stay_as_they_are(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    depot = stage.of(Depot).exclude(bay=None).first()
    with connections[stage.database.alias].constraint_checks_disabled(), transaction.atomic(using=stage.database.alias):
        stage.of(Depot).filter(pk=depot.pk).update(slug="edited")
        stage.of(Bay).filter(depot_id=depot.slug).update(depot_id="edited")
    before = stage.dump()

    summary = reset(stage)

    assert stage.dump() == before
    assert {(one.table, one.count, one.reason) for one in summary.left if one.table == "traits_depot"} == {
        ("traits_depot", 1, "slug is edited, and other rows refer to it; set it back by hand")
    }


def test_snapshots_hold_references_under_keys_of_every_kind(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    parcels = stage.of(Parcel).exclude(first=None)
    others = {
        "depot_id": stage.of(Depot).latest("slug").pk, "bay_id": stage.of(Bay).latest("pk").pk,
        "first_id": stage.of(Parcel).latest("grams").pk, "profile_id": stage.of(Profile).latest("pk").pk,
    }  # fmt: skip
    for column, key in others.items():
        parcels.exclude(**{column: key}).filter(pk=parcels.exclude(**{column: key}).first().pk).update(**{column: key})
    before = stage.dump()
    registry = Registry(every().values())
    snapshots = api.snapshots(SnapshotConfig(database=stage.database.alias, force=True), registry=registry)

    saved = snapshots.save("edited")
    reset(stage)
    assert stage.dump() != before
    summary = snapshots.restore("edited")

    assert (saved.not_held, summary.exit_code, summary.not_compared) == ({}, 0, ())
    assert stage.dump() == before
