"""What is wrong with a profile is said with its file and line, all at once, before a row is written."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from seeding.profiles.documents import UnreadableError, read
from tests.integration.profiles.cases import cases
from tests.integration.profiles.shop import shop, written
from tests.support.databases import AS_OF, Database
from tests.support.share import IS_SHARED


@pytest.mark.parametrize("server", ["sqlite", "mariadb"])
def test_what_is_wrong_is_said_with_its_line(make_database: Callable[..., Database], tmp_path: Path, server: str) -> None:
    database = make_database(server, ready=False)
    with shop(tmp_path, database) as app:
        unlike = {}
        for case in [*cases("wrong")][:: 4 if IS_SHARED and server != "sqlite" else 1]:
            said = refused(database, written(tmp_path, f"profile.{case.kind}", case.text, app))
            if case.expected[0].replace("shop_", f"{app.name}_") not in said:
                unlike[case.name] = said
        seeded = database.query("SELECT count(*) FROM seeding_run")

    assert unlike == {}
    assert seeded == [(0,)]


@pytest.mark.parametrize(
    ("suffix", "text", "words"),
    [
        (".json", '{"variables": ' + "[" * 40 + "]" * 40 + "}", "nested too deeply"),
        (".json", "[" * 100_000, "nested too deeply"),
        (".yaml", "description: '" + "x" * 300_000 + "'", "larger than 256 KiB"),
    ],
)
def test_what_is_too_large_is_not_read(tmp_path: Path, suffix: str, text: str, words: str) -> None:
    path = tmp_path / f"profile{suffix}"
    path.write_text(text)

    with pytest.raises(UnreadableError, match=words):
        read(path)


def test_everything_is_said_at_once_in_the_order_of_the_lines(make_database: Callable[..., Database], tmp_path: Path) -> None:
    text = "locale = 'xx_XX'\n[tables.shop_client]\nrowz = 3\n[tables.shop_client.columns]\nname = { fkae = 1 }\nregion = 'x'\n"
    database = make_database("sqlite", ready=False)
    with shop(tmp_path, database) as app:
        said = refused(database, written(tmp_path, "profile.toml", text, app))

    assert [line.split(": ")[0] for line in said.splitlines()] == [f"profile.toml:{line}" for line in (1, 3, 5, 6)]


def test_a_line_is_that_of_the_file_that_says_it(make_database: Callable[..., Database], tmp_path: Path) -> None:
    database = make_database("sqlite", ready=False)
    with shop(tmp_path, database) as app:
        written(tmp_path, "base.yaml", "tables:\n  shop_client:\n    columns:\n      level: seven\n", app)
        said = refused(database, written(tmp_path, "profile.toml", "extends = 'base'\nfacts.x = 1", app))

    assert [line.split(": ")[0] for line in said.splitlines()] == ["base.yaml:4", "profile.toml:2"]


@pytest.mark.parametrize("option", [{"source": "."}, {"env": "production"}])
def test_profiles_shape_no_real_rows(make_database: Callable[..., Database], tmp_path: Path, option: dict[str, str]) -> None:
    (tmp_path / "profile.toml").write_text("")
    with pytest.raises(CommandError, match=r"--profile (shapes generated rows|never writes to production)") as refusal:
        call_command("seed", profile=str(tmp_path / "profile.toml"), table=None, **option)

    assert refusal.value.returncode == 1


def refused(database: Database, profile: Path) -> str:
    """What the refusal of a profile says; empty if there is none."""
    try:
        call_command(
            "seed", database=database.alias, auto=True, profile=str(profile), as_of=AS_OF.isoformat(), table=None,
            stdout=StringIO(), stderr=StringIO(),
        )  # fmt: skip
    except CommandError as error:
        return str(error) if error.returncode == 1 else f"exit code {error.returncode}: {error}"
    return ""
