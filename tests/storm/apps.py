"""The app of the models that are made here."""

from django.apps import AppConfig


class StormConfig(AppConfig):
    """`storm`, though it lies among the tests."""

    name = "tests.storm"
    label = "storm"
    default_auto_field = "django.db.models.BigAutoField"
