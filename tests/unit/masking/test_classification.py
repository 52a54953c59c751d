"""Which columns are personal, which are not, and which nobody has decided about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test.utils import isolate_apps

from seeding import BaseSeeder, RecordCount, Registry, Rows, SeederConfig
from seeding.example.models import Customer
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.example.seeders.sales import CustomerSeeder, OrderSeeder
from seeding.exceptions import ConfigurationError, UnclassifiedError
from seeding.masking.classification import classify, inventory, not_personal, other_tables, require_classified, suspicious
from seeding.masking.results import ClassifiedColumn
from seeding.masking.tables import classified_tables


def seeder(kind: type[BaseSeeder], name: str = "", **changes: Any) -> BaseSeeder:
    """A seeder with another classification."""
    made: type[BaseSeeder] = type(name or kind.__name__, (kind,), {"config": replace(kind.config, **changes)})
    return made()


def holds(columns: tuple[ClassifiedColumn, ...]) -> dict[str, str]:
    return {one.column: one.holds for one in columns}


def test_a_seeder_s_columns_are_told_in_their_order_with_their_masks() -> None:
    columns = classify(CustomerSeeder())

    assert holds(columns) == {
        "id": "nothing personal",
        "name": "personal data",
        "email": "personal data",
        "joined_at": "nothing personal",
    }
    email = columns[2]
    assert (email.table, email.seeder, email.strategy, email.problem) == ("shop_customer", "CustomerSeeder", "email", "")
    assert all((email.masked, email.kept))
    assert (columns[0].masked, columns[0].kept, columns[0].strategy) == ("", "", "")


def test_text_that_nobody_has_spoken_of_is_undecided() -> None:
    assert holds(classify(seeder(ProductSeeder, not_pii=())))["name"] == "undecided"
    assert holds(classify(ProductSeeder()))["name"] == "nothing personal"


def test_numbers_moments_references_and_members_of_a_list_need_no_word() -> None:
    assert holds(classify(seeder(OrderSeeder, not_pii=()))) == dict.fromkeys(
        ("id", "customer_id", "status", "ordered_at", "total"), "nothing personal"
    )


def test_a_name_that_sounds_personal_is_a_problem_with_its_remedy() -> None:
    (found,) = suspicious(seeder(CustomerSeeder, pii_fields={"name": "person_name"}))

    assert (found.column, found.holds) == ("email", "undecided")
    assert found.problem == (
        'looks like personal data (email) and is not classified. Add it to pii_fields as "email": "email", or to not_pii.'
    )
    assert suspicious(seeder(CustomerSeeder, pii_fields={"name": "person_name"}, not_pii=("email",))) == ()


@isolate_apps("seeding.example")
def test_a_number_whose_name_sounds_personal_is_a_problem_and_a_reference_is_none() -> None:
    class Called(models.Model):
        phone_number = models.IntegerField()
        email = models.ForeignKey(ContentType, models.CASCADE, db_column="email")
        amount = models.IntegerField()

        class Meta:
            app_label = "shop"

    class CalledSeeder(BaseSeeder):
        config = SeederConfig(model=Called, record_count=RecordCount.fixed(1))

        def generate_data(self, rows: Rows) -> Any:
            return None

    assert holds(classify(CalledSeeder())) == {
        "id": "nothing personal",
        "phone_number": "undecided",
        "email": "nothing personal",
        "amount": "nothing personal",
    }
    assert [one.column for one in suspicious(CalledSeeder())] == ["phone_number"]


def test_a_strategy_that_does_not_exist_is_a_problem() -> None:
    (found,) = suspicious(seeder(CustomerSeeder, pii_fields={"name": "nam", "email": "email"}))

    assert (found.column, found.holds, found.masked) == ("name", "personal data", "")
    assert found.problem.startswith(
        "names the strategy 'nam', which does not exist. There are bank_account, card_number, city,"
    )


def test_undecided_columns_are_refused_each_once() -> None:
    open_product, open_review = seeder(ProductSeeder, not_pii=()), seeder(ReviewSeeder, pii_fields={"author": "person_name"})

    require_classified([ProductSeeder(), ReviewSeeder(), CustomerSeeder()])
    with pytest.raises(UnclassifiedError) as refused:
        require_classified([open_product, open_review, open_product])
    assert str(refused.value) == (
        "These columns are not classified as personal or not: shop_product.name, shop_review.text. "
        "Add each to pii_fields, with a strategy, or to not_pii of its seeder."
    )


def test_the_inventory_has_every_column_of_every_table_once() -> None:
    found = [(one.table, one.column) for one in inventory(Registry.discover())]

    assert len(found) == len(set(found))
    columns = {
        model._meta.db_table: len(model._meta.concrete_fields)
        for model in Customer._meta.apps.get_app_config("shop").get_models()
    }
    assert {table: sum(one == table for one, _ in found) for table in columns} == columns


def test_where_sources_differ_what_is_personal_or_a_problem_wins() -> None:
    plain = seeder(CustomerSeeder, "Plain", pii_fields={}, not_pii=("name", "email"))
    named = seeder(CustomerSeeder, "Named", pii_fields={"name": "person_name"}, not_pii=("email",))
    faulty = seeder(CustomerSeeder, "Faulty", pii_fields={}, not_pii=("name",))

    def seen(*seeders: BaseSeeder) -> dict[str, tuple[str, str]]:
        return {one.column: (one.seeder, one.holds) for one in inventory(Registry(seeders)) if one.table == "shop_customer"}

    assert seen(plain, named)["name"] == ("Named", "personal data")
    assert seen(named, plain)["name"] == ("Named", "personal data")
    assert seen(named, plain, faulty)["email"] == ("Faulty", "undecided")
    assert seen(plain, named)["email"] == ("Plain", "nothing personal")


def test_tables_that_no_seeder_fills_are_classified_by_their_app(declared: Any) -> None:
    declared({"shop_guest": {"name": "person_name", "shoe": "shoe_size"}, "shop_customer": {"name": "city"}})

    guests = [one for one in inventory(Registry([CustomerSeeder()])) if one.table == "shop_guest"]

    assert [(one.column, one.seeder, one.holds, bool(one.problem)) for one in guests] == [
        ("name", "", "personal data", False),
        ("shoe", "", "personal data", True),
    ]
    customers = {one.column: one.strategy for one in inventory(Registry([CustomerSeeder()])) if one.table == "shop_customer"}
    assert customers["name"] == "person_name"


def test_a_column_is_personal_if_the_seeder_or_the_app_says_so(declared: Any) -> None:
    declared({"shop_customer": {"name": "city", "email": "email"}})
    registry = Registry([seeder(CustomerSeeder, "Half", pii_fields={"name": "person_name"}, not_pii=("email",))])

    told = {one.column: (one.holds, one.strategy) for one in inventory(registry) if one.table == "shop_customer"}
    fields, decided = classified_tables(registry, ())["shop_customer"]

    assert (told["name"], told["email"]) == (("personal data", "person_name"), ("personal data", "email"))
    assert (fields, decided & fields.keys()) == ({"name": "person_name", "email": "email"}, set())


def test_what_several_apps_say_of_a_table_is_taken_together(declared: Any) -> None:
    declared({"shop_guest": {"name": "person_name", "note": "free_text"}})
    declared("TABLES = {'shop_guest': {'name': 'person_name'}}\nNOT_PERSONAL = {'shop_guest': ('a',)}")
    declared("NOT_PERSONAL = {'shop_guest': ('b',)}")

    assert other_tables() == {"shop_guest": {"name": "person_name", "note": "free_text"}}
    assert not_personal() == {"shop_guest": {"a", "b"}}
    declared({"shop_guest": {"note": "street_address"}})
    with pytest.raises(ConfigurationError, match=r"'street_address' for shop_guest\.note, and another module 'free_text'"):
        other_tables()


def test_a_declaration_that_cannot_be_imported_is_refused(declared: Any) -> None:
    declared("raise ValueError('typo')")

    with pytest.raises(ConfigurationError, match=r"personal_data cannot be imported: ValueError\('typo'\)"):
        other_tables()


def test_without_declarations_there_are_no_other_tables() -> None:
    assert other_tables() == {}
