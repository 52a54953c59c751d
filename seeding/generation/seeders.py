"""What a seeder is: one class per table (per source, where a table has several), a pure function from rows to columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl
from django.db import models

from seeding.exceptions import MisdeclaredSeederError
from seeding.generation.own_tables import own_table
from seeding.generation.rows import Rows
from seeding.schema.references import counts_keys
from seeding.schema.results import ValidationError

if TYPE_CHECKING:
    from seeding.generation.datasets import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCount:
    """How many rows each size has. `--scale` multiplies them, unless `scales` is False."""

    small: int
    medium: int
    large: int
    scales: bool = True

    @classmethod
    def fixed(cls, count: int) -> RecordCount:
        """The same number at every size and scale: reference data."""
        return cls(small=count, medium=count, large=count, scales=False)

    def at(self, size: str, scale: int = 1) -> int:
        """Rows at `size` (a key of `SIZES`), `scale` times."""
        count: int = getattr(self, size)
        return count * scale if self.scales else count


@dataclass(frozen=True, slots=True, kw_only=True)
class SeederConfig:
    """What the engine must know about a seeder before it generates anything."""

    model: type[models.Model]
    record_count: RecordCount
    dependencies: tuple[str, ...] = ()
    """Tables that must be seeded first: those that the generated columns refer to. If a table has several sources, the name of
    the intended seeder."""
    companions: tuple[str, ...] = ()
    """Seeders (class names) without whose rows this one's make no sense; they are seeded and rolled back together. With its own
    name, its rows that refer to each other are: a converted quote and its sale."""
    kept_with: tuple[str, ...] = ()
    """Seeders (class names) whose rows need this one's: where a rollback keeps a row of theirs, it also keeps the rows of this
    one that refer to it. The journal and the payments of an invoice, for example, without which the books would not balance."""
    group: str = ""
    """A name for `--table` that stands for several tables."""
    pii_fields: Mapping[str, str] = field(default_factory=dict)
    """Column → masking strategy, for every column that holds personal data."""
    not_pii: tuple[str, ...] = ()
    """The other columns of text and JSON: reviewed, and without personal data. Numbers, dates, members of an enumeration and
    references need no entry, unless their names sound personal."""
    masking: str = "synthetic"
    """How personal data is kept out of the rows: `synthetic` for generated rows; for real ones the masking mode, or `none`."""
    masking_key: str = ""
    """The fingerprint of the key that masked the rows."""
    any_parent: tuple[str, ...] = ()
    """Reference columns for which any parent row will do if the intended one was rejected: who packed an order, for example.
    Otherwise the children of a rejected parent are left out."""
    postponed: tuple[str, ...] = ()
    """Reference columns that are filled once all rows of all tables exist, because they form a cycle."""
    natural_key: tuple[str, ...] = ()
    """Columns by which a person identifies a row. Set on reference data: a matching real row is adopted, not duplicated."""
    refers: Mapping[str, type[models.Model]] = field(default_factory=dict)
    """Column that holds keys of any table (of a GenericForeignKey) → the model whose rows this seeder refers to by it. For the
    primary key: the table counts its own keys, but each row has the key of the row it refers to, free in both tables."""
    files: tuple[str, ...] = ()
    """Columns of files in a local storage that the engine writes after the rows and deletes with them. They are called
    `seeded/<table>/<column>/<row index>`, and `.png` or `.txt`, as drafts have it."""
    keep_modified: bool = False
    """Whether a modified row stays when the seeder is rolled back, requested or not: a counter that the application has
    advanced."""
    adjustable: tuple[str, ...] = ()
    """Columns whose values a profile may give instead: no other column, no other table and no invariant follows from them."""
    signals: bool = False
    """Whether rows are saved one by one, as the application would, so that its receivers run. What those create is recorded,
    and rolled back with the rows; what they change or delete besides rolls the batch back."""
    production: bool = False
    """Whether the rows may go to a production database: reference data only."""
    accounts: bool = False
    """Whether the rows are accounts that can log in. A production run creates none, not even from a source of real data: it
    refers to existing ones."""
    version: int = 1
    """Increment it when the seeder generates different rows than before."""
    capacity: int | None = None
    """The most rows it can generate, if uniqueness or vocabulary sets a limit."""

    def __post_init__(self) -> None:
        if isinstance(self.model, type) and issubclass(self.model, models.Model):
            object.__setattr__(self, "model", own_table(self.model))

    @property
    def table_name(self) -> str:
        """The database table."""
        return self.model._meta.db_table

    @property
    def key_target(self) -> type[models.Model] | None:
        """The model whose rows' keys the rows have; None if they have their own."""
        assert self.model._meta.pk is not None
        return self.refers.get(self.model._meta.pk.column or "")

    @property
    def is_real(self) -> bool:
        """Whether the rows are real data, which no message may quote."""
        return self.masking != "synthetic"


