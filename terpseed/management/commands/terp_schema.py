"""`manage.py terp_schema`: create the mirrored tables of TERP in an empty development database."""

from __future__ import annotations

import os
from typing import Any

from django.apps import apps
from django.core.management.base import CommandParser

from seeding.management.command import SeedingCommand


class Command(SeedingCommand):
    """Parse, one call, render, exit code."""

    help = "Create TERP's tables in an empty development database. Refuses where one exists; never runs in production."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--database", default="default", metavar="ALIAS", help="alias in DATABASES (default: default)")
        parser.add_argument(
            "--env", metavar="dev|staging|production", help="default: SEEDING_ENV, DJANGO_ENV, NODE_ENV, else dev"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the tables and print how many."""
        from seeding import conf
        from terpseed.ddl import create_tables

        environment = conf.detect_environment(options["env"], os.environ)
        models = list(apps.get_app_config("terpseed").get_models())
        database = create_tables(models, options["database"], environment)
        self.stdout.write(f"{len(models)} tables of TERP created in {database}.")
