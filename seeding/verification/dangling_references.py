"""Finds dangling references of the seeded rows, declared or not, with queries on the database itself.

Keys come in ranges: if the target table has every key from the lowest to the highest referenced one, no row needs its own
lookup.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event
from types import MappingProxyType
from typing import Any, Self

import polars as pl
from django.db import connections, models
from django.db.models.functions import Cast

from seeding.db.features import features
from seeding.db.sql import every_row
from seeding.keys import NOTHING, KeySet
from seeding.ledger.row_identity import RowIdentity
from seeding.schema.introspection import collated_alike, lacking, read_tables
from seeding.schema.kinds import base_of
from seeding.schema.references import Reference, attributes, column_name, key_fields, objects, references
from seeding.verification.referenced_ranges import FEW, Bounds, CompleteRanges, applying, bounds_in, bounds_of_all
from seeding.verification.results import EXAMPLES, Verdict

PLACE = "place on the page"
"""Of rows whose JSON is read, as a name beside those of the JSON."""
PAGE = 10_000
"""Rows whose JSON is read at once."""
KEYS = 2**63
"""Every key is smaller."""


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Findings on one reference so far."""

    looked_at: int = 0
    broken: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, looked_at: int, orphans: Iterable[Any] = ()) -> None:
        self.looked_at += looked_at
        for key in orphans:
            self.broken += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(str(key))


class Shortcomings(dict[str, tuple[str, ...]]):
    """Table → what it lacks compared with its model."""

    complete: CompleteRanges
    """What has been seen of the tables' keys."""

    def of(self, table: str, reference: Reference) -> tuple[str, ...]:
        """What a reference of the table needs and is missing."""
        needed = {table, reference.target_table, f"{table}.{reference.column}"}
        return tuple(part for part in (*self[table], *self[reference.target_table]) if part in needed)


def shortcomings(using: str, mirrored: Iterable[type[models.Model]]) -> Shortcomings:
    """What the tables of `mirrored`, and those they refer to, lack compared with their models: `lacks` of `verify`."""
    both = {one for model in mirrored for one in (model, *(reference.target for reference in references(model)))}
    there = read_tables(connections[using], {one._meta.db_table for one in both})
    found = Shortcomings(lacking(connections[using], both, there))
    found.complete = CompleteRanges(using, frozenset(name for name, one in there.items() if not one.has_row_key))
    return found


def verify(
    using: str,
    model: type[models.Model],
    keys: KeySet,
    lacks: Shortcomings,
    among: Sequence[Reference] | None = None,
    *,
    identity: RowIdentity | None = None,
    known: Mapping[Reference, Bounds] = MappingProxyType({}),
) -> Iterator[Verdict]:
    """One verdict per reference of `model` (only those in `among`, if given), over its rows with the given keys.

    `lacks` are the `shortcomings` of the tables; a reference that needs something missing is not checked. `identity` finds
    the rows; without it, their numbers are their keys. `known` is what is known of the rows already, all of which one condition
    finds.
    """
    table = model._meta.db_table
    missing = {one: lacks.of(table, one) for one in (references(model) if among is None else among)}
    tallies = {one: _Tally() for one, parts in missing.items() if not parts}
    if tallies and identity is not None and identity.is_of_ledger and _are_most_rows(using, model, keys):
        whole = {one: _Tally() for one in tallies}
        _look_at_rows(every_row(model, using), whole, lacks.complete, {})
        if not any(tally.broken for tally in whole.values()):  # else real rows may be the broken ones
            tallies, keys = whole, NOTHING
    for rows in _parts(using, model, keys, identity) if tallies else ():
        _look_at_rows(rows, tallies, lacks.complete, known)
    for one, parts in missing.items():
        verdict = Verdict(
            rule=f"{table}.{one} leads to {one.target_table}",
            sentence=f"Every {one} names a row of {one.target_table}.",
            table=table,
            missing=parts,
        )
        if not parts:
            found = tallies[one]
            verdict = replace(verdict, looked_at=found.looked_at, broken=found.broken, examples=tuple(found.examples))
        yield verdict


