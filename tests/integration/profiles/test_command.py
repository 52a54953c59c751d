"""`seed_profile`: profiles checked, shown and begun."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.integration.profiles.shop import TABLES, seed, shop, written
from tests.support.databases import Database
from tests.support.drafted import App

BASE = """
description: common
variables: {late: 1/4, where: north}
environments:
  staging:
    variables: {late: 1/2}
    tables: {shop_client: {rows: 5}}
tables:
  shop_client:
    rows: 20
    columns:
      region: ${where}
      status: {mix: [{share: '${late}', value: late}, {value: fine}]}
"""
DEMO = """
extends = "base"
size = "tiny"
[sizes.tiny]
scale = 2
[variables]
where = "south"
[tables.shop_client.columns]
level = 3
"""


@pytest.fixture
def database(make_database: Callable[..., Database]) -> Database:
    """An empty database."""
    return make_database("sqlite", ready=False)


@pytest.fixture
def app(tmp_path: Path, database: Database) -> Iterator[App]:
    """The app, and a folder of profiles."""
    with shop(tmp_path, database) as made:
        (tmp_path / "profiles").mkdir()
        written(tmp_path / "profiles", "base.yaml", BASE, made)
        written(tmp_path / "profiles", "demo.toml", DEMO, made)
        with override_settings(SEEDING_PROFILES=[tmp_path / "profiles"], SEEDING_DATABASE_IS_FALLBACK=False):
            yield made


def said(*arguments: str, **options: Any) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("seed_profile", *arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_a_profile_is_checked_with_what_it_comes_to(app: App, database: Database) -> None:
    text = said("check", "demo", auto=True, database=database.alias)
    told = json.loads(said("check", "demo", auto=True, database=database.alias, json=True))

    assert "demo.toml is right: tiny, --size=small --scale=2." in text
    assert told["tables"] == [{"name": f"{app.name}_client", "rows": 40, "columns": ["level", "region", "status"]}]
    assert len(told["digest"]) == 64
    assert database.query("SELECT count(*) FROM seeding_run") == [(0,)]


@pytest.mark.parametrize(("environment", "share", "rows"), [("dev", "1/4", 20), ("staging", "1/2", 5)])
def test_a_profile_is_shown_as_it_is_in_an_environment(app: App, environment: str, share: str, rows: int) -> None:
    shown = yaml.safe_load(said("show", "demo", env=environment))

    client = shown["tables"][f"{app.name}_client"]
    assert client["rows"] == rows
    assert client["columns"] == {
        "region": "south", "level": 3, "status": {"mix": [{"share": share, "value": "late"}, {"value": "fine"}]},
    }  # fmt: skip
    assert "extends" not in shown
    jsonschema.validate(shown, json.loads(said("schema")))


def test_profiles_are_listed_with_what_they_are_for_or_what_is_wrong(app: App, tmp_path: Path) -> None:
    (tmp_path / "profiles" / "broken.json").write_text('{"sizes": 3}')
    (tmp_path / "profiles" / "notes.txt").write_text("no profile")

    lines = said("list").splitlines()
    assert [line.strip().split(maxsplit=1) for line in lines] == [
        ["base", "common"],
        ["broken", "broken.json:1: sizes: 3 is not a table."],
        ["demo", "common"],
    ]
    with override_settings(SEEDING_PROFILES=[]):
        assert "There are no profiles." in said("list")


def test_every_rule_of_an_example_is_one_that_the_table_takes(app: App, database: Database, tmp_path: Path) -> None:
    """Each line that begins a rule is uncommented; of the alternatives for rows, the first."""
    for table in TABLES:
        begun = said("example", f"{app.name}_{table}", auto=True, database=database.alias)
        lines, seen = [], set()
        for line in begun.splitlines():
            rule = line.removeprefix("# ")
            if line.startswith("# ") and " = " in rule and (name := rule.split(" = ")[0]) not in seen:
                seen.add(name)
                lines.append(rule)
            elif not line.startswith("#"):
                lines.append(line)
        path = tmp_path / f"{table}.toml"
        path.write_text("\n".join(lines))
        assert (table, seed(database, path)[0]) == (table, 0)
        assert database.rollback()["exit_code"] == 0


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("check",), {}, "Name a profile"),
        (("check", "dmo"), {}, r"--profile=dmo: there is no such file, and no profile of that name. Did you mean demo\?"),
        (("check", "demo"), {}, "there is no such table to seed"),
        (("check", "demo"), {"auto": True, "size": "huge"}, r"--size=huge: there is no size 'huge'. There are: "),
        (("check", "demo"), {"auto": True, "locale": "xx"}, "--locale=xx: Faker has no such locale"),
        (("example", "nothing"), {}, "There is no table 'nothing' to seed"),
        (("example", "nothing"), {"auto": True}, "There is no table 'nothing' to seed. "),
    ],
)
@pytest.mark.usefixtures("app")
def test_wrong_arguments_are_one_sentence(
    database: Database, arguments: tuple[str, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(CommandError, match=words) as refusal:
        said(*arguments, database=database.alias, **options)

    assert refusal.value.returncode == 1


def test_extends_leads_to_no_other_folder(app: App, database: Database, tmp_path: Path) -> None:
    written(tmp_path, "secret.toml", "description = 'secret'", app)
    (tmp_path / "profiles" / "linked.toml").symlink_to(tmp_path / "secret.toml")
    for name in ("../secret", "/etc/passwd", "linked", "secret"):
        written(tmp_path / "profiles", "out.toml", f"extends = '{name}'", app)
        with pytest.raises(CommandError, match=r"out.toml:1: extends: there is no profile"):
            said("show", "out", database=database.alias)


def test_seed_locale_is_of_every_table_and_stays(app: App, database: Database) -> None:
    code, _ = seed(database, None, locale="el_GR")
    greek = database.query(f"SELECT count(*) FROM {app.name}_client WHERE name > 'zzzz' OR name < 'A'")  # noqa: S608
    with pytest.raises(CommandError, match=r"--locale=de_DE: .* holds rows of --locale=el_GR"):
        seed(database, None, locale="de_DE")

    assert (code, greek) == (0, [(10,)])
    assert seed(database, None, size="medium")[0] == 0
