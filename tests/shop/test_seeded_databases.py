"""Seeded databases for tests: each dataset apart, seeded once, copied, never half of one, and gone afterwards."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, connections, transaction

from seeding import api
from seeding.conf import SeedConfig, VerifyConfig
from seeding.exceptions import ConfigurationError, SeedingError
from seeding.generation.rows import Rows
from seeding.orchestration.results import RunSummary
from seeding.testing import templates
from seeding.testing.claims import write_record
from seeding.testing.databases import SeededDatabases
from seeding.testing.datasets import WantedDataset
from seeding.testing.switching import led_to
from seeding.testing.templates import Session
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database

with INSTALLED:
    from seeding.example.models import Order, Product
    from seeding.example.seeders.catalogue import ProductSeeder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the state is."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def begin(shop: Database) -> Iterator[Callable[..., SeededDatabases]]:
    """The databases of a process of some run."""
    begun: list[SeededDatabases] = []

    def one(run: str = "first", **options: Any) -> SeededDatabases:
        begun.append(SeededDatabases(Session(run=run, **options)))
        return begun[-1]

    yield one
    for databases in begun:
        databases.session = Session(run="")
        databases.close()


def wanted(shop: Database, **options: Any) -> WantedDataset:
    """A dataset of the shop's alias."""
    return WantedDataset.of({"database": shop.alias, **options})


def rows(shop: Database) -> tuple[int, int]:
    """Products and orders behind the alias."""
    return Product.objects.using(shop.alias).count(), Order.objects.using(shop.alias).count()


def left(shop: Database, folder: Path) -> list[str]:
    """The databases that are there beside the shop's, and what is noted of some."""
    noted = [path.name for path in folder.rglob("seeding-tests-*/*/*") if path.stat().st_size]
    if shop.server == "sqlite":
        return noted
    return noted + [name for (name,) in shop.query("SHOW DATABASES") if name.startswith(f"{shop.alias}_s")]


