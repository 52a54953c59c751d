"""Expressions that derived columns and rules share: what Django's ORM says in too many words, or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    Case,
    CharField,
    DateField,
    DecimalField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least, Round

from seeding import Derivation
from terpseed.models import InventoryMovement, Order

MONEY = DecimalField(max_digits=15, decimal_places=2)
QUANTITY = DecimalField(max_digits=15, decimal_places=4)


def total(rows: QuerySet[Any], by: str, column: str | Combinable, output: DecimalField[Any, Any] = MONEY) -> Round:
    """Σ column of `rows`, which name the row of the outer query in `by`; 0 where there are none."""
    sums = rows.order_by().values(by).annotate(total=Sum(column)).values("total")
    return rounded(Coalesce(Subquery(sums, output_field=output), Value(Decimal(0)), output_field=output), output)


def rounded(value: Any, output: DecimalField[Any, Any] = MONEY) -> Round:
    """To the column's scale: SQLite adds decimals as floats, and what should be nothing is not quite."""
    return HalfUp(value, precision=output.decimal_places, output_field=output)


def percentage(part: str, whole: str, *, at_most: Decimal) -> Case:
    """`part` as a percentage of `whole`, 0 where that is none; `at_most` is what the column holds."""
    share = rounded(Ratio(F(part) * Value(Decimal(100)), F(whole)))
    return Case(When(**{f"{whole}__gt": 0}, then=Least(share, Value(at_most))), default=Value(Decimal(0)), output_field=MONEY)


def translated(column: str, words: dict[str, str | None], default: Any = None) -> Case:
    """The words that stand for the values of a column."""
    whens = (When(**{column: value}, then=Value(word)) for value, word in words.items())
    return Case(*whens, default=default, output_field=CharField())


def settled(payments: QuerySet[Any], by: str, as_of: date, *, waiting: str, otherwise: str) -> tuple[Derivation, ...]:
    """What is paid of an invoice or a bill, what is due, and the status that follows, in that order.

    `payments` name it in `by`. While nothing is paid and nothing overdue it stays `waiting`, or is `otherwise`.
    """
    status = Case(
        When(status__in=("DRAFT", "VOID"), then=F("status")),
        When(amountDue=0, then=Value("PAID")),
        When(dueDate__lt=as_of, then=Value("OVERDUE")),
        When(amountPaid__gt=0, then=Value("PARTIAL")),
        When(status=waiting, then=F("status")),
        default=Value(otherwise),
        output_field=CharField(),
    )
    due = rounded(F("totalAmount") - F("amountPaid"))
    return tuple(
        Derivation(values=values, reads=("payments",), touches=("updatedAt",))
        for values in ({"amountPaid": total(payments, by, "amount")}, {"amountDue": due}, {"status": status})
    )


def sales_that_stand(batch: OuterRef) -> QuerySet[InventoryMovement]:
    """The sale movements of `batch` whose orders did not come back."""
    returned = Order.objects.filter(pk=OuterRef("referenceId"), fulfillmentStatus="RETURNED")
    sales = InventoryMovement.objects.filter(batch=batch, inventoryMovementType="SALE", deleted_at__isnull=True)
    return sales.filter(~Exists(returned))


class HalfUp(Round):
    """Rounds halves away from zero on every server: SQLite has floats, of which half a cent may be a little less than that."""

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """The value a few units of a float's last place further from zero."""
        return super().as_sqlite(compiler, connection, arg_joiner=" * (1 + 1e-14), ", **context)


class Ratio(Func):
    """A division that SQLite does not take for one of integers, which it does whenever both values happen to be whole."""

    template = "%(expressions)s"
    arg_joiner = " / "
    output_field = MONEY

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """The first operand as a float."""
        return super().as_sql(compiler, connection, template="CAST(%(expressions)s", arg_joiner=" AS REAL) / ", **context)


class DaysSince(Func):
    """Whole days from an expression's date to a fixed one."""

    function = "DATEDIFF"
    output_field = IntegerField()

    def __init__(self, day: date, since: Any) -> None:
        super().__init__(Value(day, output_field=DateField()), since)

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """SQLite counts in Julian days."""
        template = "CAST(julianday(%(expressions)s) AS integer)"
        return super().as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """PostgreSQL subtracts dates."""
        return super().as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" - ")
