"""`manage.py seed_snapshot`: remember what the seeded data is, and make it so again."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.management.base import CommandParser

from seeding.exceptions import ConfigurationError, IncoherentError
from seeding.management.command import SeedingCommand

if TYPE_CHECKING:
    from seeding.snapshots.manager import SnapshotManager

ACTIONS = ("save", "list", "show", "restore", "delete", "export", "import")


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Remember the state of the seeded data without a copy, and restore it, here or on another server."
    examples: ClassVar[Mapping[str, str]] = {
        "save before-demo": "keep the state of now under a name",
        "list": "all that are kept",
        "show before-demo": "what one holds, and what it cannot hold",
        "restore before-demo --dry-run": "what restoring would do",
        "restore before-demo": "asks, then makes the seeded data what it was",
        "export before-demo demo.json": "to a file, without the values of classified columns",
        "import demo.json": "from a file, under its name",
        "delete before-demo": "forget it; no row is touched",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("action", choices=ACTIONS, metavar="ACTION", help=f"what to do: {', '.join(ACTIONS)}")
        add("name", nargs="?", metavar="NAME", help="the snapshot; for import, the file")
        add("file", nargs="?", metavar="FILE", help="for export, the new file; for import, a name other than the file's")
        add("--dry-run", action="store_true", help="with restore: show what would be done, and change nothing")
        self.add_common_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console

        _require_fitting(options)
        config = self.configured(partial(conf.load_snapshot, options, os.environ, terminal=sys.stdin.isatty()))
        with self.watched(options, config.environment) as tell:
            found = _done(api.snapshots(config, tell=tell, ask=self.ask), options)
        if options["json"]:
            self.answer({"snapshots": [one.as_dict() for one in found]} if isinstance(found, list) else found.as_dict())
        elif options["verbosity"] > 0:
            console.show_snapshots(self.console(options), options["action"], found)
        if getattr(found, "exit_code", 0):
            raise IncoherentError("The seeded data is not wholly as in the snapshot: see what stays and why.")


def _require_fitting(options: Mapping[str, Any]) -> None:
    """Raise ConfigurationError for names that the action lacks or does not take."""
    action, given = options["action"], [one for one in (options["name"], options["file"]) if one is not None]
    least, most = {"list": (0, 0), "export": (2, 2), "import": (1, 2)}.get(action, (1, 1))
    if not least <= len(given) <= most:
        usage = {"list": "list", "export": "export NAME FILE", "import": "import FILE [NAME]"}.get(action, f"{action} NAME")
        raise ConfigurationError(f"Write: seed_snapshot {usage}.")
    if options["dry_run"] and action != "restore":
        raise ConfigurationError("--dry-run shows what restore would do; the other actions change no row.")


def _done(manager: SnapshotManager, options: Mapping[str, Any]) -> Any:
    """What the action comes to."""
    action, name, file = options["action"], options["name"], options["file"]
    if action == "list":
        return list(manager.all())
    if action == "export":
        return manager.export(name, Path(file))
    if action == "import":
        return manager.import_(Path(name), file)
    if action == "delete":
        found = manager.show(name)
        manager.delete(name)
        return found
    return {"save": manager.save, "show": manager.show, "restore": manager.restore}[action](name)
