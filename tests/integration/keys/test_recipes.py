"""Keys that the engine makes: in the server's own order, and by the recipe of the rows that are there already."""

from __future__ import annotations

import numpy as np
import pytest

from seeding.exceptions import SchemaError
from seeding.ledger import given_keys
from seeding.ledger.key_recipes import SCATTERED4, UUID4, keys_of
from seeding.models import SeedingMetadata
from tests.integration.keys.stages import INSTALLED, Stage, ok
from tests.support.runs import run, undo

with INSTALLED:
    from tests.integration.keys.models import Depot, Parcel
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


def test_rows_under_keys_of_a_later_recipe_are_not_added_to(stage: Stage) -> None:
    ok(run(stage.database, *every().values())[0])
    SeedingMetadata.objects.using(stage.database.alias).filter(seeder_name="Parcels").update(key_recipe="uuid4/9")
    before = stage.dump()

    with pytest.raises(SchemaError, match="uuid4/9"):
        run(stage.database, *every(2).values())
    assert set(before) <= set(stage.dump())
