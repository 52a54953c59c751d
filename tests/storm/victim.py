"""A process that runs a command and ends itself with SIGKILL at one of its events: `python -m tests.storm.victim`.

A pickle of a `Sentence` on its standard input tells it which. (A fork does not take the threads of Polars along.)
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from dataclasses import dataclass
from typing import Any

import django

from tests.storm.schemas import Schema

CRASHED = 99
"""Exit code of a command that ends with an error that is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Which command of which schema, and when it ends."""

    schema: Schema
    settings: dict[str, Any]
    """Of the database."""
    action: Any
    """An Action."""
    after: int
    """Events before the end."""


def main() -> None:
    """Serve the sentence; a command that ends before gives the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings.tests")
    from django.conf import settings

    settings.INSTALLED_APPS = ["seeding", "tests.storm"]
    settings.DATABASE_ROUTERS = []
    django.setup()
    from django.db import connections

    from seeding.exceptions import SeedingError
    from tests.storm.application import Application
    from tests.storm.life import performed
    from tests.support.databases import Database

    sentence: Sentence = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - from our own test
    connections.settings["victim"] = sentence.settings
    left = [sentence.after]

    def listen(_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database(alias="victim", url="", server=sentence.schema.server)
    try:
        sys.exit(
            performed(Application(schema=sentence.schema, database=database, host=None), sentence.action, listen).exit_code
        )
    except SeedingError as error:
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001 - told to the test
        traceback.print_exc()
        sys.exit(CRASHED)


if __name__ == "__main__":
    main()
