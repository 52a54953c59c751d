"""The app of the models here."""

from django.apps import AppConfig


class ReceivedConfig(AppConfig):
    """`received`, though it lies among the tests."""

    name = "tests.integration.receivers"
    label = "received"
    default_auto_field = "django.db.models.BigAutoField"
