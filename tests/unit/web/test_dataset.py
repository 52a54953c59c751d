"""The picture of the dataset: where tables stand, what is counted, and which values are never shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import models

from seeding.example.models import Customer, Order, Product, Review
from seeding.jobs.actions import Action
from seeding.models import SeedingMetadata
from seeding.web.dataset import distributions
from seeding.web.dataset.distributions import Share
from seeding.web.dataset.graph import ACROSS, Graph, graph
from tests.unit.web.conftest import Launched, Office, asked, words

PICTURE, VALUES = "/seeding/seedrun/dataset/", "/seeding/seedrun/dataset/table/"


def heights(drawn: Graph) -> dict[str, int]:
    return {node.table: node.y for node in drawn.nodes}


def test_a_table_stands_below_those_that_it_refers_to() -> None:
    drawn = graph({"line": ["order", "product"], "order": ["customer"], "customer": [], "product": [], "own": ["own", "away"]})

    found = heights(drawn)
    assert found["customer"] == found["product"] == found["own"] < found["order"] < found["line"]
    assert sorted((one.table, one.target) for one in drawn.lines) == [
        ("line", "order"), ("line", "product"), ("order", "customer"),
    ]  # fmt: skip
    assert all(0 <= node.x < drawn.width and 0 <= node.y < drawn.height for node in drawn.nodes)


def test_a_circle_is_drawn_and_many_tables_take_several_rows() -> None:
    circle, many = graph({"a": ["b"], "b": ["c"], "c": ["a"]}), graph({f"t{number}": [] for number in range(ACROSS + 1)})

    assert len(set(heights(circle).values())) == len(circle.lines) == 3
    assert len(set(heights(many).values())) == 2
    assert len({(node.x, node.y) for node in many.nodes}) == ACROSS + 1
    assert (graph({}).width, graph({}).height) == (0, 0)


def test_a_long_name_is_cut_where_it_is_drawn_only() -> None:
    (node,) = graph({"a" * 40: []}).nodes

    assert (len(node.label), len(node.table)) == (19, 40)


def test_the_picture_counts_seeded_rows_others_and_what_a_rollback_would_keep(office: Office, launched: Launched) -> None:
    office.shop.seed(table="shop_review")
    office.shop.query("INSERT INTO shop_product (name, price) VALUES ('theirs', 1)")
    client = office.client(superuser=True)
    before = client.get(PICTURE).context
    asked(client, Action.ROLL_BACK, tables=["shop_review"])
    launched.end(exit_code=0, results=[{"table": "shop_product", "records_kept": 9}])
    asked(client, Action.ROLL_BACK)
    launched.end(exit_code=6, results=[{"table": "shop_product", "records_kept": 2}])

    after = client.get(PICTURE).context

    figures = {one.node.table: (one.seeded, one.real, one.kept) for one in after["nodes"]}
    assert figures["shop_product"] == (10, 1, 2)
    assert figures["shop_review"] == (30, 0, 0)
    assert figures["shop_order"] == (0, 0, 0)
    assert before["kept_at"] is None
    assert {one.kept for one in before["nodes"]} == {None}


def test_values_are_for_whoever_may_view_the_rows(office: Office) -> None:
    office.shop.seed(table="shop_product")

    assert office.client().get(PICTURE).status_code == office.client().get(VALUES).status_code == 403
    shown = words(office.client("seeding.view_seedrun").get(VALUES, {"table": "shop_product"}))
    assert "you need the permission shop.view_product" in shown
    may = office.client("seeding.view_seedrun", "shop.view_product").get(VALUES, {"table": "shop_product"})
    assert [one.column for one in may.context["found"].columns] == ["price"]


@pytest.mark.parametrize("table", ["", "auth_user", "shop_product", "../shop_product", "shop_product; DROP TABLE shop_product"])
def test_only_tables_with_seeded_rows_have_such_a_page(office: Office, table: str) -> None:
    assert office.client(superuser=True).get(VALUES, {"table": table}).status_code == 404


def test_no_personal_value_is_shown_seeded_or_not(office: Office) -> None:
    office.shop.seed(table="shop_customer")
    office.shop.query(
        "INSERT INTO shop_customer (name, email, joined_at) VALUES ('Mara Real', 'mara@real.example', '2020-01-01')"
    )

    page = office.client(superuser=True).get(VALUES, {"table": "shop_customer"})

    assert [one.column for one in page.context["found"].columns] == ["joined_at"]
    assert page.context["found"].withheld == ["email", "name"]
    assert distributions.distributions(office.shop.alias, Customer, []).withheld == ["email"]  # by its name alone
    assert "mara" not in page.content.decode().lower().replace("person", "")


def test_what_the_ledger_has_masked_is_personal_whatever_it_is_called(office: Office) -> None:
    office.shop.seed(table="shop_review")
    SeedingMetadata.objects.filter(table_name="shop_review").update(masked_fields=["stars"])

    found = distributions.distributions(
        office.shop.alias, Review, distributions.personal_columns(office.shop.alias, "shop_review", {})
    )

    assert "stars" in found.withheld
    assert "stars" not in {one.column for one in found.columns}


def test_seeded_and_real_rows_are_counted_apart(office: Office) -> None:
    office.shop.seed(table="shop_order")
    (customer,) = Customer.objects.all()[:1]
    for _ in range(3):
        Order.objects.create(customer=customer, status="returned", ordered_at=datetime(2020, 1, 1, tzinfo=UTC), total=5)

    found = distributions.distributions(office.shop.alias, Order, [])

    assert (found.seeded, found.real) == (Order.objects.count() - 3, 3)
    status = {one.column: {share.value: share for share in one.shares} for one in found.columns}["status"]
    assert status["returned"].real == 1.0
    assert sum(one.seeded for one in status.values()) == pytest.approx(1.0)


def test_keys_in_too_many_pieces_leave_real_rows_unread(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.shop.seed(table="shop_product")
    monkeypatch.setattr(distributions, "MOST_PIECES", 0)

    found = distributions.distributions(office.shop.alias, Product, [])

    assert (found.seeded, found.real) == (10, None)


@pytest.mark.parametrize(
    ("field", "seeded", "real", "expected"),
    [
        (models.IntegerField(), [5, 5], [5], [Share(value="5", seeded=1.0, real=1.0)]),
        (models.IntegerField(), [None], [], []),
        (models.BooleanField(), [True, True, None, True], [], [Share(value="True", seeded=0.75, real=0.0),
                                                              Share(value="null", seeded=0.25, real=0.0)]),
        (models.CharField(), ["a", "b", "c"], ["d"], []),
        (models.DateField(), [date(2026, 1, 1)], [], [Share(value="2026-01-01", seeded=1.0, real=0.0)]),
    ],
)  # fmt: skip
def test_shares_of_a_column(field: Any, seeded: list[Any], real: list[Any], expected: list[Share]) -> None:
    assert distributions._shares(field, seeded, real) == expected


def test_a_histogram_has_ten_ranges_that_hold_every_value_once() -> None:
    shares = distributions._shares(models.DecimalField(), [Decimal(one) / 10 for one in range(101)], [10.0, 0.0])

    assert len(shares) == 10
    assert sum(one.seeded for one in shares) == pytest.approx(1.0)
    assert (shares[0].real, shares[-1].real, shares[-1].value) == (0.5, 0.5, "9 to 10")
