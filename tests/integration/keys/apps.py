"""The app of the models here."""

from django.apps import AppConfig


class KeysConfig(AppConfig):
    """`traits`, though it lies among the tests."""

    name = "tests.integration.keys"
    label = "traits"
    default_auto_field = "django.db.models.BigAutoField"
