"""Masked texts are equal where the texts were: the server says so before and after, column by column and between tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest
from django.db import IntegrityError, transaction

from seeding.conf import Environment, MaskingConfig
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.masking import STRATEGIES, Cipher, Mode, PIIMasker
from seeding.masking.in_place import InPlaceMasking
from seeding.masking.strategies.collated import Collated
from seeding.sources.registry import source_registry
from tests.safety.forms import PRODUCTS
from tests.shop.conftest import INSTALLED
from tests.support.databases import AS_OF, Database
from tests.support.runs import run

with INSTALLED:
    from seeding.example.models import Product

KEY = "0123456789abcdef0123456789abcdef"
ICU = "CREATE COLLATION own (provider = icu, locale = 'und-u-ks-{}', deterministic = false)"
COLUMNS: dict[str, tuple[str, str, str]] = {
    **{
        f"mariadb {one}": ("mariadb", f"varchar(80) COLLATE {one}", "")
        for one in (
            "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin", "utf8mb4_uca1400_as_ci", "utf8mb4_turkish_ci",
            "utf8mb4_danish_ci", "utf8mb4_german2_ci", "latin1_swedish_ci", "utf8mb4_nopad_bin",
        )
    },
    **{
        f"mysql {one}": ("mysql", f"varchar(80) COLLATE {one}", "")
        for one in ("utf8mb4_0900_ai_ci", "utf8mb4_0900_as_ci", "utf8mb4_0900_as_cs", "utf8mb4_general_ci")
    },
    "postgresql": ("postgresql", "varchar(80)", ""),
    "postgresql citext": ("postgresql", "citext", "CREATE EXTENSION citext"),
    "postgresql citext C": ("postgresql", 'citext COLLATE "C"', "CREATE EXTENSION citext"),
    "postgresql level 1": ("postgresql", "varchar(80) COLLATE own", ICU.format("level1")),
    "postgresql level 1, signs ignored": ("postgresql", "varchar(80) COLLATE own", ICU.format("level1-ka-shifted")),
    "postgresql level 2": ("postgresql", "varchar(80) COLLATE own", ICU.format("level2")),
    "sqlite": ("sqlite", "varchar(80)", ""),
    "sqlite nocase": ("sqlite", "varchar(80) COLLATE NOCASE", ""),
}  # fmt: skip
"""Server, declaration of the column, and a statement before."""
NAMES = (
    "José", "Jose", "jose", "JOSÉ", "JosÉ", "Jose\u0301", "Straße", "Strasse", "STRASSE", "Strase", "Ångström", "Angstrom",
    "Aangstroem", "Müller", "Mueller", "Muller", "MÜLLER", "Ørsted", "Orsted",
    "O'Brien", "OBrien", "O-Brien", "Ilgin", "Ilg\u0131n", "ILGIN", "ilgin", "İlgin",
    "McDonald", "Mcdonald", "mcdOnald", "tea", "te\u200ba", "tea ", "Tea", "œuvre", "oeuvre",
    "12-3456789", "12-3456789 ", "\uff112-3456789",
)  # fmt: skip
OTHERS = (
    "Παύλος", "Παυλος", "ΠΑΥΛΟΣ", "παυλοσ", "Ёлкин", "Елкин", "ЕЛКИН", "ガラス", "がらす", "カラス", "ｶﾗｽ", "Ann 😀", "Ann 😁",
    "Ann \u2603", "ﬁx", "fix", "Nguyễn", "Nguyen", "Nguyên", "\U0001d400nn", "Ann", "Łódź", "Lodz", "한글", "Þór", "Thor",
)  # fmt: skip
"""Of more alphabets than latin1 has."""
EQUAL = "SELECT a.id, b.id FROM shop_product a JOIN shop_product b ON a.name = b.name"


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


def seeder(strategy: str) -> BaseSeeder:
    """Of products, with a name of the kind that the strategy masks."""

    class Products(BaseSeeder):
        config = SeederConfig(model=Product, record_count=RecordCount.fixed(1), pii_fields={"name": strategy})

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"name": ["a"] * len(rows), "price": [1] * len(rows)})

    return Products()


def masked(database: Database, strategy: str) -> int:
    """The exit code; equal texts are in different batches."""
    config = MaskingConfig(database=database.alias, environment=Environment.DEV, key=KEY, force=True, today=AS_OF, batch_size=7)
    return InPlaceMasking(config, Registry([seeder(strategy)]), STRATEGIES, tell=lambda _: None, ask=input).run().exit_code


def storable(declared: str, texts: Sequence[str]) -> list[str]:
    """Those of the texts that the column holds as they are."""
    return [one for one in texts if "latin1" not in declared or one.encode("cp1252", "ignore").decode("cp1252") == one]


@pytest.fixture
def shop(products: Callable[..., Database]) -> Callable[..., Database]:
    """A database with products whose names are compared in a column's way."""

    def make(title: str, *names: str, unique: bool = False) -> Database:
        server, declared, before = COLUMNS[title]
        table = PRODUCTS[server].replace("varchar(80) NOT NULL UNIQUE", f"{declared} NOT NULL{' UNIQUE' * unique}")
        database = products(server, *([before] if before else []), f"CREATE TABLE shop_product ({table})")
        for name in storable(declared, names):
            database.query("INSERT INTO shop_product (name, price) VALUES (%s, 1)", name)
        return database

    return make


