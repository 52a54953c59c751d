"""The app of the models here."""

from django.apps import AppConfig


class LinkedConfig(AppConfig):
    """`linked`, though it lies among the tests."""

    name = "tests.safety"
    label = "linked"
    default_auto_field = "django.db.models.BigAutoField"
