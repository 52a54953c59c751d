"""The benchmark is a command of its own: no settings of the tests are there when it starts."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.bench.__main__ import PARTS
from tests.bench.server import ROOT


def test_it_starts_by_itself_and_names_its_parts() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    told = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--help"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert (told.returncode, told.stderr) == (0, "")
    assert f"{{{','.join(PARTS)}}}" in told.stdout