class Verification:
    """Checks every reference of a run's rows, starting while columns are still being derived. Its thread ends with its block.

    `rows` are the keys per model. `derived` columns are checked last. All others are checked at once, in a thread with its own
    connection, if the server allows it; if that fails, `verdicts` checks them again.
    """

    def __init__(
        self,
        using: str,
        rows: Mapping[type[models.Model], KeySet],
        derived: Mapping[type[models.Model], Collection[str]],
        identities: Mapping[str, RowIdentity] = MappingProxyType({}),
    ) -> None:
        self._using = using
        self._rows = rows
        self._derived = derived
        self._identities = identities
        self._lacks = shortcomings(using, rows)
        self._ended = Event()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="verification")
        self._early: Future[list[Verdict]] | None = None

    def __enter__(self) -> Self:
        if features(connections[self._using]).is_concurrent:
            self._early = self._executor.submit(self._look_beside)
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._executor.shutdown()

    def verdicts(self) -> Iterator[Verdict]:
        """The verdict on every reference. Call it when all columns are derived."""
        early = self._early
        yield from self._look(derived=False) if early is None or early.exception() is not None else early.result()
        yield from self._look(derived=True)

    def _look_beside(self) -> list[Verdict]:
        try:
            return list(self._look(derived=False))
        finally:
            connections[self._using].close()

    def _look(self, *, derived: bool) -> Iterator[Verdict]:
        among = {
            model: [one for one in references(model) if (one.column in self._derived.get(model, ())) is derived]
            for model in self._rows
        }
        known = self._look_at_few(among)
        for model, keys in self._rows.items():
            if self._ended.is_set():
                return
            identity = self._identities.get(model._meta.db_table)
            yield from verify(
                self._using, model, keys, self._lacks, among[model], identity=identity, known=known.get(model, {})
            )

    def _look_at_few(
        self, among: Mapping[type[models.Model], Sequence[Reference]]
    ) -> Mapping[type[models.Model], Mapping[Reference, Bounds]]:
        """What columns hold of which few rows were seeded, for all such tables at once; the keys in them are looked at, too."""
        each = [
            (rows, one)
            for model, keys in self._rows.items()
            for parts in ([*_parts(self._using, model, keys, self._identities.get(model._meta.db_table))],)
            for rows in (parts if len(parts) == 1 and len(keys) <= FEW else ())
            for one in among[model]
            if not one.json_key and not self._lacks.of(model._meta.db_table, one)
        ]
        found: dict[type[models.Model], dict[Reference, Bounds]] = defaultdict(dict)
        for (rows, one), bounds in zip(each, bounds_of_all(each), strict=True):
            found[rows.model][one] = bounds
        ranges = [(one.target, bounds.low, bounds.high) for of in found.values() for one, bounds in of.items()]
        self._lacks.complete.look(one for one in ranges if one[1] is not None)
        return found


def _are_most_rows(using: str, model: type[models.Model], keys: KeySet) -> bool:
    """Whether looking at the whole table takes less time than looking for these rows by their keys."""
    return len(keys) > FEW and every_row(model, using).count() <= 2 * len(keys)


def _parts(
    using: str, model: type[models.Model], keys: KeySet, identity: RowIdentity | None
) -> Iterator[models.QuerySet[models.Model]]:
    """The rows with these keys, each part found by one condition."""
    for condition in keys.conditions() if identity is None else identity.conditions(model, keys):
        yield every_row(model, using).filter(condition)


def _look_at_rows(
    rows: models.QuerySet[Any],
    tallies: Mapping[Reference, _Tally],
    complete: CompleteRanges,
    known: Mapping[Reference, Bounds],
) -> None:
    in_columns = {one: tally for one, tally in tallies.items() if not one.json_key}
    if in_columns:
        bounds = known if in_columns.keys() <= known.keys() else bounds_in(rows, in_columns)
        _look_at_columns(rows, in_columns, complete, bounds)
    in_json: dict[str, dict[Reference, _Tally]] = defaultdict(dict)
    for one, tally in tallies.items():
        if one.json_key:
            in_json[one.column][one] = tally
    for column, of_column in in_json.items():
        _look_into_json(rows, column, of_column, complete)


