"""The app of the models here."""

from django.apps import AppConfig


class StrangersConfig(AppConfig):
    """`strangers`, though it lies among the tests."""

    name = "tests.integration.keys.strangers"
    label = "strangers"
    default_auto_field = "django.db.models.BigAutoField"
