"""A process of which copies run a command each and end themselves with SIGKILL at one of its events.

`python -m tests.storm.victim` reads Sentences from its standard input, has a copy of itself serve each, and writes how that
ended. It has imported everything and done nothing, since a fork does not take the threads of Polars along.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import django

from tests.storm.schemas import Schema

ROOT = Path(__file__).resolve().parents[2]
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
    audit: str
    """The file of the audit log."""


def executed(sentence: Sentence) -> tuple[int, str]:
    """The exit code of the command, or the negative number of the signal that ended it, and what it wrote to its errors."""
    process = _waiting()
    assert process.stdin is not None
    assert process.stdout is not None
    pickle.dump(sentence, process.stdin)
    process.stdin.flush()
    code, words = pickle.load(process.stdout)  # noqa: S301 - from our own process
    return code, words


@cache
def _waiting() -> subprocess.Popen[bytes]:
    """The process, which ends with its standard input."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.storm.victim"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def main() -> None:
    """Serve sentences until there are no more."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings.tests")
    from django.conf import settings

    settings.INSTALLED_APPS = ["seeding", "tests.storm"]
    settings.DATABASE_ROUTERS = []
    django.setup()
    from tests.storm import life  # noqa: F401 - so that the copies need not import it

    while True:
        try:
            sentence: Sentence = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own test
        except EOFError:
            return
        with tempfile.TemporaryFile() as errors:
            process = os.fork()
            if not process:
                os.dup2(errors.fileno(), sys.stderr.fileno())
                os.dup2(errors.fileno(), sys.stdout.fileno())
                os._exit(serve(sentence))
            _, status = os.waitpid(process, 0)
            errors.seek(0)
            words = errors.read().decode()
        pickle.dump((os.waitstatus_to_exitcode(status), words), sys.stdout.buffer)
        sys.stdout.buffer.flush()


def serve(sentence: Sentence) -> int:
    """The exit code of the command, if it ends before its end."""
    from django.db import connections

    from seeding.exceptions import SeedingError
    from tests.storm.application import Application
    from tests.storm.life import performed
    from tests.support.databases import Database

    os.environ["SEEDING_AUDIT_FILE"] = sentence.audit
    left = [sentence.after]

    def listen(_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        connections.settings["victim"] = sentence.settings
        database = Database(alias="victim", url="", server=sentence.schema.server)
        application = Application(schema=sentence.schema, database=database, host=None)
        return int(performed(application, sentence.action, listen).exit_code)
    except SeedingError as error:
        return error.exit_code
    except Exception:  # noqa: BLE001 - told to the test
        traceback.print_exc()
        return CRASHED


if __name__ == "__main__":
    main()
