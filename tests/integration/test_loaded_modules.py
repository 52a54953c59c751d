"""What is imported when: a command does not wait for the pages of the admin, nor for the output of other commands."""

from __future__ import annotations

import subprocess
import sys

from tests.support.databases import ROOT

PROGRAM = """
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


def test_a_command_loads_neither_pages_nor_the_output_of_others(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "settings.base"},
        capture_output=True,
        text=True,
        check=True,
    )

    before, after = (set(part.split()) for part in done.stdout.split("---"))
    assert {"seeding.admin", "seeding.console.runs"} <= before
    unused = {"seeding.web.views", "seeding.console.status", "seeding.console.check", "seeding.console.mask"}
    assert before & {*unused, "seeding.masking.results", "seeding.verification.results"} == set()
    assert after & unused == set()  # not even the addresses of the pages load them
