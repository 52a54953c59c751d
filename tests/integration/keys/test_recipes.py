"""Keys that the engine makes: in the server's own order, and by the recipe of the rows that are there already."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from seeding.exceptions import SchemaError
from seeding.ledger import given_keys
from seeding.ledger.key_recipes import SCATTERED4, UUID4, keys_of
from seeding.ledger.queries import Ledger
from seeding.models import SeedingMetadata
from tests.integration.keys.stages import INSTALLED, Stage, ok
from tests.support.runs import run, undo

with INSTALLED:
    from tests.integration.keys.models import Country, Depot, Parcel
    from tests.integration.keys.seeders import every


def recipes(stage: Stage) -> set[str]:
    live = SeedingMetadata.objects.using(stage.database.alias).live()
    return set(live.filter(seeder_name__in=("Depots", "Parcels")).values_list("key_recipe", flat=True))


def made(stage: Stage, recipe: str, share: int) -> bool:
    """Whether the rows have the keys that the recipe gives."""
    seed = SeedingMetadata.objects.using(stage.database.alias).select_related("run")[0].run.seed
    found = (set(stage.of(model).values_list("pk", flat=True)) for model in (Depot, Parcel))
    counts = (("Depots", 9 * share), ("Parcels", 40 * share))
    wanted = (keys_of(recipe, seed, name, np.arange(count)) for name, count in counts)
    return all({key.hex for key in held} == set(keys) for held, keys in zip(found, wanted, strict=True))


def test_every_server_orders_the_keys_as_their_rows(stage: Stage) -> None:
    ok(run(stage.database, *every(5).values(), batch_size=11)[0])

    assert recipes(stage) == {UUID4}
    assert [row[0] for row in stage.database.query("SELECT grams FROM traits_parcel ORDER BY id")] == list(
        range(0, 20_000, 100)
    )


def test_rows_under_keys_of_an_earlier_recipe_are_grown_and_rolled_back_by_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stage.dump()
    with monkeypatch.context() as earlier:
        earlier.setattr(given_keys, "UUID4", SCATTERED4)
        ok(run(stage.database, *every().values(), batch_size=7)[0])
    small = stage.dump()

    again, _ = run(stage.database, *every().values())
    assert (again.exit_code, again.records_inserted, stage.dump()) == (0, 0, small)
    ok(run(stage.database, *every(3).values(), batch_size=7)[0])

    assert recipes(stage) == {SCATTERED4}
    assert made(stage, SCATTERED4, 3)
    assert set(small) <= set(stage.dump())
    ok(undo(stage.database)[0])
    assert stage.dump() == before

    ok(run(stage.database, *every().values())[0])
    assert made(stage, UUID4, 1)


def test_stored_rows_are_those_under_exactly_their_keys(stage: Stage) -> None:
    seeders = every(5)
    ok(run(stage.database, seeders["Countries"], seeders["Depots"])[0])
    ledger = Ledger(stage.database.alias)
    identity, numbers = ledger.identities()["traits_depot"], ledger.key_set("traits_depot")
    keys = [UUID(key) for key in identity.rows["id"]]
    depots = stage.of(Depot)
    depots.filter(pk=keys[7]).delete()
    depots.filter(pk=keys[20]).update(id=UUID(int=keys[20].int ^ 1))
    Depot(pk=UUID(int=keys[30].int ^ 1), slug="real", country=Country(code="Ö0")).save(using=stage.database.alias)

    for rows in (identity.rows, identity.rows[22:].vstack(identity.rows[:22])):  # the second as if the count began again
        found = identity.of(rows).read("traits_depot", numbers, are_rising=True)
        assert [UUID(key) for key in found["id"]] == [key for key in keys if key not in (keys[7], keys[20])]


def test_rows_under_keys_of_a_later_recipe_are_not_added_to(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    SeedingMetadata.objects.using(stage.database.alias).filter(seeder_name="Parcels").update(key_recipe="uuid4/9")
    before = stage.dump()

    with pytest.raises(SchemaError, match="uuid4/9"):
        run(stage.database, *every(2).values())
    assert set(before) <= set(stage.dump())
