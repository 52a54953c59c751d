"""The Django app. At start-up it only registers its checks; seeders are discovered on demand."""

from django.apps import AppConfig
from django.core import checks

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
