"""What a profile changes of TERP's data: as much as it says, and no rule breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError
from django.db.models import Sum
from django.db.models.functions import Length

from seeding import Rows
from seeding.conf.profiles import facts
from seeding.generation.value_rules.profile_rules import ProfileRules
from terpseed.models import Client, Credit, Invoice, Order
from tests.support.databases import AS_OF, SERVERS, Database

FACTS = facts()
EXTREMES: tuple[dict[str, Any], ...] = (
    {name: fact.value(fact.high) for name, fact in FACTS.items()},
    {name: fact.value(fact.low) for name, fact in FACTS.items()},
    {"overdue": "2/5", "recent_sales": 0.3, "order_size": 2.0, "returned_goods": "1/2"},
    {"overdue": "1/3", "recent_sales": 1.5, "order_size": 0.5, "returned_goods": "1/20", "spanish_names": "1/2"},
)


def rows_of(table: str, index: Iterable[int], rules: ProfileRules | None = None) -> Rows:
    """Rows of a table."""
    return Rows(seed=42, table=table, as_of=AS_OF, index=np.array([*index]), rules=rules or ProfileRules())


@pytest.mark.parametrize("server", SERVERS)
def test_thirty_clients_are_as_the_profile_says(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    summary = database.seed(profile="thirty_clients")
    again = database.seed()

    clients = Client.objects.using(database.alias)
    spanish = set(rows_of("clients", range(30)).pool("company", "es_ES"))
    assert (summary["exit_code"], again["records_inserted"], clients.count()) == (0, 0, 30)
    assert clients.filter(oldest_debt_days__gt=0).count() == 10
    assert (
        clients.filter(pk__in=Invoice.objects.using(database.alias).filter(status="OVERDUE").values("customer")).count() == 10
    )
    assert sum(name in spanish for name in clients.values_list("name", flat=True)) == 2
    assert clients.annotate(long=Length("name")).filter(long=255).count() == 1
    assert database.broken_rules() == {}
    assert {verdict.rule: verdict.examples for verdict in database.references() if verdict.broken} == {}


def test_a_bad_quarter_is_one(medium: Database, make_database: Callable[..., Database]) -> None:
    bad = make_database("sqlite")
    bad.seed(profile="bad_quarter", size="medium")

    usual, worse = figures(medium), figures(bad)
    assert bad.broken_rules() == {}
    assert (usual["overdue"], worse["overdue"]) == (2, 27)
    assert worse["sales"] == pytest.approx(0.6 * usual["sales"], rel=0.05)
    assert worse["credits"] > 1.8 * usual["credits"]  # fewer goods are sold, and three times as much of them comes back
    assert worse["earlier"] == usual["earlier"]


def figures(database: Database) -> dict[str, float]:
    """Sales of the last three months and of the time before, clients with a debt that is overdue, and credits."""
    since = AS_OF - timedelta(days=91)
    invoices = Invoice.objects.using(database.alias).exclude(status="VOID")
    orders = Order.objects.using(database.alias).filter(orderType="SALE")

    def total(rows: Any, column: str) -> float:
        return float(rows.aggregate(total=Sum(column))["total"] or 0)

    return {
        "sales": total(invoices.filter(invoiceDate__gte=since + timedelta(days=7)), "totalAmount"),
        "earlier": total(orders.filter(created_at__date__lt=since - timedelta(days=7)), "total"),
        "overdue": Client.objects.using(database.alias).filter(oldest_debt_days__gt=0).count(),
        "credits": total(Credit.objects.using(database.alias), "creditAmount"),
    }


@pytest.mark.parametrize("chosen", EXTREMES, ids=str)
def test_all_rules_hold_whatever_a_profile_may_say(sqlite: Database, tmp_path: Path, chosen: dict[str, Any]) -> None:
    profile = tmp_path / "extreme.toml"
    profile.write_text("[facts]\n" + "".join(f"{name} = {value!r}\n" for name, value in chosen.items()))

    summary = sqlite.seed(profile=str(profile), size="medium")

    assert summary["exit_code"] == 0
    assert sqlite.broken_rules() == {}
    clients = Client.objects.using(sqlite.alias)
    assert clients.filter(oldest_debt_days__gt=0).count() == 100 * Fraction(chosen["overdue"]) // 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[facts]\noverdue = 0.9", r"demo.toml:2: facts.overdue: 0.9 is not from 1/10 to 2/5: the share of clients"),
        ("[facts]\noverdeu = 0.2", r"demo.toml:2: facts.overdeu: there is no such fact. Did you mean overdue\?"),
        ("[tables.clients]\nrows = 30", r"demo.toml:2: tables.clients.rows: ClientSeeder decides how many rows there are"),
        ("[tables.clients.columns]\nname = 'x'", r"ClientSeeder lets a profile change no column"),
        ("[tables.media_blobs]\nrows = 3", r"there is no such table to seed"),
    ],
)
def test_what_would_break_a_rule_is_refused(sqlite: Database, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "demo.toml").write_text(text)

    with pytest.raises(CommandError, match=words) as refusal:
        sqlite.seed(profile=str(tmp_path / "demo.toml"))

    assert refusal.value.returncode == 1
    assert sqlite.query("SELECT count(*) FROM clients") == [(0,)]
