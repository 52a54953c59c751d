"""The file of a drafted seeder, letter by letter; and Python takes it."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from seeding.example.models import Product
from seeding.generation.seeders import RecordCount
from seeding.scaffold.draft import Draft
from seeding.scaffold.output.source import source
from seeding.schema.tables import ColumnSchema, Kind, TableSchema

KEY = ColumnSchema(name="id", kind=Kind.INTEGER, nullable=False, has_default=True)
NAME = ColumnSchema(name="name", kind=Kind.TEXT, nullable=False, has_default=False, length=40)
PRICE = ColumnSchema(name="price", kind=Kind.DECIMAL, nullable=False, has_default=True, default="0", scale=2)
SEEN = ColumnSchema(name="seen", kind=Kind.DATETIME, nullable=True, has_default=True, default="now()")
AGE = ColumnSchema(name="age", kind=Kind.INTEGER, nullable=True, has_default=True, default="f()", low=0, high=9)


def draft(*columns: ColumnSchema, **facts: Any) -> Draft:
    schema = TableSchema(name="members", columns={one.name: one for one in (KEY, *columns)}, key=("id",), unique=())
    values = {
        "schema": schema, "app": "shop", "model": None, "model_name": "Member", "seeder_name": "MemberSeeder",
        "columns": {"name": 'rows.fake("name", "name")'}, "left_out": (), "dependencies": (), "targets": {},
        "count": RecordCount(small=10, medium=100, large=1_000), "capacity": None, "pii": {}, "not_pii": (), "broken": {},
    }  # fmt: skip
    return Draft(**{**values, **facts})


def test_a_seeder_whose_model_is_there_imports_it() -> None:
    made = draft(
        model=Product,
        model_name="Product",
        seeder_name="ProductSeeder",
        columns={"name": '"Product " + numerals(rows.index + 1)', "n": 'cell * 5 + rows.integers("n", 0, 5)'},
        left_out=("stars", "price"),
        dependencies=("teams",),
        pii={"name": "person_name"},
        not_pii=("n",),
        capacity=1_000_000,
    )

    assert (
        source(made)
        == '''"""`members`: a draft, guessed from the table; correct what you know better."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, numerals

from seeding.example.models import Product


class ProductSeeder(BaseSeeder):
    """Fills `members`."""

    config = SeederConfig(
        model=Product,
        dependencies=("teams",),
        record_count=RecordCount(small=10, medium=100, large=1_000),
        capacity=1_000_000,
        pii_fields={"name": "person_name"},
        not_pii=("n",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `members`."""
        # Left to the database, or empty: stars, price.
        cell = rows.index // 10
        return pl.DataFrame(
            {
                "name": "Product " + numerals(rows.index + 1),
                "n": cell * 5 + rows.integers("n", 0, 5),
            }
        )
'''
    )


def test_long_imports_and_optional_references_are_broken_over_several_lines() -> None:
    optional = 'only(cell * 10 + rows.skewed("product_id", 10, cell), rows.chance("product_id/filled", 0.85))'
    columns = {
        "product_id": optional,
        "parent_id": "nodes.parent",
        "n": "decimals(rows.index, 2)",
        "team_id": "cell * 10 + combinations(rows, 10, 10, 3)[0]",
        "name": "numerals(rows.index)",
    }

    text = source(draft(model=Product, columns=columns))

    assert "from seeding import (\n    BaseSeeder,\n    RecordCount,\n" in text
    assert "    combinations,\n    decimals,\n    numerals,\n    only,\n    tree,\n)\n" in text
    assert "        cell = rows.index // 10\n        nodes = tree(rows, 10)\n" in text
    assert max(map(len, text.splitlines())) <= 88
    entry = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Dict))
    assert [ast.unparse(value) for value in entry.values] == [ast.unparse(ast.parse(one)) for one in columns.values()]


def test_a_seeder_without_a_model_brings_one() -> None:
    assert (
        source(draft(NAME, count=RecordCount.fixed(7)))
        == '''"""`members`: a draft, guessed from the table; correct what you know better."""

from __future__ import annotations

import polars as pl
from django.db import models

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig


class Member(models.Model):
    """One row of `members`."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=40)

    class Meta:
        managed = False
        db_table = "members"

    def __str__(self) -> str:
        return f"members {self.pk}"


class MemberSeeder(BaseSeeder):
    """Fills `members`."""

    config = SeederConfig(
        model=Member,
        record_count=RecordCount.fixed(7),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `members`."""
        return pl.DataFrame(
            {
                "name": rows.fake("name", "name"),
            }
        )
'''
    )


@pytest.mark.parametrize(
    ("column", "lines"),
    [
        (PRICE, ["from decimal import Decimal"]),
        (SEEN, ["from django.db.models.functions import Now"]),
        (
            AGE,
            [
                "from django.core.validators import MaxValueValidator, MinValueValidator",
                "from django.db.models.expressions import RawSQL",
            ],
        ),
    ],
)
def test_a_model_imports_what_its_fields_need(column: ColumnSchema, lines: list[str]) -> None:
    text = source(draft(column))

    extra = [line for line in text.splitlines() if line.startswith("from d")]
    assert extra == sorted([*lines, "from django.db import models"])
    ast.parse(text)


def test_helpers_are_imported_where_they_are_called() -> None:
    text = source(draft(columns={"a": "decimals(take((1, 2), rows.index), 2)", "b": 'rows.fake("numerals", "name")'}))

    assert "from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, decimals, take\n" in text


def test_what_is_long_gets_lines_of_its_own() -> None:
    names = [f"a_column_with_quite_a_long_name_{number}" for number in range(6)]
    members = ", ".join(f'"{name}"' for name in names)

    text = source(
        draft(
            not_pii=tuple(names),
            pii=dict.fromkeys((f"{name}x" for name in names), "person_name"),
            dependencies=tuple(names),
            left_out=tuple(names),
            columns={"kind": f'rows.choose("kind", ({members}))', "long": f'"{"x" * 100}" + numerals(rows.index)'},
        )
    )

    ast.parse(text)
    long = [line for line in text.splitlines() if len(line) > 88]
    assert long == [f'                "long": "{"x" * 100}" + numerals(rows.index),']
    assert f'        not_pii=(\n            "{names[0]}",\n' in text
    assert '                "kind": rows.choose(\n                    "kind",\n                    ("a_column' in text
    assert "        # Left to the database, or empty: a_column_with_quite_a_long_name_0,\n        # a_column" in text
