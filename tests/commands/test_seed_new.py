"""`seed_new`: what it writes runs as it is, and what it refuses it says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from seeding.generation.registry import Registry
from seeding.scaffold import Project
from seeding.testing import SeederContract
from tests.servers import MariaDB
from tests.support.databases import SERVERS, Database
from tests.support.drafted import App

TERP = sorted(model._meta.db_table for model in apps.get_app_config("terpseed").get_models())
TEN = "members member_profiles countries branches branch_days memberships visits visit_photos leaderboard settings".split()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A new app, which can be imported."""
    with App(tmp_path) as made:
        yield made


def test_a_seeder_for_each_of_terps_tables_runs_unchanged(make_database: Callable[..., Database], app: App) -> None:
    database = make_database("mariadb")

    assert_that_it_runs(database, app, TERP)


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_ten_hard_tables_are_seeded_too(make_database: Callable[..., Database], app: App, server: str) -> None:
    database = make_database(server, ready=False)
    with app.installed():
        call_command("migrate", database=database.alias, verbosity=0)
    for statement in (Path(__file__).parent / "ten_tables.sql").read_text(encoding="utf-8").split(";\n")[:-1]:
        database.query(statement)

    assert_that_it_runs(database, app, TEN)


@pytest.mark.skipif("TERP_DDL" not in os.environ, reason="TERP_DDL names no file with the DDL of TERP's own tables")
def test_so_are_all_of_terps_own(make_database: Callable[..., Database], mariadb: MariaDB, app: App) -> None:
    database = make_database("mariadb", ready=False)
    mariadb.sql(Path(os.environ["TERP_DDL"]).read_text(encoding="utf-8"), database.alias)
    tables = {row[0] for row in database.query("SHOW TABLES")}
    with app.installed():
        call_command("migrate", database=database.alias, verbosity=0)

    assert_that_it_runs(database, app, sorted(tables))


def assert_that_it_runs(database: Database, app: App, tables: list[str]) -> None:
    """Written, seeded, seeded again, checked against the contract, and rolled back."""
    with app.installed():
        app.seed_new(database, *tables)

        first, second = database.seed(), database.seed()
        registry = Registry.discover()
        rolled_back = database.rollback()

        assert {one["table"]: one["state"] for one in first["results"]} == dict.fromkeys(tables, "seeded")
        assert (second["exit_code"], second["records_inserted"]) == (0, 0)
        assert rolled_back["exit_code"] == 0
        contract = type("Contract", (SeederContract,), {"registry": registry})()
        for seeder in registry.ordered:
            contract.test_every_reference_stays_inside_its_parent(seeder)
            contract.test_every_row_is_valid_for_its_table(seeder)
            contract.test_every_column_is_personal_or_not(seeder)


def test_a_table_that_a_model_mirrors_gets_a_seeder_alone(make_database: Callable[..., Database], app: App) -> None:
    app.write(
        "models.py",
        "from django.db import models\n\n\nclass Reader(models.Model):\n    name = models.CharField(max_length=50)\n"
        "    email = models.EmailField(unique=True)\n    visits = models.PositiveIntegerField(default=0)\n",
    )
    database = make_database("sqlite", ready=False)
    with app.installed():
        call_command("migrate", database=database.alias, run_syncdb=True, verbosity=0)

        said = app.seed_new(database, f"{app.name}_reader", app=None)

    path = app.folder / "seeders" / f"{app.name}_reader.py"
    assert said.splitlines()[1:] == [
        f"Wrote {path}",
        f"Look at what they hold: manage.py seed --table={app.name}_reader --dry-run --database={database.alias}",
    ]
    assert app.files()[path.name] == READER.format(app=app.name, label="Reader")


READER = '''"""`{app}_reader`: a draft, guessed from the table; correct what you know better."""

from __future__ import annotations

import polars as pl

from seeding import BaseSeeder, RecordCount, Rows, SeederConfig, numerals

from {app}.models import Reader


class ReaderSeeder(BaseSeeder):
    """Fills `{app}_reader`."""

    config = SeederConfig(
        model=Reader,
        record_count=RecordCount(small=10, medium=100, large=1_000),
        pii_fields={{"email": "email"}},
        not_pii=("name",),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `{app}_reader`."""
        # Left to the database, or empty: visits.
        return pl.DataFrame(
            {{
                "name": "{label} " + numerals(rows.index + 1),
                "email": "person" + numerals(rows.index + 1) + "@example.com",
            }}
        )
'''

SMALL = """
    CREATE TABLE authors (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(50) NOT NULL);
    CREATE TABLE books (id INTEGER PRIMARY KEY AUTOINCREMENT, author_id INTEGER NOT NULL REFERENCES authors (id));
    CREATE TABLE eggs (id INTEGER PRIMARY KEY AUTOINCREMENT, hen_id INTEGER NOT NULL);
    CREATE TABLE hens (id INTEGER PRIMARY KEY AUTOINCREMENT, egg_id INTEGER NOT NULL);
    CREATE TABLE shapes (id INTEGER PRIMARY KEY AUTOINCREMENT, outline GEOMETRY NOT NULL);
    CREATE TABLE words (word VARCHAR(20) PRIMARY KEY);
"""


