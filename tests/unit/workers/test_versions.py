"""What must be the same where rows of one run are made."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata

import pytest

from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.workers import versions as module
from seeding.workers.versions import Versions, versions


def test_libraries_code_and_seeders_are_named_with_their_versions() -> None:
    held = versions([ProductSeeder(), ReviewSeeder()]).held

    assert held["Django"] == metadata.version("Django")
    assert held["polars"] == metadata.version("polars")
    assert held.keys() >= {"Python", "seeding", "the seeder ProductSeeder", "the seeder ReviewSeeder"}


def test_a_seeder_of_another_version_or_with_other_code_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer(ProductSeeder):
        config = replace(ProductSeeder.config, version=7)

    Newer.__name__ = "ProductSeeder"
    mine = versions([ProductSeeder()])

    (phrase,) = mine.differing(versions([Newer()]))
    monkeypatch.setattr(module, "_digest_of_module", lambda _: "changed")
    (other,) = mine.differing(versions([ProductSeeder()]))

    assert phrase.startswith("the seeder ProductSeeder is ")
    assert ".7 (" in phrase
    assert "(changed)" in other


def test_what_one_side_lacks_is_named() -> None:
    here, there = Versions(held={"polars": "1", "numpy": "2"}), Versions(held={"polars": "1"})

    assert here.differing(there) == ["numpy is absent there and 2 here"]
    assert there.differing(here) == ["numpy is 2 there and absent here"]
    assert here.differing(here) == []
