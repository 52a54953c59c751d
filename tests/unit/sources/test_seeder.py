"""The rows of a file as a seeder gives them: masked, and with row indexes in place of the source's keys."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seeding.example.models import Product, Review
from seeding.exceptions import SourceError
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.sources.seeder import REMEMBERED, SourceSeeder
from tests.support.databases import AS_OF
from tests.unit.sources.made import MASKER, Note, Person, Team, seeder, source

NOTES = Registry(
    [
        seeder(Product, not_pii=("name",)),
        seeder(Review, pii_fields={"author": "person_name", "text": "free_text"}),
        seeder(Note, not_pii=("kind", "items")),
    ]
)


def read(made: SourceSeeder, *index: int) -> pl.DataFrame:
    rows = Rows(seed=1, table=made.config.table_name, as_of=AS_OF, index=np.array(index, dtype=np.int64))
    return made.generate_data(rows)


def faults(made: SourceSeeder, *index: int) -> list[tuple[int | None, str, str, str]]:
    found = made.faults(np.array(index, dtype=np.int64))
    return [(one.row, one.field, one.issue, one.expected) for one in found]


def test_the_rows_have_the_columns_of_the_file_but_its_key(tmp_path: Path) -> None:
    text = "id,price,name,stars\n5,1.5,Pear,\n6,2,Plum,4.5\n"
    made = source(tmp_path, Registry.discover(), shop_product=text)["shop_product"]

    data = read(made, 0, 1)

    assert data.rows(named=True) == [
        {"price": Decimal("1.50"), "name": "Pear", "stars": None},
        {"price": Decimal("2.00"), "name": "Plum", "stars": 4.5},
    ]
    assert made.faults(np.array([0, 1])) == []


def test_what_the_project_calls_personal_is_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seeding.masking.classification.other_tables", lambda: {"shop_product": {"name": "person_name"}})

    made = source(tmp_path, Registry.discover(), shop_product="id,name\n5,Joe Bloggs\n")["shop_product"]

    assert made.config.pii_fields == {"name": "person_name"}
    assert "name" not in made.config.not_pii
    assert "Bloggs" not in read(made, 0)["name"][0]


def test_a_file_that_changes_while_it_is_loaded_is_refused(tmp_path: Path) -> None:
    text = "id,name\n10,a\n20,b\n"
    made = source(tmp_path, Registry.discover(), shop_product=text)["shop_product"]
    (path,) = tmp_path.rglob("shop_product.csv")
    assert read(made, 0)["name"].to_list() == ["a"]

    other = path.with_suffix(".new")
    other.write_text("id,name\n20,b\n10,a\n", encoding="utf-8")
    other.replace(path)

    for index in (0, 1):
        with pytest.raises(SourceError, match=r"shop_product\.csv: it has changed since this run began to read it"):
            read(made, index)
    path.unlink()
    with pytest.raises(SourceError, match="it has changed"):
        read(made, 0)


def test_a_reference_is_the_index_of_the_row_that_it_names(tmp_path: Path) -> None:
    reviews = "id,product_id,written_at\n1,30,2026-01-01\n2,10,2026-01-01\n3,99,2026-01-01\n4,,2026-01-01\n"
    found = source(tmp_path, Registry.discover(), shop_product="id,name\n10,a\n20,b\n30,c\n", shop_review=reviews)

    data = read(found["shop_review"], 0, 1, 2, 3)

    assert data["product_id"].to_list() == [2, 0, -1, None]
    assert data["written_at"].to_list() == [datetime(2026, 1, 1, tzinfo=UTC)] * 4


def test_a_reference_to_a_table_without_a_file_is_a_fault_and_names_nothing(tmp_path: Path) -> None:
    made = source(tmp_path, Registry.discover(), shop_review="id,product_id\n1,30\n2,\n")["shop_review"]

    data = read(made, 0, 1)

    assert data["product_id"].to_list() == [None, None]
    expected = "a row of shop_product, of which the source has no file"
    assert faults(made, 0, 1) == [(0, "product_id", "reference to nothing", expected)]


def test_what_a_number_names_depends_on_the_kind(tmp_path: Path) -> None:
    notes = "id,kind,about\n1,PRODUCT,30\n2,REVIEW,30\n3,OTHER,30\n4,PRODUCT,\n5,PRODUCT,31\n"
    found = source(
        tmp_path, NOTES, shop_product="id,name\n10,a\n30,b\n", shop_review="id,product_id\n30,10\n", orchard_note=notes
    )

    assert read(found["orchard_note"], 0, 1, 2, 3, 4)["about"].to_list() == [1, 0, 30, None, -1]


def test_another_spelling_of_a_kind_is_a_fault_since_the_server_may_take_it_for_the_kind(tmp_path: Path) -> None:
    notes = "id,kind,about\n1,PRODUCT,10\n2,product,10\n3,Revi\u00e9w,10\n4,PRODUCTS,10\n5,product,\n6,,10\n"
    found = source(tmp_path, NOTES, shop_product="id,name\n10,a\n", shop_review="id,product_id\n", orchard_note=notes)

    read(found["orchard_note"], 0, 1, 2, 3, 4, 5)

    expected = ("kind", "spelled otherwise", "PRODUCT, REVIEW")
    assert faults(found["orchard_note"], 0, 1, 2, 3, 4, 5) == [(1, *expected), (2, *expected)]


def test_without_the_column_of_the_kind_a_number_names_nothing(tmp_path: Path) -> None:
    found = source(tmp_path, NOTES, shop_product="id,name\n10,a\n", orchard_note="id,about\n1,10\n2,11\n")

    assert read(found["orchard_note"], 0, 1)["about"].to_list() == [10, 11]
    assert faults(found["orchard_note"], 0, 1) == []


def test_keys_in_lists_of_objects_are_references_too(tmp_path: Path) -> None:
    items = '[{"n": 0}, {"product": 30, "n": 1}, {"product": null}, {"product": 7}]'.replace('"', '""')
    notes = f'id,items\n1,"{items}"\n2,[]\n3,\\N\n'
    found = source(tmp_path, NOTES, shop_product="id,name\n10,a\n30,b\n", orchard_note=notes)

    assert read(found["orchard_note"], 0, 1, 2)["items"].to_list() == [
        [{"n": 0}, {"product": 1, "n": 1}, {"product": None}, {"product": -1}],
        [],
        None,
    ]


def test_keys_in_objects_are_references_too(tmp_path: Path) -> None:
    notes = 'id,items\n1,"{""product"": 30, ""n"": 1}"\n2,"{""n"": 2}"\n3,"{""product"": 7}"\n'
    found = source(tmp_path, NOTES, shop_product="id,name\n10,a\n30,b\n", orchard_note=notes)

    assert read(found["orchard_note"], 0, 1, 2)["items"].to_list() == [{"product": 1, "n": 1}, {"n": 2}, {"product": -1}]


def test_keys_in_lists_of_objects_need_a_file_only_where_there_are_any(tmp_path: Path) -> None:
    notes = 'id,items\n1,"[{""product"": 30}]"\n2,[{}]\n3,\\N\n'
    made = source(tmp_path, NOTES, orchard_note=notes)["orchard_note"]

    assert read(made, 0, 1, 2)["items"].to_list()[0] is None
    assert [(row, field) for row, field, *_ in faults(made, 0, 1, 2)] == [(0, "items[].product")]


def test_personal_columns_are_masked_to_fit_and_the_same_each_time(tmp_path: Path) -> None:
    people = Registry(
        [seeder(Person, pii_fields={"name": "person_name", "login": "identifier"}), seeder(Team, not_pii=("code",))]
    )
    logins = ["jo.of.the.secrets", "ann.of.the.secrets", "bo"]
    text = f"id,name,login\n1,Jo Secret,{logins[0]}\n2,,{logins[1]}\n3,Jo Secret,{logins[2]}\n"
    made = source(tmp_path, people, orchard_person=text)["orchard_person"]

    data = read(made, 0, 1, 2)

    first, blank, again = data["name"].to_list()
    assert first == again
    assert "Secret" not in first
    assert blank == ""
    assert all(mask != login and len(mask) <= 20 for mask, login in zip(data["login"].to_list(), logins, strict=True))


def test_personal_data_is_no_fault_where_it_is_masked(tmp_path: Path) -> None:
    text = "id,name,email\n1,Jo Secret,jo@corp.com\n"
    made = source(tmp_path, Registry.discover(), shop_customer=text)["shop_customer"]

    assert "jo@corp.com" not in read(made, 0)["email"].to_list()
    assert faults(made, 0) == []


def test_production_has_the_values_as_they_are(tmp_path: Path) -> None:
    text = "id,name,email\n1,Jo Secret,jo@corp.com\n"
    made = source(tmp_path, Registry.discover(), None, shop_customer=text)["shop_customer"]

    assert read(made, 0).rows() == [("Jo Secret", "jo@corp.com")]


def test_personal_data_where_there_should_be_none_is_a_fault(tmp_path: Path) -> None:
    notes = 'id,kind,items\n1,x,"[{""n"": {""to"": [""jo@corp.com"", ""ann@corp.com""]}}]"\n2,jo@a.com,[]\n3,y,"[{""n"": 1}]"\n'
    made = source(tmp_path, NOTES, orchard_note=notes)["orchard_note"]

    read(made, 0, 1, 2)

    issue, expected = "looks like personal data (email)", "nothing personal"
    assert sorted(faults(made, 0, 1, 2), key=str) == [(0, "items", issue, expected), (1, "kind", issue, expected)]


def test_where_nothing_is_masked_nothing_is_searched(tmp_path: Path) -> None:
    made = source(tmp_path, Registry.discover(), None, shop_product="id,name\n1,jo@corp.com\n")["shop_product"]

    assert read(made, 0)["name"].to_list() == ["jo@corp.com"]
    assert faults(made, 0) == []


def test_a_fault_stands_at_the_place_of_its_row_in_the_portion(tmp_path: Path) -> None:
    made = source(tmp_path, Registry.discover(), shop_product="id,name,price\n1,a,1\n2,b,many\n3,c\n")["shop_product"]

    read(made, 1, 2)

    assert faults(made, 2, 1) == [
        (0, "row", "unreadable", "3 cells, as the header has"),
        (1, "price", "unreadable", "a number"),
    ]
    assert faults(made, 0) == []


def test_a_row_is_told_by_file_and_line_as_long_as_it_is_remembered(tmp_path: Path) -> None:
    text = "id,name,price\n" + "\n\n".join(f"{number},n,x" for number in range(REMEMBERED + 1)) + "\n"
    made = source(tmp_path, Registry.discover(), shop_product=text)["shop_product"]

    read(made, 0)
    assert made.origin(0) == "shop_product.csv, line 2"
    assert made.origin(1) == "shop_product.csv"
    for number in range(1, REMEMBERED + 1):
        read(made, number)

    assert made.origin(1) == "shop_product.csv, line 4"
    assert made.origin(0) == "shop_product.csv"
    assert [row for row, *_ in faults(made, 0, 1)] == [1]


def test_the_ledger_knows_the_file_by_table_and_fingerprint(tmp_path: Path) -> None:
    found = source(tmp_path, Registry.discover(), shop_product="id,name\n1,a\n")

    kind, fingerprint, table = found["shop_product"].name.split(":")
    assert (kind, table) == ("source", "shop_product")
    assert (len(fingerprint), fingerprint.strip("0123456789abcdef")) == (12, "")


@pytest.mark.parametrize(
    ("accounts", "masker", "rows"), [(True, None, [0, 1]), (True, MASKER, []), (False, None, []), (False, MASKER, [])]
)
def test_production_gets_no_accounts(tmp_path: Path, accounts: bool, masker: object, rows: list[int]) -> None:  # noqa: FBT001
    registry = Registry([seeder(Product, not_pii=("name",), accounts=accounts)])
    made = source(tmp_path, registry, MASKER if masker else None, shop_product="id,name\n1,a\n2,b\n")["shop_product"]

    errors = made.validate_data(read(made, 0, 1))

    assert [one.row for one in errors] == rows
    assert {(one.field, one.issue, one.expected) for one in errors} <= {
        ("name", "account that is not there", "one that is: production gets none")
    }