@pytest.mark.parametrize("server", SERVERS)
def test_of_a_key_of_several_columns_one_is_a_reference(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server, ready=False)
    database.query("CREATE TABLE firms (id int PRIMARY KEY, country int, UNIQUE (country, id))")
    key = "FOREIGN KEY (country, firm) REFERENCES firms (country, id)"
    database.query(f"CREATE TABLE desks (id int PRIMARY KEY, country int, firm int, {key})")

    assert Project(database.alias, Registry([])).links("desks") == {"firm": "firms"}


@pytest.fixture
def library(make_database: Callable[..., Database]) -> Database:
    """A few tables."""
    database = make_database("sqlite", ready=False)
    call_command("migrate", database=database.alias, verbosity=0)
    for statement in SMALL.split(";\n")[:-1]:
        database.query(statement)
    return database


@pytest.mark.parametrize(
    ("tables", "options", "code", "words"),
    [
        (["author"], {}, 3, "There is no table author. Did you mean authors?"),
        (["books"], {}, 1, "books.author_id refers to authors, which no seeder fills.\nWrite them together: manage.py"),
        (["hens", "eggs"], {}, 3, "These tables need rows of each other: hens → eggs → hens."),
        (["shapes"], {}, 3, "shapes: no value can be made for outline"),
        (["authors"], {"app": None}, 1, "No model mirrors the table, so no app is known. Name the app of the file with --app"),
        (["authors"], {"app": "nowhere"}, 1, "--app=nowhere: no such app in INSTALLED_APPS."),
        (["authors"], {"app": "sessions"}, 1, "sessions is an installed package"),
        (["seeding_run"], {}, 1, "seeding_run belongs to the ledger"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_told_with_a_way_out(
    library: Database, app: App, *, tables: list[str], options: dict[str, Any], code: int, words: str
) -> None:
    with app.installed("django.contrib.sessions"), pytest.raises(CommandError) as caught:
        app.seed_new(library, *tables, **options)

    assert caught.value.returncode == code
    assert words in str(caught.value)
    assert not (app.folder / "seeders").exists()


def test_a_check_that_no_guess_keeps_is_told_and_nothing_is_written(library: Database, app: App) -> None:
    library.query('CREATE TABLE debts (id INTEGER PRIMARY KEY AUTOINCREMENT, owed INTEGER NOT NULL, paid INTEGER NOT NULL,'
                  ' CONSTRAINT "it_is_owed" CHECK (owed < paid AND paid < owed))')  # fmt: skip

    with app.installed(), pytest.raises(CommandError) as caught:
        app.seed_new(library, "debts")

    assert caught.value.returncode == 5
    assert "debts: 300 of the rows tried, owed|paid: breaks it_is_owed." in str(caught.value)
    assert not (app.folder / "seeders").exists()


def test_checks_without_names_are_kept_by_what_is_drafted(library: Database, app: App) -> None:
    library.query("CREATE TABLE tickets (id integer primary key autoincrement, level integer not null check (level > 0),"
                  " state text not null check (state in ('new', 'old')))")  # fmt: skip

    with app.installed():
        app.seed_new(library, "tickets")

        assert library.seed(dry_run=True)["exit_code"] == 0
        assert library.seed()["exit_code"] == 0
    assert {state for (state,) in library.query("SELECT DISTINCT state FROM tickets")} == {"new", "old"}


def test_what_is_filled_with_names_is_personal(library: Database, app: App) -> None:
    columns = ("author", "contact", "recipient", "organization", "login", "colour")
    texts = "".join(f", {name} varchar(80) not null" for name in columns)
    library.query(f"CREATE TABLE parcels (id integer primary key autoincrement, author_rank integer not null{texts})")

    with app.installed():
        app.seed_new(library, "parcels")
        (seeder,) = Registry.discover().ordered

    people = dict.fromkeys(("author", "contact", "recipient", "login"), "person_name")
    assert seeder.config.pii_fields == {**people, "organization": "company_name"}
    assert seeder.config.not_pii == ("colour",)


def test_no_file_is_overwritten_and_then_none_is_written(library: Database, app: App) -> None:
    (app.folder / "seeders").mkdir()
    app.write("seeders/books.py", "mine = True\n")

    with app.installed(), pytest.raises(CommandError, match=r"books\.py exists, and no file is overwritten"):
        app.seed_new(library, "authors", "books")

    assert app.files() == {"books.py": "mine = True\n"}


def test_a_table_that_has_a_seeder_is_refused(library: Database, app: App) -> None:
    with app.installed():
        app.seed_new(library, "authors")

        with pytest.raises(CommandError, match=r"authors has a seeder already: .*\.seeders\.authors\.AuthorSeeder"):
            app.seed_new(library, "authors")


def test_a_child_refers_to_the_rows_of_a_seeder_that_is_there(library: Database, app: App) -> None:
    with app.installed():
        app.seed_new(library, "authors")
        app.seed_new(library, "books")

    book = app.files()["books.py"]
    assert 'dependencies=("authors",),' in book
    assert '"author_id": cell * 10 + rows.skewed("author_id", 10, cell),' in book


def test_a_module_of_seeders_is_not_hidden_by_a_package(library: Database, app: App) -> None:
    app.write("seeders.py", "")

    with app.installed(), pytest.raises(CommandError, match="Make it a package first"):
        app.seed_new(library, "authors")


def test_a_dry_run_writes_nothing(library: Database, app: App) -> None:
    with app.installed():
        said = app.seed_new(library, "authors", dry_run=True)

    assert "class AuthorSeeder(BaseSeeder):" in said
    assert not (app.folder / "seeders").exists()
