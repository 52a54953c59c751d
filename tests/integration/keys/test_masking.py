"""`seed_mask` of people under keys that no server counts, by the server's dump: real rows, seeded ones, those of files."""

from __future__ import annotations

from pathlib import Path

from seeding.generation.registry import Registry
from seeding.masking import STRATEGIES, Cipher
from seeding.sources.registry import source_registry
from tests.integration.keys.stages import INSTALLED, Stage, ok
from tests.support.runs import mask, run, undo

with INSTALLED:
    from tests.integration.keys.models import Country, Courier, Depot
    from tests.integration.keys.seeders import people

REAL = "@gmail.com"


def shown(stage: Stage) -> set[str]:
    """The rows that show a real person."""
    return {one for one in stage.dump() if REAL in one}


def test_real_rows_are_masked_and_seeded_ones_are_not(stage: Stage) -> None:
    seeders, alias = people(), stage.database.alias
    ok(run(stage.database, *seeders.values())[0])
    depot = stage.of(Depot).get(slug="depot-3")
    Courier(badge=5, email=f"real.person{REAL}", depot=depot).save(using=alias)
    Courier(badge=90_008, email=f"real.between{REAL}", depot=depot).save(using=alias)
    stage.of(Courier).filter(badge=90_014).update(email=f"real.again{REAL}")  # a person, under the key of a seeded row
    before = set(stage.dump())
    assert len(shown(stage)) == 3

    summary = mask(stage.database, seeders["Couriers"])

    assert (summary.exit_code, [(one.rows, one.masked) for one in summary.results]) == (0, [(12, 3)])
    after = set(stage.dump())
    assert not shown(stage)
    assert len(before - after) == len(after - before) == 3
    ok(run(stage.database, *people(2).values())[0])
    grown = stage.dump()
    assert after <= set(grown)
    again = mask(stage.database, people(2)["Couriers"])
    assert (again.exit_code, [(one.rows, one.masked) for one in again.results]) == (0, [(22, 0)])
    assert stage.dump() == grown

    rolled, _ = undo(stage.database, *seeders.values())
    assert rolled.exit_code == 6
    assert set(stage.of(Courier).values_list("badge", flat=True)) == {5, 90_008, 90_014, 90_000}  # 90_000 is a chief
    assert {one for one in after if "traits_courier" in one and one not in before} <= set(stage.dump())


def test_rows_from_files_are_masked_and_still_those_that_were_loaded(stage: Stage, tmp_path: Path) -> None:
    Country(code="xx", name="Real").save(using=stage.database.alias)
    Depot(slug="depot-0", country_id="xx").save(using=stage.database.alias)
    before = stage.dump()
    folder = tmp_path / "files"
    folder.mkdir()
    lines = [f"{70 + n},real.courier{n}{REAL},D{n % 2},{70 if n else ''}" for n in range(12)]
    (folder / "traits_courier.csv").write_text("\n".join(["badge,email,depot_id,chief_id", *lines]).replace("D", "0" * 31))
    (folder / "traits_depot.csv").write_text(f"id,slug,country_id\n{'0' * 32},a,xx\n{'0' * 31}1,b,xx\n")
    (folder / "traits_country.csv").write_text("code,name\nxx,Other\n")
    registry = source_registry(
        folder, Registry(people().values()), cipher=Cipher.of("ab" * 32), masker=None, strategies=STRATEGIES
    )
    ok(run(stage.database, registry=registry)[0])
    assert len(shown(stage)) == 12

    summary = mask(stage.database, people()["Couriers"])
    assert (summary.exit_code, [(one.rows, one.masked) for one in summary.results]) == (0, [(12, 12)])
    assert not shown(stage)
    masked = stage.dump()
    assert [one.masked for one in mask(stage.database, people()["Couriers"]).results] == [0]
    assert stage.dump() == masked

    stage.of(Courier).filter(badge=75).update(email=f"real.again{REAL}")
    rehearsed, _ = undo(stage.database, *people().values(), dry_run=True)
    assert [one.keys for one in rehearsed.kept if "again" in one.reason] == [("75",)]
    assert [one.masked for one in mask(stage.database, people()["Couriers"]).results] == [1]
    rolled, _ = undo(stage.database)
    assert [one.keys for one in rolled.kept if "again" in one.reason] == [("75",)]
    assert set(stage.of(Courier).values_list("badge", flat=True)) == {75, 70}
    stage.of(Courier).all().delete()
    undo(stage.database)
    assert stage.dump() == before
