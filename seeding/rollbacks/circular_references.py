"""Sets circular references to NULL before their targets are deleted: an interrupted rollback leaves none dangling."""

from __future__ import annotations

from functools import partial

from django.db import connections

from seeding.db.sql import quoted
from seeding.keys import KeySet
from seeding.rollbacks.plan import RollbackPlan
from seeding.verification.referring_rows import Tracer


def null_out(using: str, tracer: Tracer, plan: RollbackPlan, table: str, keys: KeySet) -> None:
    """Set references to the rows `keys` of `table` to null in rows that are deleted later, in the current transaction.

    If the database enforces the foreign key, also in rows that are deleted together with them.
    """
    connection = connections[using]
    quote = partial(quoted, connection)
    for link in plan.circular:
        if link.target != table:
            continue
        staying = plan.doomed(link.table)
        if link.table == table and not link.declared:
            staying -= keys
        changes = ", ".join(
            [
                f"{quote(link.column)} = NULL",
                *(f"{quote(name)} = {quote(name)}" for name in plan.there[link.table].auto_updated),
            ]
        )
        children = tracer.children(link, keys, staying)
        for _, (condition, values) in tracer.identity(link.table, link.key).pieces(children):
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {quote(link.table)} SET {changes} WHERE {condition}", values)  # noqa: S608 - quoted
