"""The Django app that mirrors TERP."""

from django.apps import AppConfig


class TerpseedConfig(AppConfig):
    """`terpseed`; every model is unmanaged, because TERP owns its tables."""

    name = "terpseed"
    verbose_name = "TERP"
    default_auto_field = "django.db.models.AutoField"
    seeding_caches = ("leaderboard_metric_cache",)
    """What TERP computes again when a page asks for it. Not its histories and snapshots: no one can compute yesterday's."""
