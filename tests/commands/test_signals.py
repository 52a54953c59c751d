"""What a project hears of a run, when, and that what it does with it changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django import VERSION
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections

from seeding.generation.seeders import BaseSeeder
from seeding.management.commands import seed, seed_mask, seed_rollback
from seeding.models import SeedRun
from seeding.schema.results import ValidationError
from seeding.signals import rows_rejected, run_finished, run_started
from tests.shop import receivers
from tests.support.databases import ROOT, Database

SIGNALS = {"started": run_started, "rejected": rows_rejected, "finished": run_finished}
PRIVATE = "jane@acme.example"


def unloved(seeder: BaseSeeder, rows: pl.DataFrame) -> list[ValidationError]:
    """A project's rule that rejects two rows of each brand's batch, one of them for two reasons."""
    if seeder.config.table_name != "brands":
        return []
    return [
        ValidationError(field=field, issue="unloved", expected="love", actual=PRIVATE, row=row)
        for field, row in (("name", 0), ("description", 0), ("name", 1))
    ]


class Heard:
    """Every signal with its arguments, the run's state in the ledger, and whether a transaction was open."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.states: list[str] = []
        self.inside: list[bool] = []

    def hear(self, name: str, signal: object, **values: Any) -> None:
        self.told.append((name, values))
        using = values["using"]
        self.states.append(SeedRun.objects.using(using).get(pk=values["run"]).state)
        self.inside.append(connections[using].in_atomic_block)


@pytest.fixture
def heard() -> Iterator[Heard]:
    one = Heard()
    connected = [(signal, partial(one.hear, name)) for name, signal in SIGNALS.items()]
    for signal, receive in connected:
        signal.connect(receive)
    yield one
    for signal, receive in connected:
        signal.disconnect(receive)


