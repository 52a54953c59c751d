"""Rows under keys that no server counts are explained by their keys, and so are the rows that refer to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from seeding import api
from seeding.conf import ExplainConfig
from seeding.exceptions import ConfigurationError, SeedingError
from seeding.explanation.results import ParentRow, RowExplanation
from seeding.generation.registry import Registry
from tests.integration.keys.stages import INSTALLED, Stage, ok
from tests.support.runs import run

with INSTALLED:
    from tests.integration.keys.models import Account, Bay, Country, Courier, Customer, Depot, Line, Parcel, Remark
    from tests.integration.keys.seeders import every, people


def test_a_row_is_explained_by_a_key_of_any_kind(stage: Stage) -> None:
    seeders = {**every(), **people()}
    registry = Registry(seeders.values())
    ok(run(stage.database, registry=registry)[0])

    def explained(model: Any, key: str) -> RowExplanation:
        config = ExplainConfig(table=model._meta.db_table, key=key, database=stage.database.alias)
        return api.explain(config, registry=registry)

    def parents(of: RowExplanation) -> dict[str, tuple[ParentRow, ...]]:
        return {one.column: one.parents for one in of.columns if one.parents}

    def there(table: str, index: int | None, key: Any) -> tuple[ParentRow, ...]:
        return (ParentRow(table=table, index=index, key=str(key), is_there=True),)

    depot, parcel = stage.of(Depot).get(slug="depot-4"), stage.of(Parcel).get(grams=500)
    first = stage.of(Parcel).get(grams=400)
    kind = ContentType.objects.db_manager(stage.database.alias).get_for_model(Depot)
    stage.of(Remark).create(content_type_id=kind.pk, object_id=str(depot.pk))
    accounts = [stage.of(Account).get(email=f"{number}@account.test") for number in (5, 6)]
    stage.of(Account).filter(pk=accounts[1].pk).update(grade=9)

    of_depot = explained(Depot, depot.pk.hex.upper())
    of_parcel = explained(Parcel, str(parcel.pk))
    lines = [explained(Line, text) for text in (f"{parcel.pk},2", f" {parcel.pk.hex} , 2", f'"{parcel.pk}","2"')]
    bay, courier = explained(Bay, "7013"), explained(Courier, "90035")
    account, edited = explained(Account, "5@account.test"), explained(Account, "6@account.test")
    customer = explained(Customer, str(stage.of(Customer).get(email="3@seed.test").pk))

    assert (of_depot.key, of_depot.index, list(of_depot.differing)) == (str(depot.pk), 4, [])
    assert parents(of_depot) == {"country_id": there("traits_country", 4, "Ö4")}
    counts = {(one.table, one.column): (one.seeded, one.real) for one in of_depot.referring}
    assert counts == {
        ("traits_bay", "depot_id"): (1, 0),
        ("traits_courier", "depot_id"): (1, 0),
        ("traits_customer_depots", "depot_id"): (3, 0),
        ("traits_inspection", "depot_id"): (1, 0),
        ("traits_parcel", "depot_id"): (4, 0),
        ("traits_remark", "object_id"): (0, 1),
    }
    assert parents(of_parcel)["first_id"] == there("traits_parcel", 4, first.pk)  # refers to a row of its own table
    assert parents(of_parcel)["depot_id"] == there("traits_depot", 5, stage.of(Depot).get(slug="depot-5").pk)
    assert [one.seeded_keys for one in of_parcel.referring if one.table == "traits_line"] == [
        tuple(f"{parcel.pk}, {place}" for place in (1, 2, 3))
    ]
    assert {(one.key, one.index) for one in lines} == {(f"{parcel.pk}, 2", 16)}
    assert parents(lines[0]) == {"parcel_id": there("traits_parcel", 5, parcel.pk)}
    assert parents(bay) == {"depot_id": there("traits_depot", 1, stage.of(Depot).get(slug="depot-1").pk)}
    assert parents(courier)["chief_id"] == there("traits_courier", 1, 90_007)
    assert (account.index, [one.found for one in account.columns if one.column == "email"]) == (5, ["5@account.test"])
    assert [one.column for one in edited.differing] == ["grade"]
    assert parents(customer) == {"country_id": there("traits_country", 3, "Ö3")}
    assert [one for every_one in (of_parcel, bay, courier, account, customer) for one in every_one.differing] == []
    for model, key in ((Line, str(parcel.pk)), (Line, f"{parcel.pk},9"), (Country, "Ö9"), (Depot, "7"), (Depot, "a,b")):
        with pytest.raises(ConfigurationError, match=f"No row of {model._meta.db_table} with the key .* was seeded"):
            explained(model, key)


def test_rows_that_got_another_key_are_not_explained(stage: Stage) -> None:
    registry = Registry(every().values())
    ok(run(stage.database, registry=registry)[0])
    stage.database.query("UPDATE seeding_metadata SET key_columns = '[\"name\"]' WHERE table_name = 'traits_country'")

    with pytest.raises(SeedingError, match="rows were seeded under the primary key"):
        api.explain(ExplainConfig(table="traits_bay", key="7013", database=stage.database.alias), registry=registry)
