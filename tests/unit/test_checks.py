"""What Django's checks say before anybody runs a command."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name for it
from django.db import NotSupportedError, OperationalError, connections

from seeding import BaseSeeder, RecordCount, Registry, Rows, SeederConfig, checks
from seeding.example.models import Customer
from seeding.exceptions import MisdeclaredSeederError
from tests.support.databases import Database


class CarelessSeeder(BaseSeeder):
    config = SeederConfig(model=Customer, record_count=RecordCount.fixed(1), pii_fields={"name": "moon"})

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame()


class Elsewhere:
    """A router that keeps the ledger out of every database."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return app_label != "seeding"


def test_seeders_of_which_every_column_is_decided_are_not_mentioned() -> None:
    assert checks.check_personal_data() == []


def test_a_column_that_nobody_has_decided_about_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "discover", lambda: Registry([CarelessSeeder()]))

    found = checks.check_personal_data()

    assert {type(one) for one in found} == {Warning}
    assert [(one.id, one.msg.partition(",")[0].partition(" and")[0]) for one in found] == [
        ("seeding.W001", "CarelessSeeder: shop_customer.name names the strategy 'moon'"),
        ("seeding.W001", "CarelessSeeder: shop_customer.email looks like personal data (email)"),
    ]


def test_a_seeder_that_is_declared_wrongly_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def discover() -> Registry:
        raise MisdeclaredSeederError("ASeeder.config is no SeederConfig.")

    monkeypatch.setattr(Registry, "discover", discover)

    (found,) = checks.check_personal_data()

    assert (found.id, found.msg, found.hint) == (
        "seeding.W002",
        "ASeeder.config is no SeederConfig.",
        "Fix it; `seed` will not start until you do.",
    )


def test_a_strategy_of_the_project_that_is_none_stops_nothing_either(settings: Any) -> None:
    settings.SEEDING_MASKING_STRATEGIES = ["nowhere.Strategy"]

    assert [one.id for one in checks.check_personal_data()] == ["seeding.W002"]


@pytest.mark.parametrize(
    ("file", "obstacle"),
    [
        ("logs/new/seeding.log", ""),
        ("there.log", ""),
        ("there.log/seeding.log", "{folder}/there.log is not a folder"),
        ("folder", "it is not a file, or this account may not write to it"),
    ],
)
def test_a_log_file_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, obstacle: str
) -> None:
    (tmp_path / "there.log").touch()
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("SEEDING_LOG_FILE", str(tmp_path / file))

    found = checks.check_log_file()

    said = f"The log file {tmp_path / file} cannot be written: {obstacle.format(folder=tmp_path)}."
    assert [(one.id, one.msg) for one in found] == ([("seeding.W003", said)] if obstacle else [])
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(
    ("closed", "there", "new"),
    [
        ("", "", ""),
        ("seeding.log", "it is not a file, or this account may not write to it", ""),
        (".", "this account may not write to {folder}", "this account may not write to {folder}"),
    ],
)
def test_what_this_account_may_not_write_is_an_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str, there: str, new: str
) -> None:
    (tmp_path / "seeding.log").touch()

    def may(path: Path, mode: int, **_: Any) -> bool:  # as for an account other than root, which may everything
        return path.exists() if mode == os.F_OK else path != tmp_path / closed or not closed

    monkeypatch.setattr(os, "access", may)

    assert checks._obstacle(tmp_path / "seeding.log") == there.format(folder=tmp_path)
    assert checks._obstacle(tmp_path / "new.log") == new.format(folder=tmp_path)


def test_no_log_file_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_LOG_FILE", "")

    assert checks.check_log_file() == []


def test_a_log_level_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_LOG_LEVEL", "loud")

    (found,) = checks.check_log_file()

    assert (found.id, found.msg) == ("seeding.W003", "SEEDING_LOG_LEVEL=loud: give one of debug, info, warn, error.")
    assert found.hint == "Every command that writes refuses to start until then."


def test_databases_are_asked_only_where_they_are_named_and_may_hold_the_ledger(
    shop: Database, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    asked: list[str] = []

    def ask(using: str) -> list[CheckMessage]:
        asked.append(using)
        return []

    monkeypatch.setattr(checks, "_of_server", ask)

    assert checks.check_databases() == checks.check_databases(databases=[shop.alias]) == []
    assert asked == [shop.alias]
    settings.DATABASE_ROUTERS = [f"{__name__}.Elsewhere"]
    assert checks.check_databases(databases=[shop.alias]) == []
    assert asked == [shop.alias]


def test_a_file_that_is_as_it_should_be_is_not_mentioned(shop: Database) -> None:
    assert checks.check_databases(databases=[shop.alias]) == []


@pytest.mark.parametrize(
    ("error", "told"), [(NotSupportedError("3.1 or later"), ["seeding.E001"]), (OperationalError("x"), [])]
)
def test_a_server_that_is_too_old_is_an_error_and_one_that_does_not_answer_is_left_to_django(
    shop: Database, monkeypatch: pytest.MonkeyPatch, error: Exception, told: list[str]
) -> None:
    connection = connections[shop.alias]

    def refuse() -> None:
        raise error

    connection.ensure_connection()  # Django opens it before it looks at the version
    monkeypatch.setattr(connection, "ensure_connection", refuse)

    found = checks.check_databases(databases=[shop.alias])

    assert [one.id for one in found if isinstance(one, Error)] == told
    if told:
        assert found[0].msg == f"The server of the database {shop.alias!r} is too old: 3.1 or later"
        assert connection.connection is None  # so that Django looks at the version again


@pytest.mark.parametrize(
    ("in_utc", "native", "told"),
    [
        (True, ["load_data"], []),
        (False, ["load_data"], ["seeding.W004"]),
        (True, [], ["seeding.W005"]),
        (True, ["copy"], ["seeding.W005"]),
        (False, [], ["seeding.W004", "seeding.W005"]),
    ],
)
def test_of_mysql_the_time_zone_and_the_way_of_many_rows_are_told(
    monkeypatch: pytest.MonkeyPatch, native: list[str], told: list[str], *, in_utc: bool
) -> None:
    connection = SimpleNamespace(vendor="mysql", ensure_connection=lambda: None)
    monkeypatch.setattr(checks, "connections", {"far": connection})
    monkeypatch.setattr("seeding.db.connection.is_in_utc", lambda _: in_utc)
    monkeypatch.setattr(
        "seeding.writing.Writers", lambda _: SimpleNamespace(native=[SimpleNamespace(name=one) for one in native])
    )

    found = checks.check_databases(databases=["far"])

    assert [(one.id, type(one)) for one in found] == [(one, Warning) for one in told]
    assert all("'far'" in one.msg for one in found)
