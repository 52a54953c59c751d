"""The Django app that mirrors TERP."""

from typing import ClassVar

from django.apps import AppConfig

from seeding import Fact


class TerpseedConfig(AppConfig):
    """`terpseed`; every model is unmanaged, because TERP owns its tables."""

    name = "terpseed"
    verbose_name = "TERP"
    default_auto_field = "django.db.models.AutoField"
    seeding_facts: ClassVar[dict[str, Fact]] = {
        "overdue": Fact(
            meaning="the share of clients with an overdue invoice",
            low="1/10",
            high="2/5",
            usual="about 1/50",
        ),
        "recent_sales": Fact(
            meaning="what the orders of the last quarter come to, as a multiple of the usual",
            kind="number",
            low=0.3,
            high=1.5,
            usual="1",
        ),
        "order_size": Fact(
            meaning="what all orders come to, as a multiple of the usual",
            kind="number",
            low=0.5,
            high=2,
            usual="1",
        ),
        "returned_goods": Fact(
            meaning="the share of an order's line that comes back where something does",
            low="1/20",
            high="1/2",
            usual="1/10",
        ),
        "spanish_names": Fact(meaning="the share of clients with a Spanish name", high="1/2", usual="none"),
    }
    """What a profile may change."""
    seeding_caches = ("leaderboard_metric_cache",)
    """What TERP computes again when a page asks for it. Not its histories and snapshots: no one can compute yesterday's."""
