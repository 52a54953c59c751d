"""`manage.py seed_profile`: check, show or begin a profile."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Check, show or begin a profile, which says which shape the data has; writes nothing."
    examples: ClassVar[Mapping[str, str]] = {
        "list": "the project's profiles",
        "check quarter_end": "would `seed --profile=quarter_end` accept it?",
        "show quarter_end --env=staging": "with what it extends, and its variables put in",
        "example": "what the project's own seeders let a profile change",
        "example shop_order --auto": "a profile for a table of an automatic seeder, to begin with",
        "schema": "its JSON Schema, for editors",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        actions = ("list", "check", "show", "example", "schema")
        add("action", choices=actions, metavar="ACTION", help=f"what to do: {', '.join(actions)}")
        add(
            "name",
            nargs="?",
            metavar="NAME",
            help="a profile: a file, or the name of one of the project's; for example, a table",
        )
        add("--auto", action="store_true", help="also for tables of automatic seeders, as with seed --auto")
        add("--app", metavar="LABEL[,LABEL…]", help="with --auto: the apps whose tables are seeded")
        add("--exclude", metavar="NAME[,NAME…]", help="with --auto: tables, models or apps that are left out")
        add("--size", metavar="SIZE", help="the size to check it for")
        add("--locale", metavar="LOCALE", help="as with seed")
        add("--env", choices=("dev", "staging"), help="the environment whose part of the profile counts (default: dev)")
        add("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        add("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and print."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console
        from seeding.profiles.language import schema_text

        action, name = options["action"], options["name"]
        if action == "schema":
            self.stdout.write(schema_text())
            return
        told = {**SEED, **options, "profile": None if action in ("list", "example") else name}
        today = datetime.now(UTC).date()
        config = self.configured(partial(conf.load_seed, told, os.environ, today=today, terminal=False))
        if action == "list":
            listed = api.profiles(config)
            self.answer({"profiles": listed}) if options["json"] else console.show_profiles(self.console(options), listed)
        elif action == "example":
            self.stdout.write(api.profile_example(config, name))
        else:
            report = api.profile(config, checked=action == "check")
            if options["json"]:
                self.answer(report.as_dict())
            elif action == "show":
                self.stdout.write(report.text)
            elif options["verbosity"] > 0:
                console.show_profile(self.console(options), report)


SEED: Mapping[str, Any] = {
    "table": None, "size": None, "scale": 1, "dry_run": True, "seed": None, "as_of": None, "source": None, "force": False,
    "interactive": False, "confirm_database": None, "lock_timeout": 0, "patience": None,
}  # fmt: skip
"""The options of `seed` that a profile does not ask for."""