Condition = models.Q | models.Exists | None
"""Which rows; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """Columns that depend on other seeders' rows, computed in the database once those exist.

    The update is set-based, covers seeded rows only, and must be idempotent: it runs at the end of every run.
    """

    values: Mapping[str, Any]
    """Fields of the seeder's model → expressions over its row."""
    reads: tuple[str, ...]
    """The tables it reads: their derivations come first, and the update is skipped if one of them is missing."""
    where: Condition = None
    """Which rows are updated; the others keep the generated value."""
    foreseen: bool = False
    """Whether generated rows already hold its result for empty tables in `reads`: while they are empty, it is skipped."""
    touches: tuple[str, ...] = ()
    """Timestamp fields that the database would set by itself; they keep their values."""


_tolerated: ContextVar[bool] = ContextVar("tolerated", default=False)


@contextmanager
def misdeclared_seeders_tolerated() -> Iterator[None]:
    """Within the block, a misdeclared seeder does not keep its module from being imported: the error is its `misdeclared`."""
    token = _tolerated.set(True)
    try:
        yield
    finally:
        _tolerated.reset(token)


class BaseSeeder(ABC):
    """One table's rows.

    A subclass sets `config` and implements `generate_data`; it sees row indexes and nothing else: no connection, no clock,
    no environment. Columns have the database's names. A column that refers to another table holds that table's *row
    indexes* (null for none); the engine turns them into primary keys. Keys that the server counts, and UUIDs, are assigned by
    the engine; any other key is generated, each value once.
    """

    config: ClassVar[SeederConfig]
    misdeclared: ClassVar[MisdeclaredSeederError | None] = None
    """Why the seeder cannot be used, where its module is imported all the same."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        try:
            cls._check_declaration()
        except Exception as error:  # noqa: BLE001 - external code, as a class: see misdeclared
            wrong = error if isinstance(error, MisdeclaredSeederError) else None
            wrong = wrong or MisdeclaredSeederError(f"{cls.__name__}.config cannot be read: {type(error).__name__}: {error}")
            if not _tolerated.get():
                raise wrong from (None if wrong is error else error)
            cls.misdeclared = wrong
        else:
            cls.misdeclared = None

    @classmethod
    def _check_declaration(cls) -> None:
        """Raise MisdeclaredSeederError if the config cannot be right."""
        config = getattr(cls, "config", None)
        if config is None:
            return  # an abstract helper between BaseSeeder and the seeders
        _check_types(cls.__name__, config)
        columns = {column.column for column in config.model._meta.concrete_fields}
        for name in (
            *config.pii_fields,
            *config.not_pii,
            *config.natural_key,
            *config.any_parent,
            *config.refers,
            *config.files,
            *config.adjustable,
        ):
            if name not in columns:
                raise MisdeclaredSeederError(
                    f"{cls.__name__} names the column {name!r}, which {config.model.__name__} lacks. "
                    f"Columns are named as in the table {config.table_name}."
                )
        if config.key_target is not None and not (counts_keys(config.model) and counts_keys(config.key_target)):
            raise MisdeclaredSeederError(
                f"{cls.__name__} lets rows of {config.table_name} have keys of {config.key_target._meta.db_table}, but not "
                "both models have an AutoField. Declare a OneToOneField instead."
            )
        if fixed := sorted({*config.natural_key, *config.refers, *config.files} & set(config.adjustable)):
            raise MisdeclaredSeederError(f"{cls.__name__} lets a profile change {fixed[0]}, by which its rows are found.")
        if both := sorted(config.pii_fields.keys() & set(config.not_pii)):
            raise MisdeclaredSeederError(
                f"{cls.__name__} says of {', '.join(both)} that it is personal and that it is not: keep one of the two."
            )

    @property
    def name(self) -> str:
        """The class name, used in the ledger and the logs."""
        return type(self).__name__

    @abstractmethod
    def generate_data(self, rows: Rows) -> pl.DataFrame:
        """The columns of `rows`, one row per index, in the order of the index.

        Any exception here is a generation failure of this seeder and those that depend on it, and of no other.
        """

    def natural_keys(self, rows: Rows) -> pl.DataFrame:
        """The columns of the natural key, as `generate_data` makes them: real rows are looked up by it."""
        return self.generate_data(rows).select(self.config.natural_key)

    def faults(self, index: Any) -> Sequence[ValidationError]:
        """What is wrong with the rows generated last, at `index`, regardless of their values: usually nothing.

        One error per fault and row; `row` is the position in `index`.
        """
        return ()

    def origin(self, index: int) -> str:
        """Where the row comes from, for messages; empty if it is only a function of its index."""
        return ""

    def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
        """The columns that depend on other seeders' rows, in the order to compute them. None unless overridden."""
        return ()

    def derived_data(self, rows: Rows) -> pl.DataFrame:
        """Columns of `derivations`, as those compute them once every row of the tables that they read is there.

        A run that makes all those rows generates the columns instead of updating them afterwards. No column unless overridden;
        where rows are left out by a derivation's `where`, the value is the one that `generate_data` gives.
        """
        return pl.DataFrame()

    @property
    def foresees(self) -> bool:
        """Whether the seeder has `derived_data`."""
        return type(self).derived_data is not BaseSeeder.derived_data

    def validate_data(self, data: pl.DataFrame) -> Sequence[ValidationError]:
        """Business rules beyond the schema: one error per broken rule and row. None unless overridden."""
        return ()


