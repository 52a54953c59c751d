"""The rights that a command needs of each table, and the refusal where its account lacks one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from django.db import connections, models

from seeding.exceptions import SchemaError, UnsafeServerError
from seeding.generation.datasets import Dataset
from seeding.generation.seeders import BaseSeeder
from seeding.models import LEDGER_MODELS, MaskedBatch, SeedingFence, SeedingLease, SeedingMetadata, SeedRun, SeedSnapshot
from seeding.safety.catalogues import Lack, Need, read_lacks
from seeding.safety.refusal import Refusal, told
from seeding.schema.introspection import read_kinds
from seeding.schema.key_counters import KeyCounter
from seeding.schema.references import column_name, references


def needed(seeders: Iterable[BaseSeeder]) -> Mapping[str, Need]:
    """What seeding needs of the seeders' tables. New rows name every column of the model, whatever the seeder fills."""
    found: dict[str, Need] = {}
    for seeder in seeders:
        model, table = seeder.config.model, seeder.config.table_name
        update, reads = derived(seeder)
        reads |= {one.target_table for one in references(model)}
        need = Need(insert=_columns(model), update=update.union(seeder.config.postponed), reads=reads - {table})
        found[table] = found.get(table, Need()) | need
    return found


def derived(seeder: BaseSeeder) -> tuple[frozenset[str], frozenset[str]]:
    """The columns of the seeder's derivations, and the tables that these read."""
    derivations = seeder.derivations(Dataset(seed=0, as_of=date(2000, 1, 1)))  # any: what they write does not depend on it
    fields = {name for one in derivations for name in (*one.values, *one.touches)}
    columns = {
        column_name(one) for one in seeder.config.model._meta.concrete_fields if not fields.isdisjoint((one.name, one.attname))
    }
    return frozenset(columns), frozenset(table for one in derivations for table in one.reads)


def refusals(
    using: str, needs: Mapping[str, Need], seen: Collection[str], counters: Mapping[str, KeyCounter] | None = None
) -> Mapping[str, tuple[Refusal, ...]]:
    """Table → what the account lacks there, where it lacks something; `seen` are the tables that it sees.

    The sequence among the `counters` of a table that gets rows is moved.
    """
    drawn = {table: one.sequence for table, one in (counters or {}).items() if table in needs and needs[table].insert}
    needs = {**needs, **{table: replace(needs[table], sequence=sequence) for table, sequence in drawn.items()}}
    lacks = read_lacks(connections[using], needs, seen)
    return {table: tuple(_refusal(table, one) for one in found) for table, found in lacks.items()}


def require_rights(using: str, needs: Mapping[str, Need]) -> None:
    """Raise SchemaError, listing every right that the account lacks."""
    if found := _told(using, needs):
        raise SchemaError(found)


def require_ledger(using: str, command: str = "") -> None:
    """Raise UnsafeServerError if the account may not read the ledger's tables, or write what the `command` writes there."""
    needs = {model._meta.db_table: Need() for model in LEDGER_MODELS}
    written = (SeedRun, MaskedBatch if command == "seed_mask" else SeedingMetadata, SeedingLease, SeedingFence)
    if command in ("seed_mask", "seed_snapshot"):
        needs[SeedSnapshot._meta.db_table] = SNAPSHOTS[command]
    for model in written if command else ():
        columns, entries = _columns(model), model is SeedingMetadata
        update = columns if model is not MaskedBatch else frozenset[str]()
        needs[model._meta.db_table] = Need(insert=columns, update=update, delete=entries)
    if found := _told(using, needs):
        raise UnsafeServerError(found)


def _told(using: str, needs: Mapping[str, Need]) -> str:
    """What the account lacks, in sentences; empty if nothing. Which tables it sees is asked only then."""
    if not refusals(using, needs, needs):
        return ""
    found = refusals(using, needs, read_kinds(connections[using], needs))
    return f"{told(one for ones in found.values() for one in ones)} Nothing was changed." if found else ""


def _columns(model: type[models.Model]) -> frozenset[str]:
    return frozenset(column_name(one) for one in model._meta.concrete_fields if not getattr(one, "generated", False))


def _refusal(table: str, lack: Lack) -> Refusal:
    rights = ", ".join(lack.rights)
    grant = f"GRANT {rights} ON {lack.on} TO {lack.account}"
    if not lack.is_seen:
        cause, remedy = f"needs {lack.on}, which is missing or hidden from this account", f"create it, or {grant}"
    else:
        cause, remedy = f"needs the right {rights} on {lack.on}, which this account lacks", grant
    if lack.inactive:
        remedy += f", or use its roles that are not active ({', '.join(lack.inactive)}): {lack.activate}"
    return Refusal(subject=table, cause=cause, remedy=remedy)


SNAPSHOTS: Mapping[str, Need] = {
    "seed_mask": Need(update=frozenset({"document", "whole"})),
    "seed_snapshot": Need(insert=_columns(SeedSnapshot), delete=True),
}
"""Command → what it writes to the ledger's table of snapshots."""
