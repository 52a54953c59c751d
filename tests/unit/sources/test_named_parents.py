"""A file whose rows name their parents by another column than the primary key is refused: its cells would be taken for keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.db import models
from django.test.utils import isolate_apps

from seeding.exceptions import SchemaError
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.sources.seeder import SourceSeeder
from tests.support.databases import AS_OF
from tests.unit.sources.made import MASKER, seeder, source

with isolate_apps():

    class Land(models.Model):
        """Has a number besides its key."""

        number = models.IntegerField(unique=True)

        class Meta:
            app_label = "orchard"

    class Town(models.Model):
        """In a land, by its number."""

        land = models.ForeignKey(Land, models.CASCADE, to_field="number", null=True, related_name="+")

        class Meta:
            app_label = "orchard"


def read(made: SourceSeeder) -> list[int | None]:
    rows = Rows(seed=1, table=made.config.table_name, as_of=AS_OF, index=np.array([0]))
    return made.generate_data(rows)["land_id"].to_list()


@pytest.mark.parametrize("lands", ["id,number\n1,2\n2,1\n", None])
def test_a_cell_that_names_a_parent_by_another_column_is_refused(tmp_path: Path, lands: str | None) -> None:
    registry = Registry([seeder(Land), seeder(Town)])
    files = {"orchard_town": "id,land_id\n1,1\n"} | ({"orchard_land": lands} if lands else {})
    made = source(tmp_path, registry, MASKER, **files)["orchard_town"]

    with pytest.raises(
        SchemaError, match=r"^orchard_town refers to orchard_land by number \(land_id\), and the rows of a source"
    ):
        read(made)


def test_an_empty_one_names_nothing(tmp_path: Path) -> None:
    registry = Registry([seeder(Land), seeder(Town)])

    assert read(source(tmp_path, registry, orchard_town="id,land_id\n1,\n")["orchard_town"]) == [None]
