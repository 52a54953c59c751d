"""The app."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """`shop`, though it lies among the tests."""

    name = "tests.shop"
    label = "shop"
    default_auto_field = "django.db.models.BigAutoField"
