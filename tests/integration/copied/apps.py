"""The app of the models here."""

from django.apps import AppConfig


class CopiedConfig(AppConfig):
    """`copied`, though it lies among the tests."""

    name = "tests.integration.copied"
    label = "copied"
    default_auto_field = "django.db.models.BigAutoField"
