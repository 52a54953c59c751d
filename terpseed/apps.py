"""The Django app that mirrors TERP."""

from django.apps import AppConfig


class TerpseedConfig(AppConfig):
    """`terpseed`; every model is unmanaged, because TERP owns its tables."""

    name = "terpseed"
    verbose_name = "TERP"
    default_auto_field = "django.db.models.AutoField"
