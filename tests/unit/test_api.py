"""The public API: what it names is there and loads nothing before it is used, and every command works as a function."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

import seeding
from seeding import api
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import ConfigurationError, DatabaseUnavailableError, RefusedError
from seeding.models import SeedRun
from seeding.signals import run_finished
from seeding.telemetry.events import Event
from tests.support.databases import AS_OF, ROOT, Database

ROWS = {"shop_product": 10, "shop_review": 30, "shop_customer": 20, "shop_order": 60, "shop_orderline": 180}
MAKE_ONE = (
    ", and masks are functions of it. Make one with `python -c 'import secrets; print(secrets.token_hex(32))'`, "
    "and keep it out of the repository."
)
SOURCE = ast.parse(Path(seeding.__file__).read_text(encoding="utf-8"))


def assigned(name: str) -> Any:
    """The literal that `seeding/__init__.py` assigns to a name."""
    (value,) = (
        node.value
        for node in SOURCE.body
        if isinstance(node, ast.Assign) and [getattr(one, "id", None) for one in node.targets] == [name]
    )
    return ast.literal_eval(value)


def imported() -> dict[str, list[str]]:
    """What a type checker sees: module → the names that are imported from it, in their order."""
    (block,) = (node for node in SOURCE.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    found = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        assert not any(one.asname for one in node.names)
        found[str(node.module)] = [one.name for one in node.names]
    return found


def test_what_is_loaded_is_what_a_type_checker_sees_and_what_is_public() -> None:
    names = {f"seeding.{module}": list(names) for module, names in assigned("_NAMES").items()}
    public = assigned("__all__")

    assert names == imported()
    assert sorted(one for names in names.values() for one in names) == sorted(public)
    assert len(public) == len(set(public))


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in imported().items() for name in names])
def test_a_public_name_is_the_object_of_its_home(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> None:
    monkeypatch.delitem(vars(seeding), name, raising=False)  # whatever has been used before

    assert getattr(seeding, name) is getattr(importlib.import_module(module), name)
    assert name in vars(seeding)
    assert name in dir(seeding)


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match=r"^module 'seeding' has no attribute 'sow'$"):
        _ = seeding.sow


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, seeding; dir(seeding); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert {one for one in loaded if one.startswith("seeding")} == {"seeding"}
    assert loaded.isdisjoint({"django", "django.db", "django.db.models", "polars", "numpy", "faker", "rich"})


def seed_config(shop: Database, **options: Any) -> seeding.SeedConfig:
    return seeding.SeedConfig(database=shop.alias, environment=seeding.Environment.DEV, as_of=AS_OF, **options)


def rollback_config(shop: Database, **options: Any) -> seeding.RollbackConfig:
    return seeding.RollbackConfig(database=shop.alias, environment=seeding.Environment.DEV, **options)


def masking_config(shop: Database, **options: Any) -> seeding.MaskingConfig:
    given = {"key": "a key of sixteen characters", **options}
    return seeding.MaskingConfig(database=shop.alias, environment=seeding.Environment.DEV, **given)


def counted(shop: Database) -> dict[str, int]:
    return {table: shop.query(f"SELECT COUNT(*) FROM {table}")[0][0] for table in ROWS}  # noqa: S608


def test_a_database_is_seeded_checked_looked_at_and_rolled_back(shop: Database) -> None:
    told: list[Event] = []
    announced: list[seeding.Forecast] = []

    summary = seeding.seed(seed_config(shop), tell=told.append, announce=announced.append)

    assert (type(summary), summary.exit_code, counted(shop)) == (seeding.RunSummary, 0, ROWS)
    assert {one.table: one.records_inserted for one in summary.results} == ROWS
    assert {one.table: one.missing for one in announced[0].steps} == ROWS
    assert told[-1].summary == summary

    report = seeding.check(seeding.CheckConfig(database=shop.alias))

    assert (type(report), report.tables, report.differences, report.broken) == (seeding.CheckReport, 5, (), False)
    assert [one.rule for one in report.verdicts][-1] == "reviews-are-of-what-has-a-price"

    now = seeding.status(shop.alias)

    assert (type(now), now.seed, now.as_of, now.exit_code) == (seeding.Status, 42, AS_OF, 0)
    assert {one.table: one.rows for one in now.tables} == ROWS

    undone = seeding.rollback(rollback_config(shop, force=True), tell=told.append)

    assert (type(undone), undone.exit_code, undone.records_deleted) == (seeding.RollbackSummary, 0, sum(ROWS.values()))
    assert set(counted(shop).values()) == {0}
    assert told[-1].summary == undone


def test_personal_data_of_real_rows_is_masked(shop: Database) -> None:
    shop.query(
        "INSERT INTO shop_customer (name, email, joined_at) VALUES ('Ann Smith', 'ann@acme.test', '2026-01-01 00:00:00')"
    )
    told: list[Event] = []

    summary = seeding.mask(masking_config(shop, force=True), tell=told.append)

    assert (type(summary), summary.exit_code) == (seeding.MaskingSummary, 0)
    assert {one.table: one.masked for one in summary.results if one.masked} == {"shop_customer": 2}
    ((name, email),) = shop.query("SELECT name, email FROM shop_customer")
    assert "Smith" not in name
    assert "acme" not in email
    assert told[-1].summary == summary


def test_the_seeders_may_be_given(shop: Database) -> None:
    registry = seeding.Registry([ProductSeeder(), ReviewSeeder()])

    summary = seeding.seed(seed_config(shop), registry=registry)

    assert [one.seeder for one in summary.results] == ["ProductSeeder", "ReviewSeeder"]
    assert seeding.check(seeding.CheckConfig(database=shop.alias), registry=registry).tables == 2
    shop.query("ALTER TABLE shop_order RENAME TO gone")
    assert seeding.status(shop.alias, registry=registry).refused == 0
    assert seeding.status(shop.alias).refused > 0
    undone = seeding.rollback(rollback_config(shop, force=True, tables=("shop_review",)), registry=registry)
    assert [(one.table, one.records_deleted) for one in undone.results] == [("shop_review", 30)]


def test_the_environment_counts(shop: Database, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    monkeypatch.setenv("SEEDING_ENV", "stage")
    monkeypatch.setenv("SEEDING_WRITER", "bulk_create")

    now = seeding.status(shop.alias)

    assert (now.environment, now.writer) == ("staging", "bulk_create")
    assert seeding.SeedConfig(database=shop.alias).environment is seeding.Environment.STAGING


def test_the_settings_of_the_project_count(shop: Database, settings: Any) -> None:
    settings.SEEDING_VALIDATORS = ["tests.shop.rules.no_shouting", "nowhere.rule"]
    with pytest.raises(ConfigurationError, match=r"^SEEDING_VALIDATORS names 'nowhere\.rule'"):
        seeding.seed(seed_config(shop))
    settings.SEEDING_VALIDATORS = []
    settings.SEEDING_MASKING_STRATEGIES = ["nowhere.Mask"]
    with pytest.raises(ConfigurationError, match=r"^SEEDING_MASKING_STRATEGIES names 'nowhere\.Mask'"):
        seeding.mask(masking_config(shop, force=True))
    settings.SEEDING_MASKING_STRATEGIES = []
    settings.SEEDING_MISSING_TABLE_HELP = "Ask Bea."
    shop.query("DROP TABLE shop_review")

    summary = seeding.seed(seed_config(shop))

    assert "The table shop_review is missing. Ask Bea." in next(one.error for one in summary.results if one.error)
    (difference,) = seeding.check(seeding.CheckConfig(database=shop.alias, checks=("schema",))).differences
    assert str(difference) == "The table shop_review is missing. Ask Bea."


@pytest.mark.parametrize(("command", "text"), [
    (lambda shop, **how: seeding.rollback(rollback_config(shop, interactive=True), **how), "Delete these seeded rows"),
    (lambda shop, **how: seeding.mask(masking_config(shop, interactive=True), **how), "Mask personal data"),
])  # fmt: skip
def test_what_cannot_be_taken_back_is_asked_for(shop: Database, command: Callable[..., object], text: str) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "no"

    seeding.seed(seed_config(shop, tables=("shop_product",)))

    with pytest.raises(RefusedError, match="Not confirmed"):
        command(shop, ask=ask)

    assert [text in one for one in asked] == [True]
    assert SeedRun.objects.using(shop.alias).count() == 1


@pytest.mark.parametrize("command", [
    lambda shop: seeding.rollback(rollback_config(shop)),
    lambda shop: seeding.mask(masking_config(shop)),
])  # fmt: skip
def test_and_refused_where_there_is_nobody_to_ask(shop: Database, command: Callable[[Database], object]) -> None:
    seeding.seed(seed_config(shop, tables=("shop_product",)))

    with pytest.raises(RefusedError, match=r"^dev needs confirmation, but there is no terminal\. Pass --force\.$"):
        command(shop)


def test_signals_are_sent_by_the_function_or_by_whom_it_is_told(shop: Database) -> None:
    senders: list[tuple[object, str, object]] = []

    def listen(sender: object, operation: str, summary: object, **_: object) -> None:
        senders.append((sender, operation, summary))

    run_finished.connect(listen)
    try:
        seeded = seeding.seed(seed_config(shop, tables=("shop_product",)))
        masked = seeding.mask(masking_config(shop, force=True))
        undone = seeding.rollback(rollback_config(shop, force=True))
        again = seeding.seed(seed_config(shop, tables=("shop_product",)), sender="somebody")
    finally:
        run_finished.disconnect(listen)

    assert senders == [
        (api.seed, "seed", seeded),
        (api.mask, "seed_mask", masked),
        (api.rollback, "seed_rollback", undone),
        ("somebody", "seed", again),
    ]


def test_a_source_takes_the_place_of_the_seeders(shop: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", "a key of sixteen characters")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "shop_product.csv").write_text("id,name,price\n7,Lamp,12.50\n", encoding="utf-8")

    summary = seeding.seed(seed_config(shop, source=folder))

    assert (summary.size, [(one.table, one.records_inserted) for one in summary.results]) == ("source", [("shop_product", 1)])
    assert shop.query("SELECT name FROM shop_product") == [("Lamp",)]


@pytest.mark.parametrize(("config", "options", "problems"), [
    (
        seeding.SeedConfig,
        {"size": "huge", "scale": 0, "seed": 2**63, "as_of": date(1970, 1, 1), "source": Path("/nowhere")},
        (
            "--size=huge: give one of small, medium, large.",
            "--scale=0: give a whole number from 1 to 1,000,000.",
            "--seed=9223372036854775808: give an integer of at most 64 bits.",
            "--as-of=1970-01-01: give a date from 1975-01-01 to 2036-12-31.",
            "--source=/nowhere: there is no such folder. Give one with a CSV or JSON Lines file per table.",
            "--source loads the rows that its files hold: leave out --size and --scale.",
        ),
    ),
    (
        seeding.SeedConfig,
        {"batch_size": 0},
        ("SEEDING_BATCH_SIZE=0: give a whole number from 1 to 1,000,000.",),
    ),
    (
        seeding.RollbackConfig,
        {"where": (("name", "x"),), "run": 0},
        (
            "--where looks at the rows of one table: name it with --table.",
            "--run=0: give the number of a run.",
        ),
    ),
    (seeding.MaskingConfig, {"key": "of 16 characters"}, ()),
    (
        seeding.MaskingConfig,
        {"key": "15 are too few.", "batch_size": 1_000_001},
        (
            f"SEEDING_MASKING_KEY has fewer than 16 characters{MAKE_ONE}",
            "SEEDING_BATCH_SIZE=1000001: give a whole number from 1 to 1,000,000.",
        ),
    ),
    (seeding.MaskingConfig, {}, (f"SEEDING_MASKING_KEY is not set{MAKE_ONE}",)),
])  # fmt: skip
def test_wrong_options_are_refused_all_at_once(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    config: Callable[..., object],
    options: dict[str, Any],
    problems: tuple[str, ...],
) -> None:
    monkeypatch.delenv("SEEDING_MASKING_KEY", raising=False)
    common = (
        "DATABASE_URL is not set; staging has no default database. Set it and run again.",
        f"--database=nowhere: there are only {', '.join(settings.DATABASES)}.",
        "--lock-timeout=-1: give seconds, 0 or more.",
    )

    with pytest.raises(ConfigurationError) as refusal:
        config(database="nowhere", environment=seeding.Environment.STAGING, lock_timeout=-1, **options)

    assert refusal.value.problems == (*common, *problems)
    assert str(refusal.value) == "\n".join((*common, *problems))


@pytest.mark.parametrize("command", [
    lambda tell: seeding.check(seeding.CheckConfig(database="nowhere"), tell=tell),
    lambda tell: seeding.status("nowhere", tell=tell),
])  # fmt: skip
def test_an_unknown_database_is_refused_by_those_that_only_look(command: Callable[..., object]) -> None:
    with pytest.raises(ConfigurationError, match=r"^--database=nowhere: there are only default, "):
        command(lambda _: None)


@pytest.mark.parametrize("command", [
    lambda alias, tell: seeding.check(seeding.CheckConfig(database=alias), tell=tell),
    lambda alias, tell: seeding.status(alias, tell=tell),
])  # fmt: skip
def test_every_attempt_to_connect_is_told(shop: Database, tmp_path: Path, command: Callable[..., object]) -> None:
    told: list[Event] = []
    connections[shop.alias].close()
    connections[shop.alias].settings_dict["NAME"] = str(tmp_path / "no" / "such" / "file")

    with pytest.raises(DatabaseUnavailableError):
        command(shop.alias, told.append)

    assert [(event.operation, event.level, event.message) for event in told] == [
        ("retry", "warn", "No connection to the database (retry 1): unable to open database file")
    ]
