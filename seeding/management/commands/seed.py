"""`manage.py seed`: fill the database with coherent data that can be undone."""

from __future__ import annotations

import os
import sys
from argparse import BooleanOptionalAction
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser

from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Fill the database with coherent data that can be undone; what is there already stays as it is."
    examples: ClassVar[Mapping[str, str]] = {
        "": "all tables, small",
        "--table=clients,orders": "these, with what they need and what belongs to them",
        "--table=orders --dry-run": "what would be written, with example rows",
        "--size=medium": "ten times as much; the small rows stay as they are",
        "--size=large --scale=1000": "a million clients",
        "--env=staging --force --json": "for a deployment script",
        "--source=export/ --env=staging": "real data from files, masked in part",
        "--profile=quarter_end": "with the shape that profiles/quarter_end.toml describes",
        "--scheduler=tcp://scheduler:8786": "by the workers of a Dask scheduler, on as many hosts as they are",
        "--auto": "also every table that has no seeder, by what its model says",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--table", metavar="NAME[,NAME…]", help="tables or groups to seed, with what they need (default: all)")
        add(
            "--size",
            metavar="{small,medium,large}",
            help="1, 10 or 100 times the smallest dataset, or a size of the profile (default: small in dev, medium in staging)",
        )
        add("--scale", type=int, default=1, metavar="N", help="multiply the size (default: 1)")
        add(
            "--dry-run",
            action="store_true",
            help="generate and validate for real, write nothing, show counts and example rows",
        )
        add("--seed", type=int, metavar="N", help="what every value is a function of (default: the ledger's, else 42)")
        add(
            "--as-of",
            metavar="DATE",
            help="the day on which the data ends, YYYY-MM-DD (default: the ledger's, else today)",
        )
        add(
            "--edge-cases",
            action=BooleanOptionalAction,
            help="whether some rows are as unusual as a real row can be (default: the ledger's, else yes)",
        )
        add("--jobs", type=int, metavar="N", help="processes that seed at the same time (default: by server, cores and rows)")
        add("--scheduler", metavar="URL", help="a Dask scheduler, tcp://host:port, whose workers seed (needs the extra dask)")
        add("--profile", metavar="FILE", help="which shape the data has: a file, or the name of one of the project's profiles")
        add(
            "--locale",
            metavar="LOCALE",
            help="of names and addresses, as Faker spells it: de_DE (default: the profile's, else en_US)",
        )
        add(
            "--source",
            metavar="DIR",
            help="load real data from DIR, one CSV or JSON Lines file per table, and mask it outside production",
        )
        self.add_common_arguments(parser)

        add("--auto", action="store_true", help="make a seeder in memory for every table that has none")
        add("--app", metavar="LABEL[,LABEL…]", help="with --auto: the apps whose tables to seed, with what they need")
        add(
            "--exclude",
            metavar="NAME[,NAME…]",
            help="with --auto: tables, models or apps that get no seeder in memory",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed and report."""
        # Imported here, so that `manage.py help` does not wait for Polars.
        from seeding import api, conf, console

        today, terminal = datetime.now(UTC).date(), sys.stdin.isatty()
        config = self.configured(partial(conf.load_seed, options, os.environ, today=today, terminal=terminal))
        shown = not options["json"] and options["verbosity"] > 0
        out = self.console(options)
        show_plan = partial(console.show_plan, out) if shown else None
        with self.watched(options, config.environment) as tell:
            summary = api.seed(config, tell=tell, ask=self.ask, announce=show_plan, sender=type(self))
        if options["json"]:
            self.answer(summary.as_dict())
        elif shown:
            console.show_summary(out, summary)
        if summary.exit_code:
            raise CommandError("Not all rows are there: see the summary and the log.", returncode=summary.exit_code)
