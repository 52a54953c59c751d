"""What a column of a model refers to."""

from __future__ import annotations

from typing import Any, cast

import pytest

from seeding.example.models import Customer, Order, Product, Review
from seeding.schema.references import (
    NamingField,
    Reference,
    ReferencingJSONField,
    TypedReferenceField,
    column_name,
    generic_references,
    namings,
    references,
)
from tests.unit.schema.models import Comment, Joined, Label, Movement, Note


def test_foreign_keys_are_references_whether_the_database_declares_them_or_not() -> None:
    assert references(Label) == (
        Reference(column="of", target=Product, by="name"),
        Reference(column="review_id", target=Review),
    )


def test_a_model_without_references_has_none() -> None:
    assert (*references(Product), *namings(Product), *generic_references(Product)) == ()


def test_a_typed_reference_counts_for_each_kind_and_a_list_for_each_of_its_keys() -> None:
    assert references(Movement) == (
        Reference(column="subject", target=Product, when=("kind", "PRODUCT")),
        Reference(column="subject", target=Order, when=("kind", "ORDER")),
        Reference(column="items", target=Product, json_key="product"),
        Reference(column="items", target=Review, json_key="review"),
    )


def test_a_name_counts_always_or_in_rows_of_its_kind() -> None:
    assert namings(Movement) == (
        Reference(column="named", target=Product, by="name"),
        Reference(column="buyer", target=Customer, by="email", when=("kind", "ORDER")),
    )


def test_a_join_of_several_columns_is_told_by_the_last_and_knows_all() -> None:
    pairs = (("first_column", "product_id"), ("second_column", "stars"))
    assert set(namings(Joined)) == {
        Reference(column="second_column", target=Review, by="stars", columns=pairs),
        Reference(column="first_column", target=Product),
    }
    assert references(Joined) == ()


def test_a_generic_reference_has_a_column_of_its_kind_and_one_of_its_key() -> None:
    assert generic_references(Comment) == (("content_type_id", "object", False),)
    assert generic_references(Note) == (("content_type_id", "object_id", True),)


@pytest.mark.parametrize(
    ("reference", "words", "is_read_here"),
    [
        (Reference(column="a", target=Review), "a", False),
        (Reference(column="a", target=Review, when=("kind", "X"), by="author"), "a", False),
        (Reference(column="a", target=Review, textual=True), "a", True),
        (Reference(column="a", target=Review, json_key="b"), "a[].b", True),
    ],
)
def test_rows_are_read_where_the_database_cannot_compare(reference: Reference, words: str, *, is_read_here: bool) -> None:
    assert (str(reference), reference.target_table, reference.is_read_here) == (words, "shop_review", is_read_here)


def test_a_field_without_a_column_has_no_name_of_one() -> None:
    with pytest.raises(TypeError, match=r"^unit\.Joined\.review has no column$"):
        column_name(cast("Any", Joined._meta.get_field("review")))


@pytest.mark.parametrize(
    "field",
    [
        TypedReferenceField(kind="kind", targets={"X": "shop.Product"}, null=True),
        NamingField(max_length=9, kind="kind", targets={"X": ("shop.Product", "name")}),
        ReferencingJSONField(targets={"product": "shop.Product"}),
    ],
)
def test_a_copy_of_a_field_refers_to_the_same(field: Any) -> None:
    copy = field.clone()

    assert isinstance(copy, type(field))
    assert copy.targets == field.targets
    assert getattr(copy, "kind", None) == getattr(field, "kind", None)
    assert (copy.null, getattr(copy, "max_length", None)) == (field.null, getattr(field, "max_length", None))
