"""The Django app. At start-up it registers a check and does nothing else: seeders are looked for when somebody asks."""

from django.apps import AppConfig
from django.core import checks

from seeding.checks import check_personal_data


class SeedingConfig(AppConfig):
    """`seeding`, whose tables live in the database that is seeded."""

    name = "seeding"
    verbose_name = "Seeding"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the check, which imports what it looks at only when it runs."""
        checks.register(check_personal_data)
