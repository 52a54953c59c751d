"""Explains a seeded row, as `seed_explain` and the admin show it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections

from seeding.comparison.changed_rows import ChangeDetector
from seeding.db.connection import database_name
from seeding.db.redaction import error_text
from seeding.db.retries import Transience, transience
from seeding.db.sql import every_row
from seeding.exceptions import ConfigurationError
from seeding.explanation.columns import ColumnExplainer, GeneratedRow
from seeding.explanation.context import RowContext
from seeding.explanation.derivations import derived_now
from seeding.explanation.provenance import Provenance, model_of, provenance
from seeding.explanation.referrers import ReferringRowsFinder
from seeding.explanation.results import ExplainedColumn, ReferringRows, RowExplanation
from seeding.generation.registry import Registry, near
from seeding.ledger.queries import Ledger, generator_version
from seeding.schema.introspection import read_kinds
from seeding.schema.references import key_columns


def find(using: str, registry: Registry, table: str, key: str) -> Provenance:
    """The origin of a row; raises ConfigurationError for an unknown table, and for a row that was not seeded."""
    known = Ledger(using).tables_ever()
    if table not in known:
        there = read_kinds(connections[using], known)
        if table not in there:
            raise ConfigurationError(f"There is no table {table!r}. {near(table, {*known, *there, *registry.by_table})}")
    found = provenance(using, table, key)
    if found is None:
        raise ConfigurationError(f"No row of {table} with the key {key} was seeded{_told(using, table, key)}.")
    return found


def _told(using: str, table: str, key: str) -> str:
    """What else is known of a row that was not seeded."""
    model = model_of(table)
    if model is None:
        return ""
    parts = [one.strip() for one in key.split(",")]
    try:
        is_there = every_row(model, using).filter(pk=parts if len(key_columns(model)) > 1 else key).exists()
    except (ValueError, TypeError, OverflowError, ValidationError):
        return "; it is no key of that table"
    except DatabaseError as error:
        if transience(error) in (Transience.CONNECTION, Transience.CONTENTION):
            raise
        return ""
    return ": it is a real one" if is_there else ", and the table has none"


def explain(using: str, registry: Registry, found: Provenance, *, reads_values: bool = True) -> RowExplanation:
    """What is known of a seeded row. If `reads_values`, rows that refer to it in JSON are counted, however many there are.

    Changes nothing, and takes no lock. Raises SchemaError if rows of a table were seeded under another primary key.
    """
    context = RowContext(using=using, registry=registry, origin=found)
    columns, note, obstacle = _columns(context)
    referring: tuple[ReferringRows, ...] = ()
    if found.entry.live and context.table in context.there:
        referring = ReferringRowsFinder(context, reads_values=reads_values).run()
    entry, run = found.entry, found.entry.run
    is_read = bool(entry.live) and context.table in context.there and context.model is not None
    return RowExplanation(
        database=database_name(using),
        table=entry.table_name,
        key=context.shown(context.table, found.key),
        index=found.index,
        seeder=entry.seeder_name,
        origin=entry.origin,
        batch=entry.pk,
        run=run.pk,
        command=run.command,
        seeded_at=entry.created_at,
        account=f"{run.user}@{run.host}",
        requested_by=run.requested_by,
        environment=entry.environment,
        seed=run.seed,
        as_of=run.as_of,
        profile=entry.profile,
        generator_version=entry.generator_version,
        version_now="" if context.seeder is None else generator_version(context.seeder),
        obstacle=obstacle,
        rolled_back_in=entry.rolled_back_in_id,
        rolled_back_at=entry.rolled_back_at,
        is_there=bool(context.stored) if is_read else False if entry.live and context.table not in context.there else None,
        note=note,
        columns=columns,
        referring=referring,
    )


def _columns(context: RowContext) -> tuple[tuple[ExplainedColumn, ...], str, str]:
    """The columns, why there are none, and why the row's values cannot be made again."""
    obstacle = context.obstacle
    if not context.entry.live:
        return (), "", obstacle
    if context.table not in context.there:
        return (), f"the table {context.table} is gone", obstacle
    if context.model is None:
        return (), f"no model describes {context.table}", obstacle
    made = None
    if not obstacle:
        try:
            made = _made(context)
        except Exception as error:  # a seeder that fails now does not keep the rest from being told
            if transience(error) in (Transience.CONNECTION, Transience.CONTENTION):
                raise
            obstacle = f"{context.entry.seeder_name} fails: {error_text(error)}"
    return ColumnExplainer(context, made).run(), "", obstacle


def _made(context: RowContext) -> GeneratedRow | None:
    """The row as its seeder makes it; raises whatever that raises."""
    seeder, dataset = context.seeder, context.dataset
    if seeder is None or dataset is None:
        return None
    detector = ChangeDetector(context.using, seeder, dataset, context.resolver, context.live, identity=context.identity)
    part = next(detector.compared([context.entry], context.numbers))
    return GeneratedRow(
        data=part.data.row(0, named=True),
        resolved={name: value for name, value in part.resolved.row(0, named=True).items() if name in part.columns},
        differing=frozenset(part.differing.get(context.origin.number, ())),
        derived=derived_now(context),
    )
