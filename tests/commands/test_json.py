"""What --json prints against its schema, which leaves no key open, and the schema against its documentation."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator

from seeding.ledger.recorder import Recorder
from seeding.locks import seeding_lock
from seeding.models import SeedRun
from tests.support.databases import AS_OF, ROOT, Database

SCHEMA = json.loads(files("seeding").joinpath("output.schema.json").read_text(encoding="utf-8"))


def printed(database: Database, command: str, *arguments: str, **options: object) -> dict[str, Any]:
    """What the command prints, however it ends."""
    out, code = StringIO(), 0
    try:
        call_command(command, *arguments, database=database.alias, json=True, stdout=out, stderr=StringIO(), **options)
    except CommandError as error:
        code = error.returncode
    answer: dict[str, Any] = json.loads(out.getvalue())
    assert answer.get("exit_code", code) == code
    return answer


def problems(name: str, answer: dict[str, Any]) -> list[str]:
    """In what the answer is not as its schema says."""
    validator = Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)]


def test_a_seeding_and_its_undoing(sqlite: Database) -> None:
    sqlite.query("INSERT INTO strains (name, standardizedName) VALUES ('Real', 'real')")

    rehearsed = printed(sqlite, "seed", table="lots", dry_run=True)
    seeded = printed(sqlite, "seed", table="lots,strains")
    sqlite.query("UPDATE clients SET name = 'Changed'")
    sqlite.query("UPDATE strains SET parentStrainId = (SELECT MAX(id) FROM strains) WHERE name = 'Real'")
    undone = printed(sqlite, "seed_rollback", force=True)

    assert rehearsed["examples"]
    assert undone["kept"]
    assert undone["modified"]
    assert [problems("seed", rehearsed), problems("seed", seeded), problems("seed_rollback", undone)] == [[], [], []]


def test_what_went_wrong(sqlite: Database) -> None:
    sqlite.query("ALTER TABLE lots RENAME COLUMN code TO lot_code")

    refused = printed(sqlite, "seed", table="lots")
    checked = printed(sqlite, "seed_check")
    status = printed(sqlite, "seed_status")

    assert [one["state"] for one in refused["results"] if one["table"] == "lots"] == ["refused"]
    assert [problems("seed", refused), problems("seed_check", checked), problems("seed_status", status)] == [[], [], []]
    assert status["errors"]


def test_a_run_under_way(sqlite: Database) -> None:
    sqlite.seed(table="users")
    lock = seeding_lock(sqlite.alias)

    with lock.held(0):
        Recorder(sqlite.alias).open_run(
            command="seed", environment="dev", seed=42, as_of=AS_OF, faker_version="", lock_connection=lock.connection_id
        )
        status, holder = printed(sqlite, "seed_status"), printed(sqlite, "seed_status", lock=True)
        failure = printed(sqlite, "seed", table="users")

    assert (status["exit_code"], holder["holder"]["command"], failure["exit_code"]) == (2, "seed", 2)
    assert status["in_progress"][0]["alive"] is True
    assert [problems("seed_status", status), problems("seed_status --lock", holder), problems("failure", failure)] == [
        [],
        [],
        [],
    ]


def test_masking_and_claims(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", "a key of more than sixteen characters")
    sqlite.query("INSERT INTO clients (teri_code, name, email) VALUES ('REAL1', 'Real Ltd', 'a@real.test')")
    name = str(sqlite.url.removeprefix("sqlite:///"))

    rehearsed = printed(sqlite, "seed_mask", table="clients", dry_run=True)
    masked = printed(sqlite, "seed_mask", table="clients", force=True)
    claimed = printed(sqlite, "seed_status", claim_environment="staging", confirm_database=name)
    inventory = printed(sqlite, "seed_check", pii=True)

    assert SeedRun.objects.using(sqlite.alias).latest("pk").command == "claim"
    assert [problems("seed_mask", rehearsed), problems("seed_mask", masked)] == [[], []]
    assert [problems("seed_status --claim-environment", claimed), problems("seed_check --pii", inventory)] == [[], []]


def test_profiles_and_what_is_still_as_it_was_seeded(sqlite: Database) -> None:
    sqlite.seed(table="clients,supplier_profiles", profile="thirty_clients")
    (supplier,) = sqlite.query("SELECT MIN(client_id) FROM supplier_profiles")[0]
    sqlite.query("UPDATE clients SET name = 'Changed' WHERE id = 2")
    sqlite.query("DELETE FROM clients WHERE id = 20")

    answers = {
        "seed_verify": printed(sqlite, "seed_verify"),
        "seed_profile check": printed(sqlite, "seed_profile", "check", "bad_quarter"),
        "seed_profile list": printed(sqlite, "seed_profile", "list"),
    }
    answers["seed_reset"] = printed(sqlite, "seed_reset", dry_run=True)
    answers["seed_snapshot"] = printed(sqlite, "seed_snapshot", "save", "one")
    answers["seed_snapshot list"] = printed(sqlite, "seed_snapshot", "list")
    answers["seed_snapshot restore"] = printed(sqlite, "seed_snapshot", "restore", "one", force=True)
    rows = [printed(sqlite, "seed_explain", *row) for row in (("clients", str(supplier)), ("clients", "20"))]
    stranger = printed(sqlite, "seed_explain", "clients", "999")
    shown = printed(sqlite, "seed_profile", "show", "thirty_clients")

    assert answers["seed_verify"]["tables"][0]["cells"][0]["found"] == "[redacted]"
    assert answers["seed_profile list"]["profiles"].keys() == {"bad_quarter", "thirty_clients"}
    assert {name: problems(name, answer) for name, answer in answers.items()} == {name: [] for name in answers}
    assert problems("seed_profile check", shown) == []
    assert ([one["is_there"] for one in rows], rows[0]["referring"] == []) == ([True, False], False)
    assert [problems("seed_explain", one) for one in rows] == [[], []]
    assert problems("failure", stranger) == []


def test_the_schema_is_one_and_leaves_nothing_open() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert all(one["additionalProperties"] is False for one in SCHEMA["$defs"].values())
    assert all(set(one["required"]) == one["properties"].keys() for one in SCHEMA["$defs"].values())


def test_every_key_stands_in_the_docs_and_no_other() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    parts = dict(part.split("\n", 1) for part in page.split("\n## ")[1:])

    documented = {
        name: dict(re.findall(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", part, re.MULTILINE)) for name, part in parts.items()
    }

    assert documented == {
        name: {key: value["description"] for key, value in one["properties"].items()} for name, one in SCHEMA["$defs"].items()
    }