def test_datasets_are_apart_seeded_once_and_gone_afterwards(
    shop: Database, folder: Path, begin: Callable[..., SeededDatabases], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[SeedConfig] = []
    seeding = api.seed

    def counted(config: SeedConfig) -> RunSummary:
        runs.append(config)
        return seeding(config)

    monkeypatch.setattr(api, "seed", counted)
    one, two = begin(), begin(worker="gw1")
    few, all_ = wanted(shop, tables="shop_product"), wanted(shop, size="small")

    found = []
    for databases in (one, two, one):
        for dataset in (few, all_):
            with databases.using(dataset), transaction.atomic(using=shop.alias):
                found.append(rows(shop))
                Product.objects.using(shop.alias).create(name="Another", price=1)
                transaction.set_rollback(True, using=shop.alias)
    between = rows(shop)
    one.close()
    still = left(shop, folder)
    two.close()

    assert found == [(10, 0), (10, 60)] * 3
    assert between == (0, 0)
    assert len(runs) == 2
    assert len(still) > 0
    assert left(shop, folder) == []


def test_the_copy_has_a_ledger_that_works(shop: Database, begin: Callable[..., SeededDatabases]) -> None:
    databases, dataset = begin(), wanted(shop)

    with databases.using(dataset) as opened:
        with transaction.atomic(using=shop.alias):
            told = opened.fingerprint
        keys, status = opened.keys(Order), opened.status()
        verified = api.verify(VerifyConfig(database=shop.alias, expect=told))
        again = api.seed(SeedConfig(database=shop.alias))
        gone = shop.rollback()["records_deleted"]
        nothing = rows(shop)
        with pytest.raises(ConfigurationError, match=r"No rows of 'shop_order' are seeded in the dataset .*size=small"):
            opened.keys("shop_order")
    databases.spoil(dataset)
    with databases.using(dataset):
        after = rows(shop)

    assert (len(keys), status.rows) == (60, 300)
    assert (verified.is_expected, verified.is_as_seeded) == (True, True)
    assert (again.records_inserted, gone, nothing, after) == (0, 300, (0, 0), (10, 60))


def test_reading_writes_nothing(shop: Database, begin: Callable[..., SeededDatabases]) -> None:
    databases, dataset = begin(), wanted(shop, tables=["shop_product"])

    with databases.using(dataset, read_only=True), pytest.raises(Error):
        Product.objects.using(shop.alias).create(name="Another", price=1)
    with databases.using(dataset, read_only=True):
        connections[shop.alias].close()
        with pytest.raises(Error):
            Product.objects.using(shop.alias).all().delete()
        with ThreadPoolExecutor(max_workers=1) as executor, pytest.raises(Error):
            executor.submit(_deleted, shop.alias).result()
    with databases.using(dataset), transaction.atomic(using=shop.alias):
        Product.objects.using(shop.alias).create(name="Another", price=1)
        transaction.set_rollback(True, using=shop.alias)
    with databases.using(dataset):
        assert rows(shop) == (10, 0)


def test_a_kept_template_is_verified_and_made_again_where_it_differs(
    shop: Database, folder: Path, begin: Callable[..., SeededDatabases], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, said = wanted(shop, tables=("shop_product",)), []

    def run(name: str) -> None:
        databases = begin(name, keeps=True)
        with databases.using(dataset):
            assert rows(shop) == (10, 0)
        said.append(databases.said())
        databases.close()

    run("new")
    run("same")
    (template,) = list(folder.rglob("*.json"))
    name = template.with_suffix(".sqlite3") if shop.server == "sqlite" else template.stem
    with led_to(shop.alias, str(name)):
        Product.objects.using(shop.alias).filter(pk__lte=Product.objects.using(shop.alias).earliest("pk").pk).update(
            name="Edited"
        )
    run("edited")
    with led_to(shop.alias, str(name)):
        Product.objects.using(shop.alias).create(name="Real", price=1)
    run("beside")
    shop.query("CREATE TABLE another (id INTEGER)")
    shop.query("INSERT INTO another (id) VALUES (1)")
    run("schema")
    shop.query("UPDATE another SET id = 2")
    run("value")
    shop.query("CREATE VIEW seen AS SELECT id FROM another")
    run("view")
    generated = ProductSeeder.generate_data
    monkeypatch.setattr(ProductSeeder, "generate_data", lambda self, rows: _renamed(generated(self, rows)))
    run("code")

    what = [re.sub(" [0-9a-f]{12}$", "", words.partition(") ")[2]) for (words,) in said[1:]]
    assert said[0] == []
    assert what == [
        "verified by its fingerprint",
        "seeded again: its rows are not as they were seeded",
        "seeded again: its rows are not as they were seeded",
        "seeded again: the schema and the rows of the empty test database changed",
        "seeded again: the rows of the empty test database changed",
        "seeded again: a view, trigger or routine changed",
        "seeded again: its rows are not as they were seeded",
    ]
    assert left(shop, folder) != []


def _deleted(alias: str) -> None:
    try:
        Product.objects.using(alias).all().delete()
    finally:
        connections[alias].close()


def test_what_others_could_have_written_drops_nothing(
    shop: Database, folder: Path, begin: Callable[..., SeededDatabases]
) -> None:
    real = folder / "real.sqlite3"
    real.write_text("rows", encoding="utf-8")
    databases, dataset = begin(), wanted(shop, tables=["shop_product"])
    with databases.using(dataset):
        (place,) = folder.glob("seeding-tests-*/*")
    (place / "left.claim").write_text(str(real) if shop.server == "sqlite" else shop.alias, encoding="utf-8")
    write_record(place / "left.json", {"keep": False, "database": str(real) if shop.server == "sqlite" else shop.alias})

    with begin("second").using(dataset):
        assert rows(shop) == (10, 0)
    assert real.exists()
    assert rows(shop) == (0, 0)

    place.chmod(0o770)
    with pytest.raises(ConfigurationError, match=f"{place} tells which test databases"), begin("third").using(dataset):
        pass
    place.chmod(0o700)


def _renamed(data: Any) -> Any:
    return data.with_columns(name=data["name"] + " renamed")


def test_what_is_half_made_is_never_used(
    shop: Database, folder: Path, begin: Callable[..., SeededDatabases], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, generated = wanted(shop), ProductSeeder.generate_data
    broken, whole = begin(), begin("second")

    def fails(_: ProductSeeder, rows: Rows) -> Any:
        raise ValueError("nothing comes out")

    monkeypatch.setattr(ProductSeeder, "generate_data", fails)
    with (
        pytest.raises(SeedingError, match=r"size=small\) cannot be seeded. shop_product: .*nothing comes out"),
        broken.using(dataset),
    ):
        pass
    monkeypatch.setattr(ProductSeeder, "generate_data", generated)
    monkeypatch.setattr(templates, "write_record", lambda path, record: _killed() if record["run"] else _write(path, record))
    with pytest.raises(KeyboardInterrupt), broken.using(dataset):  # seeded, and not known to be
        pass
    monkeypatch.setattr(templates, "write_record", _write)
    with whole.using(dataset):
        found = rows(shop)
    abandoned = whole._copies.popitem()[1]
    abandoned._claim.release()  # as the system does with a killed process, and with its memory
    for held in (abandoned.place, *getattr(abandoned.copier, "_held", {}).values()):
        held.close()
    abandoned.template._use.close()  # type: ignore[union-attr] # it is in use
    before = left(shop, folder)
    begin("third").sweep(shop.alias)

    assert found == (10, 60)
    assert before != []
    assert left(shop, folder) == []


_write = write_record


def _killed() -> None:
    raise KeyboardInterrupt


def test_an_alias_in_a_transaction_leads_nowhere_else(shop: Database, begin: Callable[..., SeededDatabases]) -> None:
    with (
        transaction.atomic(using=shop.alias),
        pytest.raises(SeedingError, match="is in a transaction already"),
        begin().using(wanted(shop)),
    ):
        pass
    assert connections[shop.alias].is_usable()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sizes": "small"}, "There is no option 'sizes' of a seeded test. Did you mean size?"),
        ({"size": "huge"}, "--size=huge: give one of small, medium, large."),
        ({"size": 3}, "size=3: give str."),
        ({"scale": True}, "scale=True: give int."),
        ({"tables": [1]}, "tables=[1]: give str or list or tuple."),
        ({"as_of": "soon"}, "as_of='soon': give a date as YYYY-MM-DD."),
        ({"database": "elsewhere"}, "There is no database 'elsewhere' in DATABASES."),
    ],
)
def test_wrong_options_are_told(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        WantedDataset.of(options)

    assert words in str(told.value)


def test_equal_options_are_one_dataset() -> None:
    one = WantedDataset.of({"tables": ["b", "a"], "as_of": "2026-03-02", "profile": None})

    assert one.digest == WantedDataset.of({"tables": ("a", "b"), "as_of": one.config.as_of, "size": "small"}).digest
    assert one.digest != WantedDataset.of({"tables": ("a",), "as_of": one.config.as_of}).digest
