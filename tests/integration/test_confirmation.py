"""Every combination of environment, permission, force, terminal, pattern and memory: production has one door."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from seeding import conf
from seeding.conf import ENVIRONMENT_VARIABLES, Environment, SeedConfig
from seeding.db.connection import connect
from seeding.exceptions import ConfigurationError, DatabaseUnavailableError, RefusedError
from seeding.ledger.recorder import Recorder
from seeding.locks import seeding_lock
from seeding.runs.confirmation import Place, Question, masking_question, question, rollback_question
from seeding.runs.lifecycle import place_of, production
from terpseed.seeders.clients import ClientSeeder
from terpseed.seeders.pricing_defaults import PricingDefaultSeeder
from tests.servers import KINDS
from tests.support.databases import Database, opened

REFERENCE, SYNTHETIC = PricingDefaultSeeder(), ClientSeeder()
SAID = (None, "dev", "staging", "production", "moon")
OPTIONS: dict[str, Any] = {
    "database": "default", "table": None, "size": None, "scale": 1, "seed": None, "as_of": None, "lock_timeout": 0,
    "dry_run": False, "force": False, "interactive": True, "confirm_database": None, "env": None, "source": None,
}  # fmt: skip


def config(variables: dict[str, str], *, terminal: bool = True, **options: Any) -> SeedConfig:
    return conf.load_seed({**OPTIONS, **options}, variables, today=date(2026, 1, 1), terminal=terminal)


def outcome(ask: Callable[..., Question | None], *facts: Any) -> str:
    try:
        asked = ask(*facts)
    except RefusedError:
        return "refused"
    return "go" if asked is None else asked.answer


@pytest.fixture(autouse=True)
def _database_is_given(settings: Any) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = False


def test_the_environment_is_the_first_that_is_said() -> None:
    for option, *values in itertools.product(SAID, repeat=1 + len(ENVIRONMENT_VARIABLES)):
        variables = {name: value for name, value in zip(ENVIRONMENT_VARIABLES, values, strict=True) if value is not None}
        first = next((one for one in (option, *values) if one is not None), "dev")

        if first == "moon":
            with pytest.raises(ConfigurationError, match="no such environment"):
                config(variables, env=option)
        else:
            assert config(variables, env=option).environment == first


@pytest.mark.parametrize("pattern", ["", "db.internal/*"])
@pytest.mark.parametrize("remembered", [(), ("production",), ("dev",), ("staging",), ("dev", "production")])
@pytest.mark.parametrize("environment", Environment)
def test_every_combination(tmp_path: Path, environment: Environment, remembered: tuple[str, ...], pattern: str) -> None:
    place = Place(name="terp", host="db.internal", remembered=frozenset(remembered))
    for allowed, force, terminal, confirmed, seeder, source in itertools.product(
        (None, "true", "TRUE", "1"),
        (False, True),
        (False, True),
        (None, "terp", "other"),
        (REFERENCE, SYNTHETIC),
        (None, tmp_path),
    ):
        variables = {"NODE_ENV": environment.value, "SEEDING_PROTECTED_DATABASES": pattern}
        if allowed is not None:
            variables["ALLOW_PRODUCTION_SEEDING"] = allowed
        told = config(variables, terminal=terminal, force=force, confirm_database=confirmed, source=source)

        outcomes = (
            outcome(question, told, place, [seeder]),
            outcome(rollback_question, told, place),
            outcome(masking_question, told, place),
        )

        agreed = "refused" if confirmed == "other" else "go" if force else "yes" if terminal else "refused"
        if environment == "production":
            named = ("go" if confirmed == "terp" else "refused") if force else ("terp" if terminal else "refused")
            named = "refused" if confirmed == "other" else named
            undoing = named if allowed == "true" else "refused"
            seeding = undoing if seeder is REFERENCE or source else "refused"
            assert outcomes == (seeding, undoing, "refused"), told
        elif pattern or "production" in remembered:
            assert outcomes == ("refused", "refused", "refused"), told
        else:
            unasked = "refused" if confirmed == "other" else "go"
            assert outcomes == (agreed if environment == "staging" else unasked, agreed, agreed), told


def test_production_and_force_alone_are_refused() -> None:
    told = config({"NODE_ENV": "production"}, force=True)

    with pytest.raises(RefusedError, match="ALLOW_PRODUCTION_SEEDING"):
        question(told, Place(name="terp", host="", remembered=frozenset()), [REFERENCE])


@pytest.mark.parametrize(("pattern", "matches"), [
    ("db.internal/terp", True), ("DB.INTERNAL/*", True), ("*/terp", True), ("db.*/te?p", True), ("terp", True),
    ("db.internal", True), ("other/terp", False), ("db.internal/terp_copy", False), ("internal", False), ("*/terp_*", False),
])  # fmt: skip
def test_patterns_mean_hosts_and_names(pattern: str, matches: bool) -> None:  # noqa: FBT001
    place = Place(name="terp", host="db.internal", remembered=frozenset())

    assert place.matches(("nothing", pattern)) == (pattern if matches else None)


@pytest.mark.parametrize("pattern", ["localhost/*", "/run/*/terp", "*/terp"])
def test_a_socket_is_on_this_machine(pattern: str) -> None:
    assert Place(name="terp", host="/run/mysqld/mysqld.sock", remembered=frozenset()).matches([pattern]) == pattern


def test_a_database_without_a_name_is_one_that_cannot_be_reached(make_database: Callable[..., Database]) -> None:
    database = make_database("postgresql", ready=False)
    connections.settings[database.alias]["NAME"] = ""

    with pytest.raises(DatabaseUnavailableError, match="Please supply the NAME"):
        connect(database.alias, lambda *_: None)


@pytest.mark.parametrize("server", KINDS)
def test_what_only_the_driver_or_the_server_knows_is_protected(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: str
) -> None:
    database = make_database(server)
    connections[database.alias].close()
    settings = connections[database.alias].settings_dict
    name, options = settings["NAME"], settings.setdefault("OPTIONS", {})
    file = tmp_path / "options"
    if server == "postgresql":
        file.write_text(f"[live]\ndbname={name}\nhost={settings['HOST']}\nport={settings['PORT']}\n", encoding="utf-8")
        monkeypatch.setenv("PGSERVICEFILE", str(file))
        settings.update(NAME="", HOST="", PORT="", OPTIONS={**options, "service": "live"})
    else:
        file.write_text(f"[client]\ndatabase={name}\n", encoding="utf-8")
        settings.update(NAME="", OPTIONS={**options, "read_default_file": str(file)})

    place = place_of(Recorder(database.alias))

    assert place.name == name
    assert place.matches([f"*/{name.upper()}"]) == f"*/{name.upper()}"
    assert place.matches([f"localhost/{name}"]) is not None
    assert place.matches(["nowhere/*", "*/nothing"]) is None
    monkeypatch.setenv("SEEDING_PROTECTED_DATABASES", f"*/{name}")
    assert production(database.alias).startswith(f"{name} matches")


def overruled(make_database: Callable[..., Database], server: str, option: str) -> Database:
    """A database of which the settings' NAME is another, since an option of the driver's overrules it."""
    protected, other = make_database(server), make_database(server, ready=False)
    url = protected.url.replace(f"/{protected.alias}?", f"/{other.alias}?")
    return opened(other.alias, server, f"{url}&{option}={protected.alias}")


@pytest.mark.parametrize(("server", "option"), [("postgresql", "dbname"), ("mysql", "db")])
def test_what_the_driver_is_told_is_what_is_protected_and_locked(
    make_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, server: str, option: str
) -> None:
    database = overruled(make_database, server, option)
    name = database.url.rpartition("=")[2]
    monkeypatch.setenv("SEEDING_PROTECTED_DATABASES", f"*/{name}")

    with pytest.raises(CommandError, match="SEEDING_PROTECTED_DATABASES"):
        database.seed(table="grades")

    assert database.content("grades") == []
    with seeding_lock(name).held(0):
        assert seeding_lock(database.alias).is_locked


def status(database: Database, **options: Any) -> str:
    out = StringIO()
    call_command("seed_status", database=database.alias, json=True, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.mark.parametrize(("options", "patterns", "words"), [
    ({"claim_environment": "staging"}, "", "--confirm-database="),
    ({"claim_environment": "staging", "confirm_database": "other"}, "", "--confirm-database="),
    ({"claim_environment": "production"}, "", "only dev and staging"),
    ({"claim_environment": "staging"}, "localhost/*", "SEEDING_PROTECTED_DATABASES"),
    ({"claim_environment": "moon"}, "", "no such environment"),
])  # fmt: skip
def test_a_claim_needs_the_name_and_no_pattern_against_it(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, options: dict[str, str], patterns: str, words: str
) -> None:
    Recorder(sqlite.alias).open_run(command="seed", environment="production", seed=1, as_of=date(2026, 1, 1))
    monkeypatch.setenv("SEEDING_PROTECTED_DATABASES", patterns)

    with pytest.raises(CommandError, match=words):
        status(sqlite, **options)

    assert Recorder(sqlite.alias).environments() == {"production"}


def test_a_restored_copy_can_be_claimed_and_then_seeded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    Recorder(database.alias).open_run(command="seed", environment="production", seed=42, as_of=date(2026, 3, 2))
    name = database.url.split("///")[-1] if database.server == "sqlite" else database.alias
    with pytest.raises(CommandError, match="--claim-environment=dev"):
        database.seed(table="grades")

    status(database, claim_environment="dev", confirm_database=name if database.server == "sqlite" else database.alias)

    assert Recorder(database.alias).environments() == {"dev"}
    assert database.seed(table="grades")["exit_code"] == 0
