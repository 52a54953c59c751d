"""Which seeders there are, what each needs, and in which order they run."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import polars as pl
import pytest
from django.db import models

from seeding.example.models import Customer, Order, OrderLine, Product, Review
from seeding.example.seeders import catalogue
from seeding.exceptions import ConfigurationError, MisdeclaredSeederError
from seeding.generation.discovery import BrokenModule
from seeding.generation.registry import Registry, _defined_in
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig


class Nothing(BaseSeeder):
    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame()


def seeder(name: str, model: type[models.Model] = Product, *dependencies: str, **values: Any) -> BaseSeeder:
    """A seeder of that name; `values` go to its config."""
    config = SeederConfig(model=model, record_count=RecordCount.fixed(1), dependencies=dependencies, **values)
    made: BaseSeeder = type(name, (Nothing,), {"config": config})()
    return made


def names(seeders: tuple[BaseSeeder, ...]) -> list[str]:
    return [one.name for one in seeders]


BROKEN = BrokenModule(module="unit.seeders.gone", error=ImportError("No module named 'gone'"))
SHOP = Registry(
    [
        seeder("Lines", OrderLine, "shop_order", "shop_product"),
        seeder("Reviews", Review, "shop_product", group="catalogue"),
        seeder("Orders", Order, "shop_customer", group="sales"),
        seeder("Customers", Customer, group="sales"),
        seeder("Products", Product, group="catalogue"),
    ]
)


def test_the_seeders_of_the_installed_apps_are_found() -> None:
    registry = Registry.discover()

    found = ["CustomerSeeder", "OrderLineSeeder", "OrderSeeder", "ProductSeeder", "ReviewSeeder"]
    assert sorted(registry.by_name) == found
    assert registry.broken == ()


def test_a_module_defines_the_seeders_that_are_written_in_it_alone() -> None:
    module = ModuleType(catalogue.__name__)
    for name in ("ProductSeeder", "ReviewSeeder", "Product", "BaseSeeder"):
        setattr(module, name, getattr(catalogue, name))

    assert [type(one).__name__ for one in _defined_in(module)] == ["ProductSeeder", "ReviewSeeder"]
    module.__name__ = "elsewhere"  # which has only imported them
    assert list(_defined_in(module)) == []


def test_an_abstract_class_is_no_seeder() -> None:
    module = ModuleType("unit")
    module.__dict__["Abstract"] = type("Abstract", (BaseSeeder,), {"config": SHOP.by_name["Products"].config})
    module.__dict__["Helper"] = type("Helper", (Nothing,), {})
    module.__dict__["Whole"] = type("Whole", (Nothing,), {"config": SHOP.by_name["Products"].config})
    for value in ("Abstract", "Helper", "Whole"):
        module.__dict__[value].__module__ = "unit"

    assert [type(one).__name__ for one in _defined_in(module)] == ["Whole"]


def test_two_seeders_of_one_name_are_refused() -> None:
    one, other = seeder("Products"), seeder("Products")
    type(one).__module__, type(other).__module__ = "here", "elsewhere"

    with pytest.raises(MisdeclaredSeederError) as refused:
        Registry([one, other])

    assert str(refused.value) == (
        "elsewhere and here both define Products, and the ledger knows seeders by their names. Rename one."
    )


def test_the_same_seeder_twice_is_one() -> None:
    one = seeder("Products")

    assert Registry([one, one]).ordered == (one,)


def test_a_table_may_have_several_sources_and_a_group_several_tables() -> None:
    registry = Registry([*SHOP.ordered, seeder("MoreProducts", group="catalogue")])

    assert names(registry.by_table["shop_product"]) == ["Products", "MoreProducts"]
    assert {group: sorted(names(of)) for group, of in registry.groups.items()} == {
        "catalogue": ["MoreProducts", "Products", "Reviews"],
        "sales": ["Customers", "Orders"],
    }


def test_parents_come_first_and_otherwise_the_alphabet_decides() -> None:
    assert names(SHOP.ordered) == ["Customers", "Products", "Orders", "Reviews", "Lines"]


def test_a_table_that_refers_to_itself_does_not_wait_for_itself() -> None:
    registry = Registry([seeder("Products", Product, "shop_product")])

    assert names(registry.ordered) == ["Products"]
    assert registry.parents(registry.by_name["Products"]) == ()


def test_a_circle_is_refused() -> None:
    registry = Registry([seeder("Orders", Order, "shop_product"), seeder("Products", Product, "shop_order")])

    with pytest.raises(MisdeclaredSeederError) as refused:
        _ = registry.ordered

    circles = [f"{one} → {other} → {one}" for one, other in [("Orders", "Products"), ("Products", "Orders")]]
    assert str(refused.value) in [
        f"These seeders depend on each other in a circle: {circle}. Derive one of the columns instead." for circle in circles
    ]


@pytest.mark.parametrize(
    ("dependency", "words"),
    [
        ("shop_prodcut", "Did you mean shop_product or Products?"),
        ("PRODUCTS", "Did you mean Products or shop_product?"),
        ("weather", "There are: Products, Reviews, shop_product, shop_review."),
    ],
)
def test_a_dependency_that_nothing_fills_is_refused_with_the_near_names(dependency: str, words: str) -> None:
    registry = Registry([seeder("Products"), seeder("Reviews", Review, dependency)])

    with pytest.raises(MisdeclaredSeederError) as refused:
        registry.parents(registry.by_name["Reviews"])

    assert str(refused.value) == (f"Reviews depends on {dependency!r}, which matches no seeded table and no seeder. {words}")


def test_a_dependency_may_stand_in_a_module_that_cannot_be_imported() -> None:
    reviews = seeder("Reviews", Review, "shop_product")

    assert Registry([reviews], [BROKEN]).parents(reviews) == ()


def test_a_dependency_means_one_seeder_or_all_of_a_table() -> None:
    registry = Registry([seeder("Products"), seeder("Imported")])

    assert names(registry.sources("shop_product")) == ["Products", "Imported"]
    assert names(registry.sources("Imported")) == ["Imported"]
    assert registry.sources("shop_order") == ()


def test_seeders_are_named_by_table_or_group_in_the_order_of_the_names() -> None:
    assert names(SHOP.named(["shop_orderline", "catalogue"])) == ["Lines", "Reviews", "Products"]


def test_every_unknown_name_is_told_and_the_modules_that_are_broken() -> None:
    registry = Registry([seeder("Products", group="catalogue")], [BROKEN])

    with pytest.raises(ConfigurationError) as refused:
        registry.named(["shop_products", "shop_product", "zzz"])

    assert refused.value.problems == (
        "there is no table 'shop_products' to seed. Did you mean shop_product?",
        "there is no table 'zzz' to seed. There are: catalogue, shop_product.",
        "the seeder module unit.seeders.gone cannot be imported: ImportError(\"No module named 'gone'\")",
    )


def test_broken_modules_are_not_mentioned_where_every_name_is_known() -> None:
    registry = Registry([seeder("Products")], [BROKEN])

    assert names(registry.named(["shop_product"])) == ["Products"]


@pytest.mark.parametrize(
    ("asked", "chosen", "added"),
    [
        ((), ["Customers", "Products", "Orders", "Reviews", "Lines"], set()),
        (("shop_product",), ["Products"], set()),
        (("shop_review",), ["Products", "Reviews"], {"Products"}),
        (("sales",), ["Customers", "Orders"], set()),
        (("shop_orderline",), ["Customers", "Products", "Orders", "Lines"], {"Customers", "Products", "Orders"}),
        (("shop_orderline", "shop_product"), ["Customers", "Products", "Orders", "Lines"], {"Customers", "Orders"}),
    ],
)
def test_what_the_named_tables_need_is_chosen_with_them(asked: tuple[str, ...], chosen: list[str], added: set[str]) -> None:
    selected = SHOP.select(asked)

    assert names(selected.seeders) == chosen
    assert selected.added == added


def test_companions_are_chosen_with_all_that_they_need() -> None:
    registry = Registry(
        [
            seeder("Customers", Customer, companions=("Orders", "Elsewhere")),
            seeder("Orders", Order, "shop_product"),
            seeder("Products"),
            seeder("Reviews", Review),
        ]
    )

    assert names(registry.select(["shop_customer"]).seeders) == ["Customers", "Products", "Orders"]
    assert names(registry.select(["shop_order"]).seeders) == ["Products", "Orders"]


def test_what_is_kept_with_an_unknown_seeder_is_misdeclared() -> None:
    registry = Registry([seeder("Journal", Order, kept_with=("Invoice",)), seeder("Invoices")])
    assert Registry([seeder("Journal", kept_with=("Invoices",)), seeder("Invoices")]).kept_with == (("Journal", "Invoices"),)

    with pytest.raises(MisdeclaredSeederError, match=r"Journal is kept with 'Invoice', .* Did you mean Invoices\?"):
        _ = registry.kept_with


def test_companions_of_companions_are_one_group() -> None:
    registry = Registry(
        [
            seeder("A", companions=("B",)),
            seeder("C", companions=("D",)),
            seeder("B"),
            seeder("D", companions=("B",)),
            seeder("E", companions=("F",)),
            seeder("Alone"),
            seeder("Own", companions=("Own",)),
        ]
    )

    assert set(registry.companions) == {frozenset("ABCD"), frozenset("EF"), frozenset({"Own"})}
