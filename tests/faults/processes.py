"""Commands as processes of their own that start quickly: copies of one that has imported the libraries already.

Importing them is most of what starting a command takes. Nothing here may need Django to be set up.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO
from unittest.mock import patch

from django.core.management import execute_from_command_line

ROOT = Path(__file__).resolve().parent.parent.parent

_forkserver = multiprocessing.get_context("forkserver")
_forkserver.set_forkserver_preload([
    "django.core.management", "django.db.models", "faker", "polars", "MySQLdb", "psycopg", "rich.progress",
])  # fmt: skip


def start(command: tuple[str, ...], variables: Mapping[str, str]) -> tuple[BaseProcess, IO[str]]:
    """`manage.py` with these arguments and this environment; returns the process and what it says on stderr."""
    reading, writing = _forkserver.Pipe(duplex=False)
    process = _forkserver.Process(target=_run, args=(command, dict(variables), writing))
    with patch.dict(os.environ):
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)  # as in the fixture `environment`
        process.start()
    writing.close()
    said = os.fdopen(os.dup(reading.fileno()), encoding="utf-8", errors="replace")
    reading.close()
    return process, said


def _run(command: tuple[str, ...], variables: Mapping[str, str], said: Connection) -> None:
    os.environ.clear()
    os.environ.update(variables, DJANGO_SETTINGS_MODULE="settings.base")
    os.chdir(ROOT)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(said.fileno(), 2)
    said.close()
    execute_from_command_line(["manage.py", *command])
