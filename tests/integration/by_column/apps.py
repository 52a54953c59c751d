"""The app of the models here."""

from django.apps import AppConfig


class AtlasConfig(AppConfig):
    """`atlas`, though it lies among the tests."""

    name = "tests.integration.by_column"
    label = "atlas"
    default_auto_field = "django.db.models.BigAutoField"
