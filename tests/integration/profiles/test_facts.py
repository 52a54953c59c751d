"""How many of TERP's clients are overdue, whatever share of them is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seeding import Rows
from seeding.generation.value_rules.profile_rules import ProfileRules
from terpseed.facts import cells
from terpseed.facts.money import invoicing, receivables
from terpseed.facts.sales import trade
from tests.support.databases import AS_OF


def rows_of(table: str, index: Iterable[int], rules: ProfileRules) -> Rows:
    """Rows of a table."""
    return Rows(seed=42, table=table, as_of=AS_OF, index=np.array([*index]), rules=rules)


@given(st.fractions(Fraction(1, 10), Fraction(2, 5), max_denominator=60), st.integers(0, 2**40))
def test_as_many_clients_are_overdue_as_are_wanted(share: Fraction, seed: int) -> None:
    rules = ProfileRules(facts={"overdue": str(share)})
    clients = replace(rows_of("clients", range(300), rules=rules), seed=seed)
    days = receivables.account(clients)[3]
    alone = receivables.account(clients.of("clients", np.array([17, 203])))[3]

    assert int((days[:100] > 0).sum()) == 100 * share // 1
    assert int((days > 0).sum()) == 300 * share // 1
    assert alone.tolist() == [days[17], days[203]]


def test_no_order_is_touched_that_others_depend_on() -> None:
    orders = rows_of("orders", range(1_000), rules=ProfileRules(facts={"overdue": "2/5"}))
    usual, changed = (invoicing.percent_paid(orders.of("orders", orders.index)), invoicing.PERCENT)
    places = orders.index % 50
    open_ = cells.is_open(orders.index // 50)

    touched = usual != changed[open_, places]
    assert set(usual[touched].tolist()) <= {invoicing.IN_ARREARS, 100}
    assert set(trade.fate(orders)[touched].tolist()) <= {trade.Fate.DELIVERED}
