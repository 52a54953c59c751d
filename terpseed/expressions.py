"""ORM expressions shared by derived columns and rules, for what Django makes verbose or lacks."""

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
    Q,
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
    """Σ `column` of `rows`, whose column `by` references the outer query's row; 0 if there are none."""
    sums = rows.order_by().values(by).annotate(total=Sum(column)).values("total")
    return rounded(Coalesce(Subquery(sums, output_field=output), Value(Decimal(0)), output_field=output), output)


def rounded(value: Any, output: DecimalField[Any, Any] = MONEY) -> Round:
    """Round to the column's scale: SQLite adds decimals as floats, so a sum that should be 0 can be slightly off."""
    return HalfUp(value, precision=output.decimal_places, output_field=output)


def percentage(part: str, whole: str, *, at_most: Decimal) -> Case:
    """`part` as a percentage of `whole`, or 0 if `whole` is not positive; `at_most` is the column's maximum."""
    share = rounded(Ratio(F(part) * Value(Decimal(100)), F(whole)))
    return Case(When(**{f"{whole}__gt": 0}, then=Least(share, Value(at_most))), default=Value(Decimal(0)), output_field=MONEY)


def translated(column: str, words: dict[str, str | None], default: Any = None) -> Case:
    """The column's values translated with `words`; `default` for any other value."""
    whens = (When(**{column: value}, then=Value(word)) for value, word in words.items())
    return Case(*whens, default=default, output_field=CharField())


def settled(payments: QuerySet[Any], by: str, as_of: date, *, waiting: str, otherwise: str) -> tuple[Derivation, ...]:
    """Derive the amount paid, the amount due and the status of an invoice or a bill, in that order.

    `payments` reference it in `by`. If nothing is paid or overdue, the status stays `waiting` or becomes `otherwise`.
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


def into_place() -> Case:
    """What an entry of cash adds to the balance of its place; a transfer names the other place."""
    out = Q(transaction_type="OUT") | Q(transaction_type="TRANSFER", transfer_to_location__isnull=False)
    return Case(When(out, then=-F("amount")), default=F("amount"), output_field=MONEY)


def sales_that_stand(batch: OuterRef) -> QuerySet[InventoryMovement]:
    """The sale movements of `batch` whose orders were not returned."""
    returned = Order.objects.filter(pk=OuterRef("referenceId"), fulfillmentStatus="RETURNED")
    sales = InventoryMovement.objects.filter(batch=batch, inventoryMovementType="SALE", deleted_at__isnull=True)
    return sales.filter(~Exists(returned))


class HalfUp(Round):
    """Rounds halves away from zero on every database: in SQLite, half a cent as a float can be slightly less than that."""

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Moves the value away from zero by a few units in the float's last place."""
        return super().as_sqlite(compiler, connection, arg_joiner=" * (1 + 1e-14), ", **context)


class Ratio(Func):
    """A true division; SQLite divides as integers whenever both values happen to be whole."""

    template = "%(expressions)s"
    arg_joiner = " / "
    output_field = MONEY

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Casts the first operand to a float."""
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
