"""Projects with several databases: a command covers the models that the routers leave in its own."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, models

from seeding import RollbackConfig, rollback, seed, status
from seeding.conf import SeedConfig
from seeding.example.models import Customer, Product
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.generation.routing import sent_elsewhere
from seeding.models import SeedRun
from tests.support.databases import AS_OF, Database

REVIEWED = {"product", "review"}


class Catalogue:
    """Writes products and reviews to the database `catalogue`."""

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str | None:
        return "catalogue" if model._meta.model_name in REVIEWED else None


class Kept:
    """Keeps products and reviews out of every database but `catalogue`."""

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        return db == "catalogue" if model_name in REVIEWED else None


class Both(Catalogue, Kept):
    """As most projects have it."""


class Apart:
    """Keeps the whole shop in a database of its own."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return db == "shop" if app_label == "shop" else None


class Silent:
    """Has no opinion."""

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str | None:
        return None


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", "a key for tests, of some length")


def routed(settings: Any, *routers: type) -> None:
    settings.DATABASE_ROUTERS = [f"{__name__}.{one.__name__}" for one in routers]


def everything(database: Database) -> list[str]:
    """SQLite's own dump of every table but the ledger's."""
    connections[database.alias].ensure_connection()
    return [line for line in connections[database.alias].connection.iterdump() if "seeding_" not in line]


ROUTERS = pytest.mark.parametrize("routers", [(Catalogue,), (Kept,), (Silent, Both)])


@ROUTERS
def test_seeders_of_another_database_are_left_out_and_named(shop: Database, settings: Any, routers: tuple[type, ...]) -> None:
    routed(settings, *routers)
    told: list[str] = []

    summary = seed(
        SeedConfig(database=shop.alias, as_of=AS_OF, tables=("shop_order",)), tell=lambda one: told.append(one.message)
    )
    assert {one.table for one in summary.results} == {"shop_customer", "shop_order"}
    whole = seed(SeedConfig(database=shop.alias, as_of=AS_OF), tell=lambda one: told.append(one.message))

    states = {one.table: (one.state, one.exit_code) for one in whole.results}
    assert states == {"shop_customer": ("existing", 0), "shop_order": ("existing", 0), "shop_orderline": ("refused", 3)}
    (line,) = (one for one in whole.results if one.table == "shop_orderline")
    assert line.error.startswith("needs shop_product, whose rows are not in this database: a database router")
    (sentence,) = (one for one in told if one.startswith("Not seeded in this database: "))
    assert "shop_product: a database router" in sentence
    assert "shop_review: a database router" in sentence
    assert shop.content("shop_product") == shop.content("shop_review") == shop.content("shop_orderline") == []


@ROUTERS
def test_a_table_of_another_database_is_refused_by_name(
    shop: Database, settings: Any, tmp_path: Path, routers: tuple[type, ...]
) -> None:
    routed(settings, *routers)
    (tmp_path / "shop_product.csv").write_text("id,name,price\n1,Tea,1\n")
    before = everything(shop)

    def rolled_back() -> object:
        return rollback(RollbackConfig(database=shop.alias, tables=("shop_review",), force=True))

    commands: dict[str, Callable[[], object]] = {
        "'shop_review' is not seeded here: a database router": rolled_back,
        "'shop_product' is not seeded here: a database router": lambda: seed(
            SeedConfig(database=shop.alias, tables=("shop_product",))
        ),
        "shop_product.csv: shop_product is not seeded here: a database router": lambda: seed(
            SeedConfig(database=shop.alias, source=tmp_path)
        ),
    }
    for words, command in commands.items():
        with pytest.raises(ConfigurationError, match=words):
            command()
    assert everything(shop) == before


def test_without_a_model_of_the_database_nothing_is_said_to_be_there(shop: Database, settings: Any) -> None:
    routed(settings, Apart)

    with pytest.raises(ConfigurationError, match="no seeder's model belongs to this database"):
        seed(SeedConfig(database=shop.alias))
    assert not SeedRun.objects.using(shop.alias).exists()


def test_rows_that_a_router_sends_elsewhere_since_are_still_rolled_back_and_checked(shop: Database, settings: Any) -> None:
    before = everything(shop)
    shop.seed(table="shop_review")
    shop.query("PRAGMA foreign_keys = OFF")
    shop.query("DELETE FROM shop_product WHERE id = 1")
    shop.query("PRAGMA foreign_keys = ON")
    routed(settings, Both)

    with pytest.raises(CommandError) as error:
        call_command("seed_check", database=shop.alias, references=True, stdout=StringIO(), stderr=StringIO())
    assert error.value.returncode == 5
    assert {one.table for one in status(shop.alias).tables} == {"shop_product", "shop_review"}
    summary = shop.rollback()

    assert (summary["uncompared"], summary["left"]) == ([], 0)
    assert [line for line in everything(shop) if "sqlite_sequence" not in line] == [
        line for line in before if "sqlite_sequence" not in line
    ]


@pytest.mark.parametrize("routers", [(), (Silent,)])
def test_a_command_s_own_database_is_right_where_no_router_says_otherwise(
    shop: Database, settings: Any, routers: tuple[type, ...]
) -> None:
    routed(settings, *routers)

    assert sent_elsewhere(shop.alias, Product) == ""
    assert Registry.discover().within(shop.alias).elsewhere == {}


def test_the_first_router_with_an_opinion_decides(settings: Any) -> None:
    routed(settings, Silent, Catalogue)

    assert sent_elsewhere("catalogue", Product) == sent_elsewhere("other", Customer) == ""
    assert sent_elsewhere("other", Product) == "a database router writes it to 'catalogue' (--database=catalogue)"


@ROUTERS
def test_a_table_of_another_database_is_masked_where_it_is_and_left_out_where_it_is_not(
    shop: Database, settings: Any, routers: tuple[type, ...]
) -> None:
    routed(settings, *routers)
    shop.query("INSERT INTO shop_product (name, price) VALUES ('Tea', 1)")
    shop.query(
        "INSERT INTO shop_review (product_id, author, stars, text, written_at) "
        "VALUES (1, 'Jo Secret', 1, '', '2026-01-01 00:00:00')"
    )

    def mask(**options: object) -> None:
        call_command("seed_mask", database=shop.alias, force=True, stdout=StringIO(), stderr=StringIO(), **options)

    mask()
    assert "Secret" not in "".join(everything(shop))
    shop.query("DROP TABLE shop_review")
    mask()
    with pytest.raises(CommandError) as error:
        mask(table="shop_review")
    assert error.value.returncode == 3
