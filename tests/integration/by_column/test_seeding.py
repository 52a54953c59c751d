"""References by another column than the primary key hold that column's values; what real rows refer to so is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl
import pytest
from django.core.management import call_command
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import override_settings

from seeding import BaseSeeder, Dataset, Derivation, RecordCount, Rows, SeederConfig
from seeding.generation.registry import Registry
from seeding.generation.rows import numerals
from seeding.verification.checker import Checker
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

INSTALLED = override_settings(INSTALLED_APPS=["seeding", "tests.integration.by_column"], DATABASE_ROUTERS=[])

with INSTALLED:
    from tests.integration.by_column.models import Airport, Capital, City, Country, Mayor, Port, Region, Route, Survey

COUNTRIES = ("atlas_country",)


class CountrySeeder(BaseSeeder):
    """Four of them; neither code nor number is in the order of the keys."""

    config = SeederConfig(model=Country, record_count=RecordCount.fixed(4), not_pii=("iso", "name"), natural_key=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "iso": "C" + numerals(9 - rows.index),
                "number": 900 - 7 * rows.index,
                "name": "Country " + numerals(rows.index),
            }
        )


class CitySeeder(BaseSeeder):
    config = SeederConfig(model=City, record_count=RecordCount.fixed(8), dependencies=COUNTRIES)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"country_id": rows.index // 2})


class AirportSeeder(CitySeeder):
    config = SeederConfig(model=Airport, record_count=RecordCount.fixed(8), dependencies=COUNTRIES)


class RouteSeeder(CitySeeder):
    config = SeederConfig(model=Route, record_count=RecordCount.fixed(8), dependencies=COUNTRIES)


class PortSeeder(BaseSeeder):
    """The first four of which have no country."""

    config = SeederConfig(model=Port, record_count=RecordCount.fixed(8), dependencies=COUNTRIES)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame(
            {"country_id": [None if one < 4 else one // 2 for one in rows.index.tolist()]}, {"country_id": pl.Int64}
        )


class CapitalSeeder(BaseSeeder):
    config = SeederConfig(model=Capital, record_count=RecordCount.fixed(4), dependencies=COUNTRIES)

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"country_id": 3 - rows.index})


class MayorSeeder(BaseSeeder):
    config = SeederConfig(model=Mayor, record_count=RecordCount.fixed(4), dependencies=("atlas_capital",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"capital_id": rows.index})


class RegionSeeder(BaseSeeder):
    """A tree: most regions lie in one of the same batch or of an earlier one."""

    config = SeederConfig(model=Region, record_count=RecordCount.fixed(30), not_pii=("code",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        within = [None if one == 0 else (one - 1) // 3 for one in rows.index.tolist()]
        return pl.DataFrame({"code": "R-" + numerals(100 - rows.index), "within_id": pl.Series(within, dtype=pl.Int64)})


class PostponedRegionSeeder(RegionSeeder):
    """Filled when all regions are there."""

    config = SeederConfig(model=Region, record_count=RecordCount.fixed(30), not_pii=("code",), postponed=("within_id",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return super().generate_data(rows).with_columns(within_id=pl.Series((rows.index + 7) % 30))


EVERY = (CountrySeeder, CitySeeder, AirportSeeder, PortSeeder, RouteSeeder, CapitalSeeder, MayorSeeder)


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.fixture(params=SERVERS)
def atlas(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    """A database with the tables, and no row."""
    return made(request.param, make_database)


@pytest.fixture
def file(make_database: Callable[..., Database]) -> Database:
    """The same, of SQLite."""
    return made("sqlite", make_database)


def made(server: str, make_database: Callable[..., Database]) -> Database:
    database = make_database(server, ready=False)
    call_command("migrate", database=database.alias, run_syncdb=True, verbosity=0)
    return database


def named(database: Database, table: str, by: str) -> list[str]:
    """The names of the countries that the rows of a table refer to, as the database joins them."""
    rows = database.query(
        f"SELECT c.name FROM {table} r JOIN atlas_country c ON c.{by} = r.country_id ORDER BY r.id"  # noqa: S608
    )
    return [name for (name,) in rows]


def broken(database: Database, *seeders: BaseSeeder) -> dict[str, tuple[int, int]]:
    """What seed_check says of references: rule → (rows looked at, rows that break it)."""
    return {
        one.rule.partition(" ")[0]: (one.looked_at, one.broken)
        for one in Checker(database.alias, "", Registry(seeders)).references()
    }


def test_every_form_holds_the_parents_value_and_goes_again(atlas: Database) -> None:
    seeders = [one() for one in EVERY]
    summary, _ = run(atlas, *seeders)

    assert (summary.exit_code, [one.error for one in summary.results if one.error]) == (0, [])
    twice = [f"Country {one // 2}" for one in range(8)]
    assert named(atlas, "atlas_city", "number") == twice
    assert named(atlas, "atlas_airport", "number") == twice
    assert named(atlas, "atlas_route", "iso") == twice
    assert named(atlas, "atlas_port", "iso") == twice[4:]
    assert named(atlas, "atlas_capital", "iso") == [f"Country {3 - one}" for one in range(4)]
    assert atlas.query("SELECT c.name FROM atlas_mayor m JOIN atlas_country c ON c.iso = m.capital_id ORDER BY m.id") == [
        (f"Country {3 - one}",) for one in range(4)
    ]
    assert {rule: one[1] for rule, one in broken(atlas, *seeders).items()} == dict.fromkeys(
        ("atlas_city.country_id", "atlas_airport.country_id", "atlas_port.country_id", "atlas_route.country_id",
         "atlas_capital.country_id", "atlas_mayor.capital_id"), 0)  # fmt: skip
    again, _ = run(atlas, *seeders)
    assert (again.exit_code, again.records_inserted) == (0, 0)

    gone, _ = undo(atlas, *seeders)

    assert (gone.exit_code, atlas.query("SELECT COUNT(*) FROM atlas_country")) == (0, [(0,)])


def test_rows_that_are_adopted_keep_their_own_values(atlas: Database) -> None:
    atlas.query("INSERT INTO atlas_country (iso, number, name) VALUES ('real', 5, 'Country 1')")

    summary, _ = run(atlas, *(one() for one in EVERY))

    assert summary.exit_code == 0
    assert atlas.query("SELECT COUNT(*) FROM atlas_route WHERE country_id = 'real'") == [(2,)]
    assert atlas.query("SELECT COUNT(*) FROM atlas_airport WHERE country_id = 5") == [(2,)]
    assert named(atlas, "atlas_city", "number") == [f"Country {one // 2}" for one in range(8)]
    assert undo(atlas, *(one() for one in EVERY))[0].exit_code == 0
    assert atlas.query("SELECT iso, number, name FROM atlas_country") == [("real", 5, "Country 1")]


@pytest.mark.parametrize(
    ("table", "by"), [("city", "number"), ("airport", "number"), ("port", "iso"), ("route", "iso"), ("capital", "iso")]
)
def test_a_real_row_keeps_what_it_refers_to(file: Database, table: str, by: str) -> None:
    run(file, CountrySeeder())
    file.query(f"INSERT INTO atlas_{table} (country_id) SELECT {by} FROM atlas_country WHERE name = 'Country 2'")  # noqa: S608

    summary, _ = undo(file, CountrySeeder())

    assert (summary.exit_code, named(file, f"atlas_{table}", by)) == (6, ["Country 2"])
    assert file.query("SELECT name FROM atlas_country") == [("Country 2",)]


@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_table_that_refers_to_itself(atlas: Database, batch_size: int | None) -> None:
    summary, _ = run(atlas, RegionSeeder(), batch_size=batch_size)

    assert (summary.exit_code, summary.records_inserted) == (0, 30)
    assert atlas.query("SELECT code, within_id FROM atlas_region ORDER BY id") == [
        (f"R-{100 - one}", None if one == 0 else f"R-{100 - (one - 1) // 3}") for one in range(30)
    ]
    assert broken(atlas, RegionSeeder()) == {"atlas_region.within_id": (29, 0)}
    assert (undo(atlas, RegionSeeder())[0].exit_code, atlas.query("SELECT code FROM atlas_region")) == (0, [])


def test_columns_that_are_filled_afterwards(atlas: Database) -> None:
    assert run(atlas, PostponedRegionSeeder())[0].exit_code == 0

    assert atlas.query("SELECT code, within_id FROM atlas_region ORDER BY id") == [
        (f"R-{100 - one}", f"R-{100 - (one + 7) % 30}") for one in range(30)
    ]
    assert (undo(atlas, PostponedRegionSeeder())[0].exit_code, atlas.query("SELECT code FROM atlas_region")) == (0, [])


def test_a_value_that_leads_nowhere_is_found(file: Database) -> None:
    run(file, CountrySeeder(), AirportSeeder(), RouteSeeder())
    file.query("UPDATE atlas_airport SET country_id = 895 WHERE id = (SELECT MIN(id) FROM atlas_airport)")
    file.query("UPDATE atlas_route SET country_id = 'C7x' WHERE country_id = 'C7'")

    assert broken(file, CountrySeeder(), AirportSeeder(), RouteSeeder()) == {
        "atlas_airport.country_id": (8, 1),
        "atlas_route.country_id": (8, 2),
    }


def test_a_parent_that_is_gone_is_a_reference_to_nothing(file: Database) -> None:
    run(file, CountrySeeder())
    file.query("DELETE FROM atlas_country WHERE name = 'Country 3'")

    summary, _ = run(file, CountrySeeder(), RouteSeeder())

    assert named(file, "atlas_route", "iso") == [f"Country {one // 2}" for one in range(6)]
    assert summary.results[-1].records_skipped == 2


def test_a_rehearsal_shows_values_and_reads_no_real_row(file: Database) -> None:
    file.query("INSERT INTO atlas_country (id, iso, number, name) VALUES (1, 'real', 5, 'Somewhere')")

    summary, _ = run(file, *(one() for one in EVERY), RegionSeeder(), dry_run=True)

    assert [one.error for one in summary.results if one.error] == []
    shown = summary.examples
    assert [one["country_id"] for one in shown["atlas_route"]] == ["C9", "C9", "C8"]
    assert [one["country_id"] for one in shown["atlas_city"]] == [900, 900, 893]
    assert file.query("SELECT COUNT(*) FROM atlas_route") == [(0,)]


class SurveySeeder(CitySeeder):
    config = SeederConfig(model=Survey, record_count=RecordCount.fixed(8), dependencies=COUNTRIES)


def test_a_value_of_any_other_type_is_refused(file: Database) -> None:
    summary, _ = run(file, CountrySeeder(), SurveySeeder())

    assert summary.results[1].error.startswith(
        "atlas_survey refers to atlas_country by area (country_id), which is neither an integer nor a text; leave"
    )
    assert summary.exit_code == 3


class DerivedCountrySeeder(CountrySeeder):
    config = SeederConfig(model=Country, record_count=RecordCount.fixed(4), not_pii=("iso", "name"))

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        return [Derivation(values={"iso": Concat(Value("x"), F("number"))}, reads=())]


def test_a_value_that_is_derived_afterwards_is_refused(file: Database) -> None:
    summary, _ = run(file, DerivedCountrySeeder(), RouteSeeder())

    assert "by iso, which DerivedCountrySeeder fills in afterwards" in summary.results[1].error
    assert file.query("SELECT COUNT(*) FROM atlas_route") == [(0,)]
