"""The pages of the admin: what they are told to show, and to whom."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from seeding.example.models import Review
from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from seeding.web import views
from seeding.web.views import Field
from tests.unit.web.conftest import Office, run, words

STEPS = [{"seeder": "ProductSeeder", "table": "shop_product", "rows": 40, "existing": 10}]


def row(client: Client, table: str, key: int | str) -> str:
    return words(client.get("/seeding/seedingmetadata/row/", {"table": table, "key": key}))


def test_the_dashboard_adds_up_what_is_there(office: Office) -> None:
    office.shop.seed(table="shop_review")
    office.shop.query("INSERT INTO shop_product (name, price) VALUES ('theirs', 1)")

    context = office.client("seeding.view_seedrun").get("/seeding/seedrun/dashboard/").context

    assert (context["seeded"], context["rows"], context["largest"], context["progress"]) == (40, 41, 30, None)
    assert [chart.title for chart in context["charts"]] == ["Duration of each run", "Rate of each run"]


def test_an_empty_dashboard_says_how_to_begin(office: Office) -> None:
    shown = words(office.client("seeding.view_seedrun").get("/seeding/seedrun/dashboard/"))

    assert "Nothing has been seeded yet" in shown


def test_the_dashboard_shows_the_last_twenty_runs_and_draws_those_that_have_ended(office: Office) -> None:
    ended = [run(finished_at=datetime.now(UTC), state="failed" if one == 20 else "succeeded") for one in range(21)]
    going = run(state="running")

    context = office.client("seeding.view_seedrun").get("/seeding/seedrun/dashboard/").context

    assert [one.run for one in context["runs"]] == [going, *ended[:1:-1]]
    assert context["progress"].figures.run == going
    bars = [column.bar for column in context["charts"][0].columns]
    assert [bar.name for bar in bars] == [str(one.pk) for one in ended[2:]]
    assert [bar.kind for bar in bars[-2:]] == ["seed", "failed"]
    assert context["charts"][1].columns[0].bar.words == "\N{EN DASH} rows per second"


def test_a_run_is_told_live_while_somebody_holds_the_lock_for_it(office: Office) -> None:
    client, lock = office.client("seeding.view_seedrun"), seeding_lock(office.shop.alias)
    with lock.held(0):
        going = run(state="running", phase="ProductSeeder", plan={"steps": STEPS}, lock_connection=lock.connection_id)
        told = client.get(f"/seeding/seedrun/{going.pk}/live/").json()
        overview = client.get("/seeding/seedrun/dashboard/live/").json()
    nothing = {"running": False, "parts": {}}

    assert (told["running"], sorted(told["parts"])) == (True, ["progress", "steps"])
    assert "10 of 40" in told["parts"]["progress"]
    assert (overview["running"], sorted(overview["parts"])) == (True, ["charts", "progress", "state", "tables"])
    assert client.get(f"/seeding/seedrun/{going.pk}/live/").json() == nothing
    assert client.get("/seeding/seedrun/dashboard/live/").json() == nothing
    assert client.get("/seeding/seedrun/999/live/").json() == nothing


@pytest.mark.parametrize(
    "address", ["seedrun/dashboard/", "seedrun/dashboard/live/", "seedrun/1/live/", "seedingmetadata/row/"]
)
def test_a_page_is_for_whoever_may_view_what_it_is_about(office: Office, address: str) -> None:
    other = "seeding.view_seedrun" if "row" in address else "seeding.view_seedingmetadata"

    assert office.client(other).get(f"/seeding/{address}").status_code == 403
    assert Client().get(f"/seeding/{address}").status_code == 302


def test_a_row_is_shown_with_its_origin_and_the_way_to_its_own_page(office: Office) -> None:
    office.shop.seed(table="shop_product")
    entry = SeedingMetadata.objects.get()
    key = entry.key_ranges[0][2] + 2

    answer = office.client(superuser=True).get("/seeding/seedingmetadata/row/", {"table": "shop_product", "key": key})

    assert f"batch {entry.pk} , row index 2" in words(answer)
    assert answer.context["elsewhere"] == "admin:shop_product_change"
    assert [one.column for one in answer.context["cells"]] == ["id", "name", "price", "stars"]


@pytest.mark.parametrize(
    ("permissions", "forbidden"),
    [
        (["seeding.view_seedingmetadata"], True),
        (["seeding.view_seedingmetadata", "shop.view_product"], False),
        (["seeding.view_seedingmetadata", "shop.view_review"], True),
    ],
)
def test_who_may_see_the_ledger_may_not_see_every_row(office: Office, permissions: list[str], *, forbidden: bool) -> None:
    office.shop.seed(table="shop_product")
    key = SeedingMetadata.objects.get().key_ranges[0][2]

    shown = row(office.client(*permissions), "shop_product", key)

    assert ("you need the permission shop.view_product" in shown) is forbidden
    assert ("Product 1" in shown) is not forbidden


def test_a_model_that_the_admin_does_not_know_is_guarded_by_its_permission_too(office: Office) -> None:
    office.shop.seed(table="shop_customer")
    key = SeedingMetadata.objects.get().key_ranges[0][2]

    assert "you need the permission shop.view_customer" in row(
        office.client("seeding.view_seedingmetadata"), "shop_customer", key
    )
    allowed = office.client("seeding.view_seedingmetadata", "shop.view_customer")
    assert "customer1@example.com personal, masked" in row(allowed, "shop_customer", key)


def test_a_row_that_is_not_there_is_told_from_one_that_never_was(office: Office) -> None:
    office.shop.seed(table="shop_review")
    client = office.client(superuser=True)
    product = SeedingMetadata.objects.get(table_name="shop_product").key_ranges[0][2]
    review = SeedingMetadata.objects.get(table_name="shop_review").key_ranges[0][2]
    office.shop.query("DELETE FROM shop_review WHERE id = %s", review)

    assert "somebody else has deleted it" in row(client, "shop_review", review)
    assert "The ledger knows of no row 999 in shop_product" in row(client, "shop_product", 999)
    assert "The ledger knows of no row x in shop_product" in row(client, "shop_product", "x")
    assert "Select a valid choice" in row(client, "shop_order", 1)
    office.shop.rollback()
    assert "Rolled back 20" in row(client, "shop_product", product)
    assert "The row" not in row(client, "shop_product", product)


def test_of_a_row_that_is_gone_nothing_is_read_and_nothing_linked(office: Office) -> None:
    office.shop.seed(table="shop_product")
    client, key = office.client(superuser=True), SeedingMetadata.objects.get().key_ranges[0][2]
    address = "/seeding/seedingmetadata/row/"
    office.shop.query("DELETE FROM shop_product WHERE id = %s", key)

    gone = client.get(address, {"table": "shop_product", "key": key}).context
    office.shop.rollback()
    undone = client.get(address, {"table": "shop_product", "key": key + 1}).context

    assert (gone["cells"], "elsewhere" in gone) == (None, False)
    assert ("cells" in undone, undone["found"].index) == (False, 1)


def test_a_table_that_is_another_by_now_is_told_of_without_its_row(office: Office) -> None:
    office.shop.seed(table="shop_review")
    key = SeedingMetadata.objects.get(table_name="shop_review").key_ranges[0][2]
    office.shop.query("ALTER TABLE shop_review RENAME COLUMN text TO words")

    assert "No model describes the table shop_review as it is" in row(office.client(superuser=True), "shop_review", key)


def test_a_row_is_explained_beside_its_values(office: Office) -> None:
    office.shop.seed()
    client = office.client(superuser=True)
    order, customer = (SeedingMetadata.objects.get(table_name=one).key_ranges[0][2] for one in ("shop_order", "shop_customer"))
    office.shop.query("UPDATE shop_order SET status = %s WHERE id = %s", "<b>odd</b>", order)
    office.shop.query("UPDATE shop_customer SET name = 'Jane Real' WHERE id = %s", customer)

    answer = client.get("/seeding/seedingmetadata/row/", {"table": "shop_order", "key": order})
    buyer = row(client, "shop_customer", customer)

    shown = words(answer)
    assert f"customer_id {customer} shop_customer reference as seeded shop_customer, row index 0" in shown
    assert "status <b>odd</b> generated not as seeded" in shown
    assert "&lt;b&gt;odd" in answer.content.decode()
    assert "derived as derived from shop_orderline" in shown
    assert "generated; its values can be made again" in shown
    assert "shop_orderline.order_id 3 0 1 , 2 , 3" in shown
    assert "name not shown personal, withheld generated not as seeded" in buyer
    assert "Jane Real" not in buyer
    assert "email customer1@example.com personal, masked generated as seeded" in buyer


def test_of_rows_that_refer_to_a_row_only_whoever_may_view_them_sees_the_keys(office: Office) -> None:
    office.shop.seed()
    product = SeedingMetadata.objects.get(table_name="shop_product").key_ranges[0][2]
    ledger = ["seeding.view_seedingmetadata", "shop.view_product"]

    strange = row(office.client(*ledger), "shop_product", product)
    known = row(office.client(*ledger, "shop.view_review"), "shop_product", product)

    assert "shop_review.product_id 3 0 not shown" in strange
    assert "shop_review.product_id 3 0 1 , 2 , 3" in known
    assert re.search(r"shop_orderline.product_id \d+ 0 not shown", known)


def test_a_row_that_is_gone_is_shown_as_it_was_seeded(office: Office) -> None:
    office.shop.seed(table="shop_product")
    key = SeedingMetadata.objects.get().key_ranges[0][2]
    office.shop.query("DELETE FROM shop_product WHERE id = %s", key)

    shown = row(office.client(superuser=True), "shop_product", key)

    assert "somebody else has deleted it" in shown
    assert "name generated Product 1 " in shown


def test_a_row_that_cannot_be_explained_is_shown_all_the_same(office: Office) -> None:
    office.shop.seed(table="shop_review")
    key = SeedingMetadata.objects.get(table_name="shop_review").key_ranges[0][2]
    office.shop.query("UPDATE seeding_metadata SET key_columns = '[\"name\"]' WHERE table_name = 'shop_product'")

    shown = row(office.client(superuser=True), "shop_review", key)

    assert "It cannot be explained: shop_product: rows were seeded under the primary key (name)" in shown
    assert "stars" in shown
    office.shop.query("UPDATE seeding_metadata SET seeder_name = 'GoneSeeder', key_columns = '[\"id\"]'")
    gone = row(office.client(superuser=True), "shop_review", key)
    assert "generated; its values cannot be made again: GoneSeeder is not there any more" in gone


def test_the_queries_of_a_row_do_not_grow_with_the_ledger_and_the_rows(office: Office) -> None:
    office.shop.seed()
    client = office.client(superuser=True)
    key = SeedingMetadata.objects.get(table_name="shop_product").key_ranges[0][2]
    address = f"/seeding/seedingmetadata/row/?table=shop_product&key={key}"
    client.get(address)

    with CaptureQueriesContext(connections[office.shop.alias]) as few:
        client.get(address)
    batches = [
        SeedingMetadata(**{**facts, "id": None, "first_index": place, "key_ranges": [[place, 1, place]]})
        for facts in SeedingMetadata.objects.values()
        for place in range(10**6, 10**6 + 200)
    ]
    SeedingMetadata.objects.bulk_create(batches)
    Review.objects.bulk_create(
        Review(product_id=key, author="a", stars=1, text="", written_at=datetime.now(UTC)) for _ in range(300)
    )
    with CaptureQueriesContext(connections[office.shop.alias]) as many:
        answer = client.get(address)

    assert "shop_review.product_id 3 300" in words(answer)
    assert len(many) == len(few)


def test_without_a_key_there_is_a_form_alone(office: Office) -> None:
    office.shop.seed(table="shop_review")

    answer = office.client(superuser=True).get("/seeding/seedingmetadata/row/", {"table": "shop_review"})

    assert answer.context["form"].fields["table"].choices == [("shop_product",) * 2, ("shop_review",) * 2]
    assert answer.context["form"].initial == {"table": "shop_review"}
    assert "found" not in answer.context


def test_the_page_of_a_run_has_its_plan_under_the_names_of_the_options(office: Office) -> None:
    plan = {"size": "small", "scale": 1, "tables": [], "groups": ["a", "b"], "force": False, "source": None, "zero": 0,
            "kept": {"lots": "3 rows", "bills": 5}, "steps": STEPS * 2}  # fmt: skip

    assert views.account(run(plan=plan))["plan"] == [
        ("size", "small"),
        ("scale", 1),
        ("tables", "all"),
        ("groups", "a, b"),
        ("kept", "lots 3 rows, bills"),
        ("rows", 80),
    ]


def test_the_results_of_any_command_are_columns_and_rows(office: Office) -> None:
    results = [
        {
            "table": "a",
            "state": "seeded",
            "records_planned": 5,
            "duration": 1.5,
            "masking": {"table": "a", "mode": "full", "key": "", "fields": []},
            "error": "",
            "success": True,
        },
        {"table": "b", "state": "failed", "records_planned": 6, "duration": 0.5, "error": "gone", "exit_code": 5, "note": "x"},
    ]

    shown = views.account(run(results=results))

    kinds = [("table", "text"), ("state", "state"), ("planned", "number"), ("duration", "seconds"), ("note", "text")]
    assert [(one.name, one.kind) for one in shown["columns"]] == kinds
    assert [[one.value for one in cells] for cells in shown["results"]] == [
        ["a", "seeded", 5, 1.5, ""],
        ["b", "failed", 6, 0.5, "x"],
    ]
    assert shown["failures"] == results[1:]


@pytest.mark.parametrize(("kind", "aligned"), [("number", True), ("seconds", True), ("state", False), ("text", False)])
def test_figures_stand_to_the_right(kind: str, *, aligned: bool) -> None:
    assert Field(name="n", value=1, kind=kind).aligned is aligned


def test_progress_is_told_until_every_step_has_a_result(office: Office) -> None:
    half, whole, none = (run(plan=plan, results=results) for plan, results in (
        ({"steps": STEPS * 2}, [{"seeder": "ProductSeeder"}]), ({"steps": STEPS}, [{"seeder": "ProductSeeder"}]), ({}, []),
    ))  # fmt: skip

    assert [views.account(one)["progress"] is None for one in (half, whole, none)] == [False, True, True]


def test_what_has_become_of_the_rows_of_a_run(office: Office) -> None:
    office.shop.seed(table="shop_review")
    seed = SeedRun.objects.get()
    office.shop.rollback(table="shop_review")

    first, second = views.account(seed), views.account(SeedRun.objects.exclude(pk=seed.pk).get())

    assert [(one.run, one.rows) for one in first["fate"]] == [(None, 10), (2, 30)]
    assert (first["there"], first["undone"]) == (True, [])
    assert (second["there"], [(one.run, one.rows) for one in second["undone"]]) == (False, [(1, 30)])


def test_the_page_of_a_batch_names_a_hundred_ranges() -> None:
    many = SeedingMetadata(key_ranges=[[number * 10, 1, number * 10] for number in range(103)])
    few = SeedingMetadata(key_ranges=[[0, 1, 5]])

    assert (len(views.batch(many)["ranges"]), views.batch(many)["more"]) == (100, 3)
    assert (len(views.batch(few)["ranges"]), views.batch(few)["more"]) == (1, 0)
