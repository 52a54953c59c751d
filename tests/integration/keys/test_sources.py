"""`seed --source` of files whose keys no server counts: UUIDs become new ones, others stay, references find the same rows."""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from seeding.exceptions import SeedingError
from seeding.generation.registry import Registry
from seeding.masking import STRATEGIES, Cipher, Mode, PIIMasker
from seeding.masking.strategies.collated import Collated
from seeding.sources.registry import source_registry
from tests.integration.keys.stages import INSTALLED, Stage, ok
from tests.support.runs import run, undo

with INSTALLED:
    from tests.integration.keys.models import Account, Country, Courier, Depot, Parcel
    from tests.integration.keys.seeders import every, people

CIPHER = Cipher.of("ab" * 32)
BACKWARDS = range(9, -1, -1)
"""Rows stand in the files in another order than their keys."""


def key(number: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"depot {number}")


def spelled(number: int) -> str:
    """A UUID, each time otherwise."""
    given = key(number)
    return (str(given), given.hex.upper(), f"{{{given}}}", given.urn)[number % 4]


ROWS: dict[str, Sequence[Mapping[str, Any]]] = {
    "traits_country": [{"code": f"Ö{n}", "name": f"Country {n}"} for n in BACKWARDS],
    "traits_depot": [{"id": spelled(n), "slug": f"depot-{n}", "country_id": f"Ö{n % 5}"} for n in BACKWARDS],
    "traits_inspection": [{"grade": n, "depot_id": spelled(n + 1)} for n in range(9)],
    "traits_customer": [{"id": 500 + 3 * n, "email": f"real.person{n}@gmail.com", "country_id": f"Ö{n}"} for n in BACKWARDS],
    "traits_wholesaler": [{"customer_ptr_id": 500 + 3 * n, "licence": f"L{n}"} for n in (4, 2, 8)],
    "traits_chain": [{"wholesaler_ptr_id": 500 + 3 * n, "shops": n} for n in (8, 4)],
    "traits_profile": [{"customer_id": 500 + 3 * n, "bio": f"Bio {n}"} for n in BACKWARDS],
    "traits_courier": [
        {"badge": 70 + n, "email": f"real.courier{n}@gmail.com", "depot_id": spelled(n), "chief_id": 70 + n // 2 if n else ""}
        for n in BACKWARDS
    ],
    "traits_account": [
        {"email": f"real.account{n}@gmail.com", "courier_id": 70 + n if n else "", "grade": n} for n in BACKWARDS
    ],
    "traits_parcel": [
        {"id": str(key(100 + n)), "first_id": key(100 + n // 2).hex if n else None, "depot_id": str(key(n)),
         "profile_id": 500 + 3 * n, "grams": n, "updated_at": "2026-01-01 00:00:00"} for n in BACKWARDS
    ],
    "traits_line": [{"parcel_id": str(key(100 + n // 2)), "place": n % 2, "words": f"Line {n}"} for n in range(20)],
}  # fmt: skip
JOINED: dict[str, list[tuple[Any, ...]]] = {
    "SELECT slug, code, name FROM traits_depot JOIN traits_country ON code = country_id WHERE slug <> 'real'": [
        (f"depot-{n}", f"Ö{n % 5}", "Real" if n % 5 == 1 else f"Country {n % 5}") for n in range(10)
    ],
    "SELECT grade, slug FROM traits_inspection i JOIN traits_depot d ON d.id = i.depot_id": [
        (n, f"depot-{n + 1}") for n in range(9)
    ],
    "SELECT licence, country_id FROM traits_wholesaler JOIN traits_customer u ON u.id = customer_ptr_id": [
        (f"L{n}", f"Ö{n}") for n in (2, 4, 8)
    ],
    "SELECT shops, licence FROM traits_chain JOIN traits_wholesaler ON customer_ptr_id = wholesaler_ptr_id": [
        (4, "L4"), (8, "L8")
    ],
    "SELECT bio, country_id FROM traits_profile JOIN traits_customer u ON u.id = customer_id": [
        (f"Bio {n}", f"Ö{n}") for n in range(10)
    ],
    "SELECT c.badge, slug, h.badge FROM traits_courier c JOIN traits_depot d ON d.id = c.depot_id "
    "LEFT JOIN traits_courier h ON h.badge = c.chief_id": [
        (70 + n, f"depot-{n}", 70 + n // 2 if n else None) for n in range(10)
    ],
    "SELECT grade, badge FROM traits_account LEFT JOIN traits_courier ON badge = courier_id": [
        (n, 70 + n if n else None) for n in range(10)
    ],
    "SELECT p.grams, f.grams, slug, bio FROM traits_parcel p JOIN traits_depot d ON d.id = p.depot_id "
    "JOIN traits_profile o ON o.customer_id = p.profile_id LEFT JOIN traits_parcel f ON f.id = p.first_id": [
        (n, n // 2 if n else None, f"depot-{n}", f"Bio {n}") for n in range(10)
    ],
    "SELECT words, place, grams FROM traits_line JOIN traits_parcel p ON p.id = parcel_id": [
        (f"Line {n}", n % 2, n // 2) for n in range(20)
    ],
}  # fmt: skip
"""Query → the rows that it is meant to find."""


def written(folder: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    folder = folder / "files"
    folder.mkdir(exist_ok=True)
    for table, records in rows.items():
        if table in ("traits_chain", "traits_parcel"):
            (folder / f"{table}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records), "utf-8")
            continue
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, records[0])
            writer.writeheader()
            writer.writerows(records)
    return folder


def files(stage: Stage, folder: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]] = ROWS) -> Registry:
    known = Registry([*every().values(), *(one for name, one in people().items() if name in ("Couriers", "Accounts"))])
    masker = PIIMasker(CIPHER, Mode.FULL)
    collated = Collated(stage.database.alias)
    return source_registry(written(folder, rows), known, cipher=CIPHER, masker=masker, strategies=STRATEGIES, collated=collated)


def require_meant(stage: Stage) -> None:
    for query, meant in JOINED.items():
        assert sorted(map(repr, stage.database.query(query))) == sorted(repr(one) for one in meant), query


def test_files_are_loaded_grown_and_rolled_back(stage: Stage, tmp_path: Path) -> None:
    alias = stage.database.alias
    Country(code="Ö1", name="Real").save(using=alias)
    real = stage.of(Depot).create(id=key(3), slug="real", country_id="Ö1")  # of the UUID that a file holds
    before = stage.dump()
    ok(run(stage.database, registry=files(stage, tmp_path), dry_run=True)[0])
    assert stage.dump() == before

    ok(run(stage.database, registry=files(stage, tmp_path))[0])
    require_meant(stage)
    assert not [one for one in stage.dump() if "gmail.com" in one]
    given = {key(n) for n in range(200)}
    assert not given & {*stage.of(Parcel).values_list("pk", flat=True)}
    assert given & {*stage.of(Depot).values_list("pk", flat=True)} == {real.pk}
    assert sorted(stage.of(Courier).values_list("pk", flat=True)) == list(range(70, 80))
    assert stage.of(Account).count() == 10
    loaded = stage.dump()
    again, _ = run(stage.database, registry=files(stage, tmp_path))
    assert (again.exit_code, again.records_inserted, stage.dump()) == (0, 0, loaded)

    ok(undo(stage.database)[0])
    assert stage.dump() == before


def test_a_reference_to_what_no_file_has_is_rejected(stage: Stage, tmp_path: Path) -> None:
    lost = [{**ROWS["traits_depot"][0], "country_id": "ö9"}, {**ROWS["traits_depot"][1], "id": "not a uuid"}]
    some: dict[str, Any] = {"traits_country": ROWS["traits_country"], "traits_depot": [*lost, *ROWS["traits_depot"][2:]]}
    some["traits_inspection"] = [{"grade": 1, "depot_id": spelled(9)}, {"grade": 2, "depot_id": spelled(8)},
                                 {"grade": 3, "depot_id": "8"}, {"grade": 4, "depot_id": spelled(7)}]  # fmt: skip
    summary, _ = run(stage.database, registry=files(stage, tmp_path, some))

    assert summary.exit_code == 5
    assert sorted(stage.database.query("SELECT slug FROM traits_depot")) == [(f"depot-{n}",) for n in range(9)]
    assert stage.database.query("SELECT grade FROM traits_inspection") == [(4,)]
    connections[stage.database.alias].check_constraints()


def test_a_file_that_repeats_a_key_is_refused(tmp_path: Path, stage: Stage) -> None:
    twice = [{**ROWS["traits_depot"][0], "id": key(1).hex}, {**ROWS["traits_depot"][1], "id": str(key(1)).upper()}]
    with pytest.raises(SeedingError, match=r"traits_depot\.csv: 1 rows repeat the id of another one"):
        files(stage, tmp_path, {"traits_depot": twice})