@pytest.mark.sampled
@pytest.mark.parametrize("strategy", ["person_name", "identifier", "email"])
@pytest.mark.parametrize("title", COLUMNS)
def test_what_is_equal_stays_so_and_nothing_else_becomes_so(shop: Callable[..., Database], title: str, strategy: str) -> None:
    database = shop(title, *NAMES, *OTHERS)
    before = database.query("SELECT id, name FROM shop_product")
    names = dict(before)
    was = set(database.query(EQUAL))

    assert masked(database, strategy) == 0

    now = set(database.query(EQUAL))
    assert {(names[one], names[other]) for one, other in was ^ now} == set()
    assert not {name for (name,) in database.query("SELECT name FROM shop_product")} & set(names.values())


SPELLINGS = [
    "".join(letter.upper() if place in capitals else letter for place, letter in enumerate("mcdonald"))
    for size in (2, 3)
    for capitals in combinations(range(8), size)
]


@pytest.mark.parametrize("strategy", ["person_name", "city", "email", "company_name", "free_text"])
def test_a_unique_column_that_tells_case_apart_takes_the_masks_of_every_spelling(
    shop: Callable[..., Database], strategy: str
) -> None:
    database = shop("sqlite", *SPELLINGS, unique=True)

    assert masked(database, strategy) == 0


@pytest.mark.parametrize(
    "title", ["mariadb utf8mb4_general_ci", "mysql utf8mb4_0900_ai_ci", "mysql utf8mb4_0900_as_ci", "postgresql", "sqlite"]
)
def test_rows_of_a_file_repeat_real_ones_as_they_would_without_masks(
    shop: Callable[..., Database], title: str, tmp_path: Path
) -> None:
    database = shop(title, "José", "Strasse", "Weiß", unique=True)
    wanted = ["Jose", "Straße", "WEISS", "Ørsted", "other", "OTHER", "Öther"]
    free = []
    for name in wanted:
        try:
            with transaction.atomic(using=database.alias):
                database.query("INSERT INTO shop_product (name, price) VALUES (%s, 1)", name)
            free.append(name)
        except IntegrityError:
            continue
    database.query("DELETE FROM shop_product WHERE price = 1 AND id > 3")
    assert masked(database, "person_name") == 0
    files = tmp_path / "files"
    files.mkdir()
    (files / "shop_product.csv").write_text(
        "id,name,price\n" + "".join(f"{place},{name},7\n" for place, name in enumerate(wanted, start=1)), encoding="utf-8"
    )
    cipher = Cipher.of(KEY)
    registry = source_registry(
        files,
        Registry([seeder("person_name")]),
        cipher=cipher,
        masker=PIIMasker(cipher, Mode.FULL),
        strategies=STRATEGIES,
        collated=Collated(database.alias),
    )

    summary, _ = run(database, registry=registry, batch_size=2)

    assert len(database.query("SELECT 1 FROM shop_product WHERE price = 7")) == len(free)
    assert summary.results[0].records_inserted == len(free)