class ExistingRows(BaseSeeder):
    """Refers to real rows, found by their natural key, and inserts none: it generates the columns of that key alone."""


def _check_types(seeder: str, config: Any) -> None:
    """Raise MisdeclaredSeederError if the config holds something else than it says."""
    if not isinstance(config, SeederConfig):
        raise MisdeclaredSeederError(f"{seeder}.config is not a SeederConfig. Write: config = SeederConfig(…)")
    if not (isinstance(config.model, type) and issubclass(config.model, models.Model)):
        raise MisdeclaredSeederError(f"{seeder}.config.model is not a model. Write: model=TheModel, not its name.")
    if not isinstance(config.record_count, RecordCount):
        raise MisdeclaredSeederError(f"{seeder}.config.record_count is not a RecordCount, such as RecordCount.fixed(3)")
    for name in ("dependencies", "companions", "kept_with", "not_pii", "any_parent", "postponed", "natural_key", "adjustable"):
        if isinstance(value := getattr(config, name), str):
            raise MisdeclaredSeederError(f"{seeder}.config.{name} is a text, not names. Write: {name}=({value!r},)")
    for named in (config.model._meta.db_table, *(column.column for column in config.model._meta.concrete_fields)):
        if named and "%" in named:
            raise MisdeclaredSeederError(
                f"{seeder}: the name {named!r} in {config.model.__name__} has a percent sign, which Django's queries take for "
                "a placeholder. Rename it, or leave the seeder out."
            )


RowRule = Callable[[BaseSeeder, "pl.DataFrame"], Sequence[ValidationError]]
"""A project's own rule for the rows of any seeder, with references resolved: one error per broken rule and row."""
