"""The model of a live table, as Python source."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from seeding.exceptions import SchemaError
from seeding.scaffold.output.unmanaged_models import mirror, mirrored, narrowest, wrapped
from seeding.schema.tables import Check, ColumnSchema, ForeignKey, Kind, TableSchema

BIG = {"low": -(2**63), "high": 2**63 - 1}
INT = {"low": -(2**31), "high": 2**31 - 1}


def column(name: str, kind: Kind, **facts: Any) -> ColumnSchema:
    return ColumnSchema(name=name, kind=kind, **{"nullable": False, "has_default": False, **facts})


KEY = column("id", Kind.INTEGER, has_default=True, **INT)


def table(*columns: ColumnSchema, **facts: Any) -> TableSchema:
    every = {one.name: one for one in (KEY, *columns)}
    return TableSchema(**{"name": "things", "columns": every, "key": ("id",), "unique": (), **facts})


def field(one: ColumnSchema, **facts: Any) -> str:
    """The declaration of a column besides the key, in one line."""
    lines = mirror(table(one, **facts), "Thing", {})
    declared = [line.strip() for line in lines[lines.index("    id = models.AutoField(primary_key=True)") + 1 :]]
    return "".join(declared[: declared.index("")])


def test_a_table_is_mirrored_by_an_unmanaged_model() -> None:
    schema = table(
        column("name", Kind.TEXT, length=40),
        column("teamId", Kind.INTEGER, nullable=True, **INT),
        column("class", Kind.TEXT, nullable=True),
        column("at", Kind.DATETIME, has_default=True, default="CURRENT_TIMESTAMP"),
        unique=(("name",), ("name", "class"), ("name", "gone")),
        foreign_keys=(ForeignKey(column="teamId", table="teams", key="id"),),
        checks=(Check(name="short", clause="length(name)\n < 9 and name like '%x'"),),
    )

    assert mirror(schema, "Thing", {"teamId": "app.Team"}) == [
        "class Thing(models.Model):",
        '    """One row of `things`."""',
        "",
        "    id = models.AutoField(primary_key=True)",
        "    name = models.CharField(max_length=40, unique=True)",
        "    team = models.ForeignKey(",
        '        "app.Team",',
        "        models.DO_NOTHING,",
        '        db_column="teamId",',
        '        related_name="+",',
        "        null=True,",
        "    )",
        '    class_column = models.TextField(null=True, db_column="class")',
        "    at = models.DateTimeField(db_default=Now())",
        "",
        "    class Meta:",
        "        managed = False",
        '        db_table = "things"',
        "        constraints = (",
        "            models.UniqueConstraint(",
        '                fields=["name", "class_column"],',
        '                name="things_name_class",',
        "            ),",
        "            models.CheckConstraint(",
        '                name="short",',
        (
            "                condition=models.Func(template=\"length(name) < 9 and name like '%%x'\", "
            "output_field=models.BooleanField()),"
        ),
        "            ),",
        "        )",
        "",
        "    def __str__(self) -> str:",
        '        return f"things {self.pk}"',
    ]


@pytest.mark.parametrize(
    ("facts", "parts"),
    [
        ({}, 'models.ForeignKey("app.Team", models.DO_NOTHING, db_column="team_id", related_name="+", db_constraint=False)'),
        (
            {"unique": (("team_id",),)},
            'models.OneToOneField("app.Team", models.DO_NOTHING, db_column="team_id", related_name="+", db_constraint=False)',
        ),
    ],
)
def test_a_reference_that_no_key_declares_says_so(facts: dict[str, Any], parts: str) -> None:
    lines = mirror(table(column("team_id", Kind.INTEGER, **INT), **facts), "Thing", {"team_id": "app.Team"})

    inner = parts.partition("(")[2].removesuffix(")").split(", ")
    assert lines[4:11] == [
        f"    team = {parts.partition('(')[0]}(",
        *(f"        {part}," for part in inner),
        "    )",
    ]


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (column("id", Kind.INTEGER, has_default=True, **BIG), "id = models.BigAutoField(primary_key=True)"),
        (column("id", Kind.INTEGER, has_default=True, low=0, high=2**32 - 1), "id = models.AutoField(primary_key=True)"),
        (column("id", Kind.INTEGER, has_default=True), "id = models.AutoField(primary_key=True)"),
        (column("No", Kind.INTEGER, has_default=True, **BIG), "No = models.BigAutoField(primary_key=True)"),
    ],
)
def test_a_primary_key_is_as_wide_as_its_column(key: ColumnSchema, line: str) -> None:
    schema = TableSchema(name="things", columns={key.name: key}, key=(key.name,), unique=())

    assert mirror(schema, "Thing", {})[3].strip() == line


@pytest.mark.parametrize(
    ("low", "high", "parts"),
    [
        (-(2**15), 2**15 - 1, "SmallIntegerField()"),
        (0, 2**16 - 1, "PositiveSmallIntegerField()"),
        (-(2**31), 2**31 - 1, "IntegerField()"),
        (0, 2**32 - 1, "PositiveIntegerField()"),
        (-(2**63), 2**63 - 1, "BigIntegerField()"),
        (0, 2**64 - 1, "PositiveBigIntegerField()"),
        (-1, 40_000, "IntegerField(validators=[MinValueValidator(-1), MaxValueValidator(40_000)],)"),
        (-128, 127, "SmallIntegerField(validators=[MinValueValidator(-128), MaxValueValidator(127)],)"),
        (0, 40_000, "PositiveSmallIntegerField(validators=[MinValueValidator(0), MaxValueValidator(40_000)],)"),
        (None, None, "IntegerField()"),
    ],
)
def test_an_integer_has_the_narrowest_field_that_holds_its_range(low: int | None, high: int | None, parts: str) -> None:
    assert field(column("n", Kind.INTEGER, low=low, high=high)) == f"n = models.{parts}"


@pytest.mark.parametrize(
    ("kind", "facts", "parts"),
    [
        (Kind.DECIMAL, {"scale": 2, "high": Decimal("999.99")}, "DecimalField(max_digits=5, decimal_places=2)"),
        (Kind.DECIMAL, {"scale": 0, "high": Decimal(9)}, "DecimalField(max_digits=1, decimal_places=0)"),
        (Kind.DECIMAL, {}, "DecimalField(max_digits=18, decimal_places=2)"),
        (Kind.TEXT, {"length": 7, "nullable": True}, "CharField(max_length=7, null=True)"),
        (Kind.TEXT, {}, "TextField()"),
        (Kind.TEXT, {"values": ("a", "bc")}, 'CharField(max_length=2,choices=[(member, member) for member in ("a", "bc",)],)'),
        (Kind.BOOLEAN, {}, "BooleanField()"),
        (Kind.FLOAT, {}, "FloatField()"),
        (Kind.DATE, {}, "DateField()"),
        (Kind.JSON, {}, "JSONField()"),
    ],
)
def test_each_kind_of_column_has_its_field(kind: Kind, facts: dict[str, Any], parts: str) -> None:
    assert field(column("n", kind, **facts)) == f"n = models.{parts}"


@pytest.mark.parametrize(
    ("kind", "default", "value"),
    [
        (Kind.INTEGER, "0", "0"),
        (Kind.INTEGER, "(-5)", "-5"),
        (Kind.INTEGER, "'7'", "7"),
        (Kind.INTEGER, "abs(5)", 'RawSQL("abs(5)", ())'),
        (Kind.FLOAT, "1.5", "1.5"),
        (Kind.DECIMAL, "0.00", 'Decimal("0.00")'),
        (Kind.DECIMAL, "'1.5'::numeric", 'Decimal("1.5")'),
        (Kind.BOOLEAN, "1", "True"),
        (Kind.BOOLEAN, "FALSE", "False"),
        (Kind.BOOLEAN, "not_a_value", 'RawSQL("not_a_value", ())'),
        (Kind.TEXT, "'it''s'", '"it\'s"'),
        (Kind.TEXT, "'x'::character varying", '"x"'),
        (Kind.TEXT, "_utf8mb4'x'", '"x"'),
        (Kind.TEXT, "5", 'RawSQL("5", ())'),
        (Kind.DATETIME, "CURRENT_TIMESTAMP(6)", "Now()"),
        (Kind.DATETIME, "(now())", "Now()"),
        (Kind.DATETIME, "nowhere", 'RawSQL("nowhere", ())'),
        (Kind.DATE, "CURRENT_DATE", 'RawSQL("CURRENT_DATE", ())'),
    ],
)
def test_a_default_is_a_value_where_it_is_one_and_sql_where_not(kind: Kind, default: str, value: str) -> None:
    declared = field(column("n", kind, default=default, has_default=True))

    assert declared.partition("(")[2] in (f"db_default={value})", f"max_digits=18, decimal_places=2, db_default={value})")


def test_a_column_that_nothing_can_fill_is_left_out() -> None:
    shape, total = column("shape", Kind.OTHER, nullable=True), column("total", Kind.INTEGER, has_default=True)
    yes = column("yes", Kind.BOOLEAN, low=-128, high=127)

    assert mirrored(table(shape, total, yes)) == {"id": KEY, "yes": column("yes", Kind.BOOLEAN)}


def test_a_column_that_must_have_what_nothing_can_make_refuses_the_table() -> None:
    with pytest.raises(SchemaError) as error:
        mirrored(table(column("shape", Kind.OTHER), column("line", Kind.OTHER), column("box", Kind.OTHER, nullable=True)))

    assert str(error.value) == "things: no value can be made for shape, line: its type is none that seeders fill."


@pytest.mark.parametrize(
    ("wanted", "live", "narrow"),
    [
        (column("n", Kind.TEXT, length=9), column("n", Kind.TEXT, length=5, octets=20), {"length": 5, "octets": 20}),
        (column("n", Kind.TEXT, length=5), column("n", Kind.TEXT), {"length": 5}),
        (column("n", Kind.TEXT), column("n", Kind.TEXT), {"length": None}),
        (column("n", Kind.INTEGER, low=0, high=9), column("n", Kind.INTEGER, low=0, high=5), {"low": 0, "high": 5}),
        (column("n", Kind.INTEGER, low=0, high=9), column("n", Kind.INTEGER), {"low": 0, "high": 9}),
        (column("n", Kind.DECIMAL, low=-1, high=1), column("n", Kind.DECIMAL, low=-9, high=9), {"low": -1, "high": 1}),
        (column("n", Kind.BOOLEAN), column("n", Kind.INTEGER, low=0, high=9), {"low": None, "high": None}),
        (column("n", Kind.DATE), column("n", Kind.DATE, has_default=True), {"has_default": True}),
        (column("n", Kind.DATE, has_default=True), column("n", Kind.DATE), {"has_default": True}),
    ],
)
def test_a_column_is_no_wider_than_model_and_table_are(
    wanted: ColumnSchema, live: ColumnSchema, narrow: dict[str, Any]
) -> None:
    found = narrowest(wanted, live)

    assert {name: getattr(found, name) for name in narrow} == narrow


def test_a_long_line_is_broken_between_texts_and_not_within_one() -> None:
    texts = [f'"text number {number}"' for number in range(10)]

    lines = wrapped(f"({', '.join(texts)})", "    ")

    assert "".join(lines).replace(" ", "") == f"({','.join(texts)})".replace(" ", "")
    assert [line.count("text") for line in lines] == [4, 4, 2]
    assert all(len(line) <= 88 for line in lines)
    assert wrapped('it\'s, "a", "b"' * 20, "  ") == ["  " + 'it\'s, "a", "b"' * 20]
