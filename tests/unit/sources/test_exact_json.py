"""JSON of a file is stored as it stands there, and its references are read as strictly as those in columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from seeding.example.models import Product, Review
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.sources.cell_values import Cells, Faults, reader_of
from seeding.writing.encoding import json_text
from tests.support.databases import AS_OF
from tests.unit.sources.made import Note, seeder, source

NOTES = Registry([seeder(Product, not_pii=("name",)), seeder(Note, not_pii=("kind", "items"))])
PRODUCTS = "id,name\n1,a\n12,b\n"


@pytest.mark.parametrize("value", ["12.7", "true", '"x"', "[12]", "1e40", '""'])
def test_a_reference_in_json_that_is_no_whole_number_is_a_fault(tmp_path: Path, value: str) -> None:
    (tmp_path / "orchard_note.jsonl").write_text(f'{{"id": 1, "items": [{{"product": {value}}}, {{"product": "12.0"}}]}}\n')
    made = source(tmp_path, NOTES, shop_product=PRODUCTS)["orchard_note"]
    index = np.array([0])

    data = made.generate_data(Rows(seed=1, table="orchard_note", as_of=AS_OF, index=index))

    assert data["items"].to_list() == [[{"product": None}, {"product": 1}]]
    assert [(one.row, one.field, one.expected) for one in made.faults(index)] == [(0, "items[].product", "a whole number")]


@pytest.mark.parametrize("model", [Review, Note])
def test_true_names_no_row(model: Any) -> None:
    faults: Faults = {}
    field = model._meta.get_field("about" if model is Note else "product")

    column = Cells([{"column": True}, {"column": 1}], np.array([0, 1]), faults).column("column", reader_of(field))

    assert column.to_list() == [None, 1]
    assert list(faults) == [0]


def test_lists_of_objects_keep_types_and_keys_of_their_own() -> None:
    stored = [[{"n": 5}, {"n": "5", "to": [True, 1, 1.5, None]}], [{"n": True}, {}], None, [{"n": 1.0, "x": {"y": [{}]}}]]
    records = [{"items": None if one is None else json.dumps(one)} for one in stored]
    faults: Faults = {}

    column = Cells(records, np.arange(4), faults).column("items", reader_of(Note._meta.get_field("items")))

    texts = json_text(column).to_list()
    assert texts == [one["items"] for one in records]
    assert faults == {}


def test_an_object_that_names_a_key_twice_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "orchard_note.jsonl").write_text('{"id": 1, "kind": "x", "kind": "y"}\n{"id": 2, "kind": "z"}\n')
    text = '[{"product": 1, "product": 12}]'
    faults: Faults = {}

    Cells([{"items": text}], np.array([0]), faults).column("items", reader_of(Note._meta.get_field("items")))
    made = source(tmp_path, NOTES, shop_product=PRODUCTS)["orchard_note"]
    data = made.generate_data(Rows(seed=1, table="orchard_note", as_of=AS_OF, index=np.array([0, 1])))

    assert list(faults) == [0]
    assert data["kind"].to_list() == [None, "z"]
    assert pl.Series([one.row for one in made.faults(np.array([0, 1]))]).unique().to_list() == [0]
