"""A profiled dataset grows, is resumed, compared and undone like any other; its rules are the ledger's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.integration.profiles.shop import TABLES, counted, seed, shop, written
from tests.servers import Server
from tests.support.databases import SERVERS, Database
from tests.support.drafted import App
from tests.support.dumps import dumped_rows

PROFILE = """
[tables.shop_client]
rows = 12
[tables.shop_client.columns]
name = { mix = [{ share = "1/4", fake = "name", locale = "es_ES" }, { fake = "company" }] }
region = ["north", "south", "east"]
credit = { distribution = "normal", mean = 500, deviation = 100, min = 0 }
code = { pattern = "C-###-??" }
note = { nulls = "1/3" }
[tables.shop_client.named.maria]
name = "María"
[tables.shop_depot.columns]
region = ["north", "south", "east"]
[tables.shop_order]
rows = { per = "client_id", range = [0, 3], none = "1/4" }
[tables.shop_order.columns]
region = ["north", "south", "east"]
depot_id = { choose = "weighted", same = "region" }
due_on = { after = "placed_at", days = [1, 14] }
[tables.shop_line]
rows = { per = "order_id", range = [1, 4] }
[tables.shop_client_tags]
rows = { per = "client_id", range = [0, 3] }
"""


ROOM = "[tables.shop_tag]\nrows = 170\n[tables.shop_depot]\nrows = 170\n[tables.shop_depot.columns]"
"""As many rows of the tables that those of clients and orders refer to."""
DANGLING = "SELECT count(*) FROM shop_{} t LEFT JOIN shop_{} o ON o.id = t.{}_id WHERE o.id IS NULL AND t.{}_id IS NOT NULL"
REFERENCES = (("order", "client"), ("order", "depot"), ("line", "order"), ("client_tags", "tag"), ("client_tags", "client"))


@pytest.fixture
def sqlite(make_database: Callable[..., Database]) -> Database:
    """An empty database."""
    return make_database("sqlite", ready=False)


@pytest.fixture
def app(tmp_path: Path, sqlite: Database) -> Iterator[App]:
    """The app, on SQLite."""
    with shop(tmp_path, sqlite) as made:
        yield made


@pytest.mark.parametrize("server", SERVERS)
def test_a_profiled_dataset_grows_and_is_undone(
    make_database: Callable[..., Database], running: Callable[[str], Server], tmp_path: Path, server: str
) -> None:
    host = None if server == "sqlite" else running(server)
    database = make_database(server, ready=False)
    with shop(tmp_path, database) as app:
        before = dumped_rows(database, host)
        profile = written(tmp_path, "profile.toml", PROFILE, app)
        first, _ = seed(database, profile)
        small = content(database, app)
        second, again = seed(database, None)
        grown, more = seed(database, None, size="medium")
        medium = content(database, app)
        more_rows = PROFILE.replace("rows = 12", "rows = 204").replace("[tables.shop_depot.columns]", ROOM)
        wider, _ = seed(database, written(tmp_path, "more.toml", more_rows, app))
        large = content(database, app)
        dangling = [counted(database, app, DANGLING.format(table, to, to, to)) for table, to in REFERENCES]
        undone = database.rollback()

        assert (first, second, grown, wider, undone["exit_code"]) == (0, 0, 0, 0, 0)
        assert again["records_inserted"] == 0
        assert more["records_inserted"] > 0
        for table in TABLES:
            assert (table, small[table] <= medium[table] <= large[table]) == (table, True)
        assert [len(rows["client"]) for rows in (small, medium, large)] == [12, 120, 204]
        assert dangling == [0] * len(REFERENCES)
        assert dumped_rows(database, host) == before


def test_rows_are_compared_with_what_the_profile_gives(sqlite: Database, app: App, tmp_path: Path) -> None:
    seed(sqlite, written(tmp_path, "profile.toml", PROFILE, app))
    sqlite.query(f"UPDATE {app.name}_client SET credit = credit + 1 WHERE id = 5")  # noqa: S608

    undone = sqlite.rollback(keep_modified=True)

    assert undone["exit_code"] == 6
    assert sqlite.query(f"SELECT id FROM {app.name}_client") == [(5,)]  # noqa: S608


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("mean = 500", "mean = 501"), "_client holds rows that follow other rules than this profile has for them"),
        (('name = "María"', 'name = "Maria"'), "_client holds rows that follow other rules"),
        (("[tables.shop_client]\n", 'locale = "de_DE"\n[tables.shop_client]\n'), "--locale=de_DE: "),
    ],
)
def test_rows_of_two_rules_are_not_mixed(
    sqlite: Database, app: App, tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    seed(sqlite, written(tmp_path, "profile.toml", PROFILE, app))
    before = content(sqlite, app)

    with pytest.raises(CommandError, match=words) as refusal:
        seed(sqlite, written(tmp_path, "other.toml", PROFILE.replace(*change), app), size="medium")

    assert refusal.value.returncode == 1
    assert content(sqlite, app) == before


def test_rules_of_one_table_change_no_other_tables_rows(
    make_database: Callable[..., Database], sqlite: Database, app: App, tmp_path: Path
) -> None:
    second = make_database("sqlite", ready=False)
    call_command("migrate", database=second.alias, run_syncdb=True, verbosity=0)
    other = PROFILE.replace("mean = 500", "mean = 900") + "[tables.shop_tag.columns]\nname = { pattern = '??????' }\n"
    seed(sqlite, written(tmp_path, "profile.toml", PROFILE, app))
    seed(second, written(tmp_path, "other.toml", other, app))

    with_other_rules = content(second, app)
    unlike = [table for table, rows in content(sqlite, app).items() if rows != with_other_rules[table]]
    assert unlike == ["tag", "client"]


def test_more_rows_than_those_they_refer_to_have_cells_for_are_refused(sqlite: Database, app: App, tmp_path: Path) -> None:
    seed(sqlite, written(tmp_path, "profile.toml", PROFILE, app))
    before = content(sqlite, app)

    with pytest.raises(CommandError, match=r"_order: \d+ rows refer to 204 rows of \w+_client, of which there are to be 200"):
        seed(sqlite, written(tmp_path, "more.toml", PROFILE.replace("rows = 12", "rows = 200"), app))

    assert content(sqlite, app) == before


def test_growth_beyond_what_a_rule_has_values_for_is_refused(sqlite: Database, app: App, tmp_path: Path) -> None:
    rule = "[tables.shop_client]\nrows = 5\ncolumns.code = { sequence = { prefix = 'abcdefghijk', digits = 1 } }\n"
    assert seed(sqlite, written(tmp_path, "profile.toml", rule, app))[0] == 0

    with pytest.raises(CommandError, match=r"50 rows of \w+_client were asked for; its seeder can make 9"):
        seed(sqlite, None, size="medium")


def test_a_table_that_is_undone_can_have_other_rules(sqlite: Database, app: App, tmp_path: Path) -> None:
    seed(sqlite, written(tmp_path, "profile.toml", PROFILE, app))
    sqlite.rollback(table=f"{app.name}_line")
    code, _ = seed(sqlite, written(tmp_path, "other.toml", PROFILE.replace("[1, 4]", "[5, 5]"), app))
    again, summary = seed(sqlite, None)

    assert (code, again, summary["records_inserted"]) == (0, 0, 0)
    lines = counted(sqlite, app, "SELECT (SELECT count(*) FROM shop_line) - 5 * (SELECT count(*) FROM shop_order)")
    assert lines == 0


def content(database: Database, app: App) -> dict[str, set[str]]:
    """Table → its rows."""
    return {table: set(map(repr, database.content(f"{app.name}_{table}"))) for table in TABLES}
