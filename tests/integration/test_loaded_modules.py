"""What is imported when: a command waits neither for the pages of the admin, nor for what it does not do."""

from __future__ import annotations

import subprocess
import sys

from tests.support.databases import ROOT

PAGES = """
import sys
import django
django.setup()
from seeding import api, console
console.show_rollback
print(*sys.modules, sep="\\n")
from django.urls import reverse
reverse("admin:seeding_dashboard")
print("---", *sys.modules, sep="\\n")
"""
SEED = """
import sys
import django
from django.core.management import CommandError, call_command
django.setup()
try:
    call_command("seed", "--size=small", "--table=strains")
except CommandError as error:
    print(error)
print("---", *sys.modules, sep="\\n")
"""


def told(program: str, environment: dict[str, str]) -> tuple[list[str], list[str]]:
    """What a program prints, in words, before and after the dashes."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "settings.base"},
        capture_output=True,
        text=True,
        check=True,
    )
    before, _, after = done.stdout.partition("---")
    return before.split(), after.split()


def test_a_command_loads_neither_pages_nor_the_output_of_others(environment: dict[str, str]) -> None:
    before, after = (set(part) for part in told(PAGES, environment))

    assert {"seeding.admin", "seeding.console.runs"} <= before
    unused = {"seeding.web.views", "seeding.console.status", "seeding.console.check", "seeding.console.mask"}
    assert before & {*unused, "seeding.masking.results", "seeding.verification.results"} == set()
    assert after & unused == set()  # not even the addresses of the pages load them


def test_seeding_loads_nothing_of_profiles_snapshots_or_other_engines(environment: dict[str, str]) -> None:
    words, after = told(SEED, environment)

    assert "missing" in words  # its tables: by then, everything that a run needs is there
    parts = {one.removeprefix("seeding.").partition(".")[0] for one in after if one.startswith("seeding.")}
    assert "orchestration" in parts
    assert parts & {"profiles", "scaffold", "guessing", "snapshots", "restoration", "explanation", "testing"} == set()
    assert {one.partition(".")[0] for one in after} & {"jsonschema", "yaml", "distributed"} == set()
