"""A seeder that is declared wrongly costs itself and what depends on it; the others of its module run."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.test import override_settings

from seeding.exceptions import ConfigurationError, MisdeclaredSeederError
from seeding.generation.registry import Registry
from seeding.masking.tables import classified_tables
from tests.support.databases import Database
from tests.support.runs import run

START = """
import polars as pl
from seeding import BaseSeeder, RecordCount, SeederConfig
from seeding.example.models import Customer, Product, Review
ONE = RecordCount.fixed(1)
class Products(BaseSeeder):
    config = SeederConfig(model=Product, record_count=ONE, not_pii=("name",))
    def generate_data(self, rows):
        return pl.DataFrame({"name": ["Tea"], "price": [1]})
"""
BODY = "\n    def generate_data(self, rows):\n        raise ValueError\n"
REVIEWS = f"""
class Reviews(BaseSeeder):
    config = SeederConfig(model=Review, record_count=ONE, dependencies=('shop_customer',)){BODY}"""
MISSPELLED = f"""
    config = SeederConfig(model=Customer, record_count=ONE, not_pii=('nme',)){BODY}"""


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Registry]]:
    """Install an app whose seeders are those of START and what a text adds; returns what is discovered."""
    known = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    with ExitStack() as changed:

        def install(text: str) -> Registry:
            (tmp_path / "stall").mkdir()
            (tmp_path / "stall" / "__init__.py").touch()
            (tmp_path / "stall" / "seeders.py").write_text(START + text, encoding="utf-8")
            changed.enter_context(override_settings(INSTALLED_APPS=["django.contrib.contenttypes", "seeding", "stall"]))
            return Registry.discover()

        yield install
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("config = SeederConfig(model=Customer, record_count=ONE, not_pii=('nme',))", "names the column 'nme', which Customer"),
        ("config = {'model': Customer}", "Bad.config is not a SeederConfig"),
        ("config = SeederConfig(model=Customer, record_count=ONE, not_pii=('name',), pii_fields={'name': ''})", "keep one"),
        ("config = SeederConfig(model='shop.Customer', record_count=ONE)", "Bad.config.model is not a model"),
        ("config = SeederConfig(model=Customer, record_count=5)", "Bad.config.record_count is not a RecordCount"),
        ("config = SeederConfig(model=Customer, record_count=ONE, any_parent='id')", "Write: any_parent=('id',)"),
        ("config = SeederConfig(model=Customer, record_count=ONE, pii_fields=5)", "Bad.config cannot be read: TypeError"),
        ("config = SeederConfig(model=Customer, record_count=ONE)\n    def __init__(self):\n        raise OSError('x')", "x"),
    ],
)  # fmt: skip
def test_one_wrong_class_is_named_and_the_others_are_found(
    declare: Callable[[str], Registry], declared: str, reason: str
) -> None:
    registry = declare(f"class Bad(BaseSeeder):\n    {declared}{BODY}{REVIEWS}")

    assert list(registry.by_name) == ["Products", "Reviews"]
    ((module, error),) = ((str(one), str(one.error)) for one in registry.broken)
    assert module == "stall.seeders.Bad cannot be used"
    assert reason in error


def test_a_class_that_descends_from_a_wrong_one_and_declares_itself_is_right(declare: Callable[[str], Registry]) -> None:
    bad = f"class Bad(BaseSeeder):\n    config = SeederConfig(model=Customer, record_count=ONE, not_pii=('nme',)){BODY}"
    registry = declare(
        f"{bad}class Good(Bad):\n    config = SeederConfig(model=Customer, record_count=ONE)\nclass Worse(Bad): pass\n"
    )

    assert sorted(registry.by_name) == ["Good", "Products"]
    assert sorted(one.module for one in registry.broken) == ["stall.seeders.Bad", "stall.seeders.Worse"]


def test_only_what_depends_on_it_is_left_out(declare: Callable[[str], Registry], shop: Database) -> None:
    registry = declare(f"class Customers(BaseSeeder):{MISSPELLED}{REVIEWS}")

    summary, _ = run(shop, registry=registry)

    assert [(one.seeder, str(one.state), one.error) for one in summary.results if one.seeder != "stall.seeders.Customers"] == [
        ("Products", "seeded", ""),
        ("Reviews", "skipped", "needs shop_customer, which could not be seeded"),
    ]
    assert summary.results[0].error.startswith("cannot be used: MisdeclaredSeederError: Customers names the column 'nme'")
    assert summary.exit_code == 4


def test_nothing_is_masked_while_a_seeder_cannot_say_what_is_personal(declare: Callable[[str], Registry]) -> None:
    registry = declare(f"class Bad(BaseSeeder):{MISSPELLED}")

    for names in ((), ("shop_product",)):
        with pytest.raises(ConfigurationError, match=r"^stall\.seeders\.Bad cannot be used, and may classify columns to mask"):
            classified_tables(registry, names)


def test_a_wrong_class_is_still_an_error_for_whoever_imports_it(declare: Callable[[str], Registry]) -> None:
    declare(f"class Bad(BaseSeeder):{MISSPELLED}")
    del sys.modules["stall.seeders"]

    with pytest.raises(MisdeclaredSeederError, match="names the column 'nme'"):
        importlib.import_module("stall.seeders")
