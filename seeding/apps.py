"""The Django app. Nothing of it runs at start-up: seeders are looked for when a command asks for them."""

from django.apps import AppConfig


class SeedingConfig(AppConfig):
    """`seeding`, whose tables live in the database that is seeded."""

    name = "seeding"
    verbose_name = "Seeding"
    default_auto_field = "django.db.models.BigAutoField"
