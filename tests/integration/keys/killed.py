"""Seeds the tables here until a seeder has written some rows, and dies: `python -m tests.integration.keys.killed`."""

from __future__ import annotations

import os
import sys
from signal import SIGKILL
from typing import Any

import django


def main(alias: str, server: str, url: str, seeder: str) -> None:
    """Kill this process once the seeder has written 14 rows, twice as many as a batch has."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings.tests"
    django.setup()
    from tests.integration.keys.stages import INSTALLED
    from tests.support.databases import opened
    from tests.support.runs import run

    def die(event: Any) -> None:
        if event.operation == "insert" and event.seeder == seeder and event.context.get("done", 0) >= 14:
            os.kill(os.getpid(), SIGKILL)

    database = opened(alias, server, url)
    with INSTALLED:
        from tests.integration.keys.seeders import every

        run(database, *every(2).values(), batch_size=7, listen=die)


if __name__ == "__main__":
    main(*sys.argv[1:])
