"""What `seed_status` and `seed_new` do with their options."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from seeding.exceptions import ConfigurationError
from seeding.locks import seeding_lock
from seeding.scaffold import NewFile
from tests.support.databases import Database

REMINDERS = "CREATE TABLE reminders (id integer PRIMARY KEY AUTOINCREMENT, about varchar(40) NOT NULL)"


def printed(name: str, shop: Database, *arguments: str, **options: Any) -> str:
    """What a command prints on stdout."""
    out = StringIO()
    call_command(name, *arguments, database=shop.alias, stdout=out, stderr=StringIO(), no_color=True, **options)
    return out.getvalue()


def test_status_is_printed_for_people_and_for_machines(shop: Database) -> None:
    shop.seed(table="shop_product")

    assert "10 rows are seeded in 1 tables" in printed("seed_status", shop)
    (table,) = json.loads(printed("seed_status", shop, json=True))["tables"]
    assert (table["table"], table["rows"]) == ("shop_product", 10)
    assert printed("seed_status", shop, verbosity=0) == ""


def test_status_exits_as_the_last_run_did(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE seeding_run SET state = 'failed', exit_code = 5, error = 'it broke'")

    with pytest.raises(CommandError) as ended:
        printed("seed_status", shop)

    assert ended.value.returncode == 5


def test_the_lock_is_free_or_has_a_holder(shop: Database) -> None:
    assert json.loads(printed("seed_status", shop, lock=True, json=True))["holder"] is None
    assert "free" in printed("seed_status", shop, lock=True)

    with seeding_lock(shop.alias).held(0):
        holder = json.loads(printed("seed_status", shop, lock=True, json=True))["holder"]

    assert holder["connection"] > 0


def test_releasing_needs_both_options(shop: Database) -> None:
    with pytest.raises((CommandError, ConfigurationError), match="--lock --force-release"):
        printed("seed_status", shop, force_release=True)

    released = json.loads(printed("seed_status", shop, lock=True, force_release=True, json=True))
    assert released["released"] is False


def test_a_claim_names_the_database_and_is_remembered(shop: Database) -> None:
    shop.seed(table="shop_product")
    shop.query("UPDATE seeding_run SET environment = 'production'")
    name = shop.url.removeprefix("sqlite:///")
    claim = {"claim_environment": "staging", "confirm_database": name}

    with pytest.raises(CommandError):
        printed("seed_status", shop, **{**claim, "confirm_database": "another"})
    assert json.loads(printed("seed_status", shop, json=True, **claim))["environments"] == ["staging"]
    assert "staging" in printed("seed_status", shop, **claim)


def test_a_draft_is_printed_or_written_or_refused(shop: Database) -> None:
    shop.query(REMINDERS)

    draft = printed("seed_new", shop, "reminders", app="shop", dry_run=True)

    assert "class ReminderSeeder(BaseSeeder):" in draft
    assert 'db_table = "reminders"' in draft
    with pytest.raises(CommandError, match="nothing_like_it"):
        printed("seed_new", shop, "nothing_like_it", app="shop", dry_run=True)


def test_what_was_written_is_named_with_the_next_step(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.query(REMINDERS)
    written: list[NewFile] = []
    monkeypatch.setattr("seeding.scaffold.write", written.extend)

    told = printed("seed_new", shop, "reminders", app="shop")

    assert written != []
    assert told == "".join(f"Wrote {file.path}\n" for file in written) + (
        f"Look at what they hold: manage.py seed --table=reminders --dry-run --database={shop.alias}\n"
    )
    assert printed("seed_new", shop, "reminders", app="shop", verbosity=0) == ""