def run(command: str, database: Database, **options: Any) -> dict[str, Any]:
    out = StringIO()
    with suppress(CommandError):
        call_command(command, database=database.alias, json=True, stdout=out, stderr=StringIO(), **options)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def test_each_command_tells_of_its_beginning_and_its_end(
    sqlite: Database, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", "sixteen characters and more")

    printed = [
        run("seed", sqlite, table="brands"),
        run("seed_mask", sqlite, table="vendors", force=True),
        run("seed_rollback", sqlite, table="brands", force=True),
    ]

    named = [(name, values["sender"], values["using"], values["run"], values["operation"]) for name, values in heard.told]
    assert named == [
        (name, sender.Command, sqlite.alias, summary["run"], operation)
        for sender, operation, summary in zip(
            (seed, seed_mask, seed_rollback), ("seed", "seed_mask", "seed_rollback"), printed, strict=True
        )
        for name in ("started", "finished")
    ]
    assert heard.states == ["running", "succeeded"] * 3
    assert not any(heard.inside)
    ends = [values for name, values in heard.told if name == "finished"]
    assert [json.loads(json.dumps(end["summary"].as_dict(), default=str)) for end in ends] == printed
    assert [end["exit_code"] for end in ends] == [0, 0, 0]


@pytest.mark.parametrize("command", ["seed", "seed_rollback"])
def test_what_leaves_no_run_in_the_ledger_tells_nothing(sqlite: Database, heard: Heard, settings: Any, command: str) -> None:
    settings.SEEDING_VALIDATORS = ["tests.commands.test_signals.unloved"]

    run(command, sqlite, dry_run=True, **({"table": "brands"} if command == "seed" else {}))
    run("seed_rollback", sqlite, force=True)

    assert heard.told == []


def test_rejected_rows_are_told_once_per_seeder_with_their_reasons(sqlite: Database, heard: Heard, settings: Any) -> None:
    run("seed", sqlite, table="brands")
    real = sqlite.query("SELECT name, createdAt, updatedAt FROM brands ORDER BY id DESC LIMIT 1")[0]
    run("seed_rollback", sqlite, force=True)
    sqlite.query("CREATE UNIQUE INDEX brand_name ON brands (name)")
    sqlite.query("INSERT INTO brands (name, createdAt, updatedAt) VALUES (%s, %s, %s)", *real)
    settings.SEEDING_VALIDATORS = ["tests.commands.test_signals.unloved"]
    heard.told.clear()

    summary = run("seed", sqlite, table="brands")

    ((_, rejected),) = [one for one in heard.told if one[0] == "rejected"]
    (brands,) = [one for one in summary["results"] if one["table"] == "brands"]
    assert (rejected["seeder"], rejected["table"], rejected["count"]) == ("BrandSeeder", "brands", brands["records_skipped"])
    assert rejected["reasons"] == {
        "name: unloved": 2,
        "description: unloved": 1,
        "IntegrityError for brands.name": 1,
    }
    assert PRIVATE not in repr(heard.told)
    assert [name for name, _ in heard.told] == ["started", "rejected", "finished"]
    assert heard.told[-1][1]["exit_code"] == 5


def test_a_run_that_gives_up_has_no_summary(sqlite: Database, heard: Heard, settings: Any) -> None:
    settings.SEEDING_VALIDATORS = ["tests.commands.test_signals.unloved"]

    def stop(**_: Any) -> None:
        raise KeyboardInterrupt

    rows_rejected.connect(stop)
    try:
        run("seed", sqlite, table="brands")
    finally:
        rows_rejected.disconnect(stop)

    name, values = heard.told[-1]
    assert (name, values["exit_code"], values["summary"]) == ("finished", 130, None)
    assert heard.states[-1] == "interrupted"


def test_a_run_that_cannot_be_closed_has_no_summary(sqlite: Database, heard: Heard) -> None:
    def forbid(**_: Any) -> None:
        sqlite.query("CREATE TRIGGER closing BEFORE UPDATE OF state ON seeding_run BEGIN SELECT RAISE(ABORT, 'never'); END")

    run_started.connect(forbid)
    try:
        with pytest.raises(IntegrityError):
            run("seed", sqlite, table="brands")
    finally:
        run_started.disconnect(forbid)

    name, values = heard.told[-1]
    assert (name, values["summary"]) == ("finished", None)
    assert values["exit_code"] != 0


class Broken:
    """A receiver that is no function."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, **_: Any) -> None:
        raise self.error


def test_what_a_receiver_raises_is_logged_and_changes_nothing(
    sqlite: Database, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "seeding.log"
    monkeypatch.setenv("SEEDING_LOG_FILE", str(file))
    broken = Broken(IntegrityError(1062, f"Duplicate entry '{PRIVATE}' for key 'email'"))
    talkative = Broken(ValueError("mysql://root:secret@host/name"))
    for signal in SIGNALS.values():
        signal.connect(broken)
    run_finished.connect(talkative)
    try:
        summary = run("seed", sqlite, table="brands")
    finally:
        for signal in SIGNALS.values():
            signal.disconnect(broken)
        run_finished.disconnect(talkative)

    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line["level"], line["message"]) for line in lines if line["operation"] == "signal"] == [
        ("error", "The receiver tests.commands.test_signals.Broken of run_started raised IntegrityError: 1062 for email"),
        ("error", "The receiver tests.commands.test_signals.Broken of run_finished raised IntegrityError: 1062 for email"),
        (
            "error",
            "The receiver tests.commands.test_signals.Broken of run_finished raised ValueError: mysql://[redacted]@host/name",
        ),
    ]
    assert not [word for word in (PRIVATE, "secret") if word in file.read_text(encoding="utf-8")]
    assert [record for record in caplog.records if record.name == "django.dispatch"] == []
    assert summary["exit_code"] == 0
    assert heard.states == ["running", "succeeded"]


@pytest.mark.parametrize("server", ["sqlite", "mariadb"])
def test_the_lock_is_free_when_a_run_has_finished(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    more: list[dict[str, Any]] = []

    def undo(operation: str, **_: Any) -> None:
        if operation == "seed":
            more.append(run("seed_rollback", database, force=True))

    run_finished.connect(undo)
    try:
        summary = run("seed", database, table="brands")
    finally:
        run_finished.disconnect(undo)

    assert more[0]["records_deleted"] == summary["records_inserted"] > 0


def test_the_documented_receivers_stand_there_as_they_are_and_do_what_they_say(sqlite: Database, settings: Any) -> None:
    settings.ADMINS = ["admin@shop.example" if VERSION >= (6,) else ("Admin", "admin@shop.example")]
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}  # from Django 6.1 on
    settings.SEEDING_VALIDATORS = ["tests.commands.test_signals.unloved"]
    cache.set("page", "old")
    run_finished.connect(receivers.forget_pages)
    rows_rejected.connect(receivers.tell_admins)
    try:
        run("seed", sqlite, table="brands")
    finally:
        run_finished.disconnect(receivers.forget_pages)
        rows_rejected.disconnect(receivers.tell_admins)

    example = (ROOT / "tests" / "shop" / "receivers.py").read_text(encoding="utf-8")
    assert f"```python\n{example}```" in (ROOT / "docs" / "signals.md").read_text(encoding="utf-8")
    assert cache.get("page") is None
    (message,) = mail.outbox
    assert "rows of brands" in message.subject
    assert "2  name: unloved" in message.body


def test_importing_the_signals_loads_neither_polars_nor_numpy() -> None:
    program = "import sys, seeding.signals; assert not {'polars', 'numpy'} & sys.modules.keys()"

    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
