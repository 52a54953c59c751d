"""What a table's name becomes in code, and what a column's does."""

from __future__ import annotations

import pytest

from seeding.guessing.names import attribute, class_name, module_name, row_words, singular


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("orderLineItems", ("OrderLineItem", "order_line_items")),
        ("categories", ("Category", "categories")),
        ("batches", ("Batch", "batches")),
        ("houses", ("House", "houses")),
        ("statuses", ("Status", "statuses")),
        ("order lines", ("OrderLine", "order_lines")),
        ("people", ("Person", "people")),
        ("series", ("Series", "series")),
        ("class", ("Class", "class_")),
        ("2fa", ("Table2Fa", "2fa_")),
        ("!", ("Row", "rows")),
        ("__a-b__", ("AB", "a_b")),
    ],
)
def test_names_in_code(table: str, names: tuple[str, str]) -> None:
    assert (class_name(row_words(table)), module_name(table)) == names


@pytest.mark.parametrize(
    ("column", "name"),
    [("email", "email"), ("class", "class_column"), ("save", "save_column"), ("a__b", "a_b"), ("order lines", "order_lines"),
     ("2nd", "column_2nd"), ("_x_", "x"), ("taken", "taken_column")],
)  # fmt: skip
def test_attributes_are_what_python_and_django_allow(column: str, name: str) -> None:
    assert attribute(column, {"taken"}) == name


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("lines", "line"),
        ("companies", "company"),
        ("boxes", "box"),
        ("classes", "class"),
        ("dishes", "dish"),
        ("buzzes", "buzz"),
        ("viruses", "virus"),
        ("causes", "cause"),
        ("bus", "bus"),
        ("address", "address"),
        ("status", "status"),
        ("news", "news"),
        ("sheep", "sheep"),
        ("gas", "gas"),
        ("salespeople", "salesperson"),
    ],
)
def test_only_the_last_word_of_a_table_is_made_singular(word: str, one: str) -> None:
    assert singular(("lines", word)) == ("lines", one)


@pytest.mark.parametrize(
    ("column", "name"), [("pk", "pk_column"), ("check", "check_column"), ("", "column"), ("straße", "straße")]
)
def test_a_name_that_every_model_has_is_not_taken_for_a_column(column: str, name: str) -> None:
    assert attribute(column, ()) == name


def test_a_name_is_made_longer_until_it_is_free() -> None:
    assert attribute("id", {"id_column"}) == "id_column_column"
