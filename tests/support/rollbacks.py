"""What tests of rollbacks insert and look at."""

from __future__ import annotations

from typing import Any

from django.db import models

from terpseed.models import Order, User
from tests.support.databases import Database


def rows(model: type[models.Model], database: Database) -> models.QuerySet[Any]:
    """All rows of a table, the seeded ones by key."""
    return model._base_manager.using(database.alias).order_by("pk")


def by_table(summary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {result["table"]: result for result in summary["results"]}


def kept(summary: dict[str, Any]) -> set[tuple[str, str, tuple[int, ...], tuple[str, ...]]]:
    return {(one["table"], one["by"], tuple(one["keys"]), tuple(one["referring"])) for one in summary["kept"]}


def real_order(database: Database, client: int, user: int, **values: object) -> Order:
    """An order that a salesperson has placed."""
    return Order.objects.using(database.alias).create(
        order_number=f"R{Order.objects.using(database.alias).count()}", orderType="SALE", client_id=client, created_by_id=user,
        paymentTerms="COD", subtotal=1, total=1, **{"items": [], **values},
    )  # fmt: skip


def own_user(database: Database) -> int:
    return int(User.objects.using(database.alias).create(openId="someone real", role="user").pk)
