"""The Django app. At start-up it registers its checks and does nothing else: seeders are looked for when somebody asks."""

from django.apps import AppConfig
from django.core import checks

from seeding.checks import check_databases, check_log_file, check_personal_data


class SeedingConfig(AppConfig):
    """`seeding`, whose tables live in the database that is seeded."""

    name = "seeding"
    verbose_name = "Seeding"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, which import what they look at only when they run."""
        checks.register(check_personal_data)
        checks.register(check_log_file)
        checks.register(check_databases, checks.Tags.database)