def _look_at_columns(
    rows: models.QuerySet[Any],
    tallies: Mapping[Reference, _Tally],
    complete: CompleteRanges,
    bounds: Mapping[Reference, Bounds],
) -> None:
    named = attributes(rows.model)
    for one, tally in tallies.items():
        found = bounds[one]
        if not found.count or (found.low is not None and complete.has_all(one.target, found.low, found.high)):
            tally.add(found.count)
            continue
        referring = rows.filter(**{f"{named[one.column]}__isnull": False}, **applying(one, named))
        by = "pk" if one.by is None else attributes(one.target)[one.by]
        value = _alike(rows, one, models.OuterRef(named[one.column]))
        there = models.Exists(every_row(one.target, rows.db).filter(**{by: value}))
        tally.add(found.count, referring.filter(~there).values_list("pk", flat=True).iterator())


def _alike(rows: models.QuerySet[Any], reference: Reference, value: models.OuterRef) -> Any:
    """The value of a reference as it compares with the column that it names."""
    key = key_fields(reference.target)[-1]
    if reference.by is None and not isinstance(base_of(key), (models.CharField, models.TextField)):
        return value
    columns = (rows.model._meta.db_table, reference.column), (reference.target_table, reference.by or column_name(key))
    template = collated_alike(connections[rows.db], *columns)
    if template == "{0}":
        return value
    return models.Func(value, template=template.format("%(expressions)s"), output_field=models.TextField())


def _look_into_json(
    rows: models.QuerySet[Any], column: str, tallies: Mapping[Reference, _Tally], complete: CompleteRanges
) -> None:
    named = pl.List(pl.Struct({str(one.json_key): pl.Int64 for one in tallies}))
    # As text: Django would decode each row's JSON separately, in Python.
    texts = rows.order_by("pk").values_list("pk", Cast(attributes(rows.model)[column], models.TextField()))
    last = None
    while page := list((texts if last is None else texts.filter(pk__gt=last))[:PAGE]):
        last = page[-1][0]
        places = [(place, text) for place, (_, text) in enumerate(page)]
        frame = pl.DataFrame(places, schema={PLACE: pl.Int64, "text": pl.String}, orient="row")
        try:
            items = frame.select(PLACE, pl.col("text").str.json_decode(named).alias("items")).explode("items").unnest("items")
        except pl.exceptions.ComputeError:  # something other than lists of objects
            items = _readable(places, sorted({str(one.json_key) for one in tallies}))
        for one, tally in tallies.items():
            keys = items.select(PLACE, key=str(one.json_key)).drop_nulls()
            low, high = keys["key"].min(), keys["key"].max()
            broken = keys.clear()
            if low is not None and not complete.has_all(one.target, low, high):
                wanted = keys["key"].unique().to_list()
                there = every_row(one.target, rows.db).filter(pk__in=wanted).values_list("pk", flat=True)
                broken = keys.filter(~pl.col("key").is_in(list(there)))
            tally.add(len(page), (page[place][0] for place in broken[PLACE].unique(maintain_order=True)))


def _readable(page: Sequence[tuple[int, str]], names: Sequence[str]) -> pl.DataFrame:
    """The keys in the texts that are objects, and in the objects of those that are lists, as `_look_into_json` needs them."""
    found = [(place, item) for place, text in page for item in objects(_decoded(text)) if isinstance(item, dict)]
    rows = [(place, *(_key(item.get(name)) for name in names)) for place, item in found]
    return pl.DataFrame(rows, schema={PLACE: pl.Int64, **dict.fromkeys(names, pl.Int64)}, orient="row")


def _decoded(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


def _key(value: Any) -> int | None:
    return value if type(value) is int and abs(value) < KEYS else None
