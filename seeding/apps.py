"""The Django app. At start-up it only registers its checks; seeders are discovered on demand."""

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate

from seeding.checks import check_databases, check_log_file, check_personal_data


class SeedingConfig(AppConfig):
    """`seeding`, whose tables live in the seeded database."""

    name = "seeding"
    verbose_name = "Seeding"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, which import what they need only when they run."""
        checks.register(check_personal_data)
        checks.register(check_log_file)
        checks.register(check_databases, checks.Tags.database)
        post_migrate.connect(_lift_counters, sender=self)


def _lift_counters(using: str, **_: Any) -> None:
    from seeding.ledger.counters import lift

    lift(using)
