"""The commands of the documentation, run one after the other as a reader would."""

from __future__ import annotations

import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from tests.support.databases import ROOT, Database
from tests.support.people import complete

COMMAND = re.compile(r"^    python manage\.py ((?:seed|terp)\w*)([^#\n&]*)", re.MULTILINE)
LEFT_OUT = (
    "--size=",
    "seed_new",
    "terp_schema",
    "--profile=",
    "--scheduler=",
    "--expect=",
    "seed_verify --table",
    "seed_reset --table",
    "shop_order",
    "seed_snapshot",
)
"""More rows, which take their time; a file, the tables, and a scheduler, which have tests of their own; another dataset."""
ASKING = ("seed_rollback", "seed_reset", "seed_mask", "--env=staging")
"""What asks, and nobody answers here."""


@pytest.mark.parametrize("page", ["tutorial", "commands", "operations"])
def test_every_example_runs(sqlite: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: str) -> None:
    monkeypatch.setenv("SEEDING_MASKING_KEY", "sixteen characters and more")
    monkeypatch.chdir(tmp_path)
    export = tmp_path / "export"
    export.mkdir()
    (export / "vendors.csv").write_text("name,contactEmail\nAcme,jane@acme.example\n", encoding="utf-8")
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    complete(sqlite)
    examples = [(command, arguments.strip()) for command, arguments in COMMAND.findall(text)]
    name = str(connections[sqlite.alias].settings_dict["NAME"])

    with override_settings(SEEDING_DATABASE_IS_FALLBACK=False):
        for command, arguments in dict.fromkeys(examples):
            whole = f"{command} {arguments}"
            if any(word in whole for word in LEFT_OUT):
                continue
            options = shlex.split(arguments.replace("terp_copy", shlex.quote(name)))
            if (
                any(word in whole for word in ASKING)
                and not {"--force", "--dry-run"} & set(options)
                and command != "seed_status"
            ):
                options.append("--force")
            call_command(command, *options, f"--database={sqlite.alias}", stdout=StringIO(), stderr=StringIO())

    assert examples
