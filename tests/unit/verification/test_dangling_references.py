"""Whether references lead to rows: of columns, of columns that count sometimes, and in JSON."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from django.db import models
from django.test.utils import isolate_apps

from seeding.db.features import ServerFeatures
from seeding.example.models import Customer, Order, OrderLine, Product, Review
from seeding.keys import KeySet
from seeding.schema.references import Reference, ReferencingJSONField, references
from seeding.verification import dangling_references as module
from seeding.verification.dangling_references import Verification, shortcomings, verify
from seeding.verification.results import Verdict
from tests.support.databases import Database

ALL = KeySet.of([(1, 1_000)])
IN_JSON = Reference(column="text", target=Product, json_key="id")
BY_KIND = Reference(column="stars", target=Product, when=("author", "product"))


with isolate_apps():

    class Note(models.Model):
        """Its field has a name that others have, too, and another one in the database."""

        text = ReferencingJSONField(targets={"id": "shop.Product"}, db_column="productList")

        class Meta:
            app_label = "notes"
            db_table = "note"


@pytest.fixture
def reviews(shop: Database) -> Database:
    """Products 1, 2 and 4, and reviews of them, whose keys no constraint checks."""
    shop.query("PRAGMA foreign_keys = OFF")
    for key in (1, 2, 4):
        shop.query("INSERT INTO shop_product (id, name, price) VALUES (%s, %s, 5)", key, str(key))
    for key, product, author, stars, text in (
        (1, 1, "product", 1, '[{"id": 1}, {"id": 2}]'),
        (2, 2, "person", 5, '[{"id": null}, {}]'),
        (3, 4, "product", 2, '[{"id": 4}]'),
        (4, 2, "person", 3, "[]"),
    ):
        shop.query("INSERT INTO shop_review VALUES (%s, %s, %s, %s, '2026-03-02', %s)", key, author, stars, text, product)
    return shop


def found(shop: Database, *among: Reference, keys: KeySet = ALL) -> tuple[int, int, tuple[str, ...]]:
    """(looked at, broken, examples) of the one verdict, which is the same where tables are looked at together."""
    (verdict,) = verify(shop.alias, Review, keys, shortcomings(shop.alias, [Review]), among or None)
    if not among:
        with Verification(shop.alias, {Review: keys}, {}) as together:
            assert list(together.verdicts()) == [verdict]
    return verdict.looked_at, verdict.broken, verdict.examples


def test_a_reference_that_leads_somewhere_is_whole_though_keys_have_gaps(reviews: Database) -> None:
    assert found(reviews) == (4, 0, ())
    assert found(reviews, keys=KeySet.of([(1, 2)])) == (2, 0, ())


def test_a_reference_that_leads_nowhere_is_counted_with_its_row(reviews: Database) -> None:
    reviews.query("UPDATE shop_review SET product_id = 3 WHERE id IN (2, 3)")

    assert found(reviews) == (4, 2, ("2", "3"))
    assert found(reviews, keys=KeySet.of([(1, 2)])) == (2, 1, ("2",))
    assert found(reviews, keys=KeySet.of([(1, 1), (3, 4)])) == (3, 1, ("3",))


@pytest.mark.parametrize(("low", "high"), [(-5, 2**63 - 1), (-(2**63), 2**63 - 1), (2, 2**63 - 1)])
def test_references_may_hold_any_integer(reviews: Database, low: int, high: int) -> None:
    reviews.query("UPDATE shop_review SET product_id = %s WHERE id = 1", low)
    reviews.query("UPDATE shop_review SET product_id = %s WHERE id = 3", high)

    assert found(reviews) == (4, 2 - (low == 2), ("1", "3") if low != 2 else ("3",))


def test_a_few_examples_are_named_and_all_are_counted(reviews: Database) -> None:
    for key in range(10, 17):
        reviews.query("INSERT INTO shop_review VALUES (%s, 'x', 1, '[]', '2026-03-02', 3)", key)

    assert found(reviews) == (11, 7, ("10", "11", "12", "13", "14"))


def test_rows_of_another_kind_do_not_count(reviews: Database) -> None:
    assert found(reviews, BY_KIND) == (2, 0, ())
    reviews.query("UPDATE shop_review SET stars = 3 WHERE id = 3")
    assert found(reviews, BY_KIND) == (2, 1, ("3",))


def test_without_rows_there_is_nothing_to_look_at(reviews: Database) -> None:
    for one in (IN_JSON, BY_KIND, references(Review)[0]):
        assert found(reviews, one, keys=KeySet.of()) == (0, 0, ())
        assert found(reviews, one, keys=KeySet.of([(900, 901)])) == (0, 0, ())


def test_keys_in_json_are_looked_up_and_a_row_is_broken_once(reviews: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    assert found(reviews, IN_JSON) == (4, 0, ())

    reviews.query("""UPDATE shop_review SET text = '[{"id": 3}, {"id": 3}, {"id": 9}]' WHERE id = 3""")
    reviews.query("""UPDATE shop_review SET text = '[{"id": 1}, {"id": 9}]' WHERE id = 4""")
    assert found(reviews, IN_JSON) == (4, 2, ("3", "4"))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "5",
        '{"ID": 9}',
        '{"id": "9"}',
        '"x"',
        "[5]",
        '[{"id": "1"}]',
        '[{"id": 1.5}]',
        '[{"id": true}]',
        '[{"id": 9999999999999999999}]',
    ],
)
def test_what_is_no_list_of_objects_names_nothing_and_hides_nothing(reviews: Database, text: str) -> None:
    reviews.query("UPDATE shop_review SET text = %s WHERE id = 1", text)
    reviews.query("""UPDATE shop_review SET text = '[{"id": 3}]' WHERE id = 2""")

    assert found(reviews, IN_JSON) == (4, 1, ("2",))


def test_an_object_names_rows_as_a_list_of_one_does(reviews: Database) -> None:
    reviews.query("""UPDATE shop_review SET text = '{"id": 1}' WHERE id = 1""")
    reviews.query("""UPDATE shop_review SET text = '{"id": 9}' WHERE id = 4""")

    assert found(reviews, IN_JSON) == (4, 1, ("4",))


def test_verdicts_say_what_is_true_where_they_hold(reviews: Database) -> None:
    (one, other) = verify(reviews.alias, Review, ALL, shortcomings(reviews.alias, [Review]), [references(Review)[0], IN_JSON])

    assert (one.rule, one.sentence, one.table) == (
        "shop_review.product_id leads to shop_product",
        "Every product_id names a row of shop_product.",
        "shop_review",
    )
    assert other.rule == "shop_review.text[].id leads to shop_product"


def test_a_reference_that_needs_what_is_not_there_is_not_looked_at(shop: Database) -> None:
    shop.query("DROP TABLE shop_orderline")
    shop.query("DROP TABLE shop_review")
    shop.query("CREATE TABLE shop_review (id INTEGER PRIMARY KEY, product_id INTEGER)")
    shop.query("INSERT INTO shop_review VALUES (1, 77)")
    lacks = shortcomings(shop.alias, [Review, OrderLine])

    (product,) = verify(shop.alias, Review, ALL, lacks)
    assert (product.missing, product.looked_at, product.broken) == ((), 1, 1)  # columns that it does not need are missing
    assert [one.missing for one in verify(shop.alias, OrderLine, ALL, lacks)] == [("shop_orderline",)] * 2
    (kind,) = verify(shop.alias, Review, ALL, lacks, [Reference(column="stars", target=Product)])
    assert (kind.missing, kind.looked_at) == (("shop_review.stars",), 0)


def test_a_json_column_may_be_called_anything(reviews: Database) -> None:
    reviews.query('CREATE TABLE note (id INTEGER PRIMARY KEY, "productList" TEXT)')
    reviews.query("""INSERT INTO note VALUES (1, '[{"id": 1}]'), (2, '[{"id": 3}]')""")

    (verdict,) = verify(reviews.alias, Note, ALL, shortcomings(reviews.alias, [Note]))

    assert (verdict.rule, verdict.looked_at, verdict.examples) == (
        "note.productList[].id leads to shop_product", 2, ("2",),
    )  # fmt: skip


def verdicts(shop: Database, derived: dict[type[Order], Collection[str]]) -> list[tuple[str, int, int]]:
    rows = {OrderLine: ALL, Order: ALL, Customer: ALL}
    with Verification(shop.alias, rows, derived) as verification:  # type: ignore[arg-type]  # a Mapping's keys are invariant
        shop.query("UPDATE shop_order SET customer_id = 99 WHERE id = 1")  # derived meanwhile, say
        return [(one.rule.split()[0], one.looked_at, one.broken) for one in verification.verdicts()]


def test_columns_that_are_derived_are_looked_at_last(shop: Database) -> None:
    shop.query("PRAGMA foreign_keys = OFF")
    shop.seed(table="shop_orderline")
    shop.query("PRAGMA foreign_keys = OFF")

    assert verdicts(shop, {Order: ("customer_id",)}) == [
        ("shop_orderline.order_id", 180, 0),
        ("shop_orderline.product_id", 180, 0),
        ("shop_order.customer_id", 60, 1),
    ]


def test_where_readers_hold_nobody_up_the_others_are_looked_at_beside(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.seed(table="shop_orderline")
    shop.query("PRAGMA foreign_keys = OFF")
    monkeypatch.setattr(module, "features", lambda _: ServerFeatures(is_concurrent=True))

    assert verdicts(shop, {Order: ("customer_id",)})[-1] == ("shop_order.customer_id", 60, 1)


def test_what_fails_beside_is_done_again_in_its_turn(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: Verification) -> list[Verdict]:
        raise OSError("the connection is lost")

    shop.seed(table="shop_orderline")
    shop.query("PRAGMA foreign_keys = OFF")
    monkeypatch.setattr(module, "features", lambda _: ServerFeatures(is_concurrent=True))
    monkeypatch.setattr(Verification, "_look_beside", failing)

    assert len(verdicts(shop, {})) == 3


def test_a_run_that_gives_up_waits_for_no_verdict(shop: Database) -> None:
    verification = Verification(shop.alias, {Review: ALL}, {})

    with verification:
        pass

    assert list(verification.verdicts()) == []
