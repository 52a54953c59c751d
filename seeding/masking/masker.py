"""Masking of whole tables: in which mode, which columns, by which strategies, and the audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.conf import settings
from django.utils.module_loading import import_string

from seeding.conf import Environment
from seeding.exceptions import ConfigurationError
from seeding.masking.cipher import Cipher
from seeding.masking.detection import detect_name, detect_within
from seeding.masking.strategies.base import MaskingStrategy, Mode
from seeding.masking.strategies.dates_and_addresses import DateOfBirth, IpAddress
from seeding.masking.strategies.identity_numbers import (
    BankAccount,
    CardNumber,
    Identifier,
    LicenceNumber,
    Phone,
    Postcode,
    SocialSecurityNumber,
    TaxId,
)
from seeding.masking.strategies.invented import City, CompanyName, Email, FreeText, PersonName, StreetAddress
from seeding.telemetry.events import Event, Sink

STRATEGIES: tuple[MaskingStrategy, ...] = (
    Email(), Phone(), PersonName(), CompanyName(), StreetAddress(), City(), Postcode(), DateOfBirth(),
    SocialSecurityNumber(), TaxId(), LicenceNumber(), Identifier(), BankAccount(), CardNumber(), IpAddress(), FreeText(),
)  # fmt: skip
SAMPLE_SHARE = 0.5
"""Share of a column's values that must look like one kind for the column to count as that kind."""


def masking_mode(environment: Environment) -> Mode:
    """Partial in staging, which keeps what makes data useful; full everywhere else."""
    return Mode.PARTIAL if environment is Environment.STAGING else Mode.FULL


def masking_strategies() -> tuple[MaskingStrategy, ...]:
    """The built-in strategies, and the project's own: the classes whose dotted paths SEEDING_MASKING_STRATEGIES lists.

    A project's strategy replaces a built-in one of the same name. Raises ConfigurationError for a path to anything else.
    """
    own = {}
    for path in getattr(settings, "SEEDING_MASKING_STRATEGIES", ()):
        try:
            strategy = import_string(path)()
        except (ImportError, TypeError) as error:
            raise ConfigurationError(f"SEEDING_MASKING_STRATEGIES names {path!r}, which is not a strategy: {error}") from error
        if not isinstance(strategy, MaskingStrategy):
            raise ConfigurationError(f"SEEDING_MASKING_STRATEGIES names {path!r}, which is not a MaskingStrategy.")
        own[strategy.name] = strategy
    return tuple({**{strategy.name: strategy for strategy in STRATEGIES}, **own}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMasking:
    """What was done to one column."""

    column: str
    strategy: str
    count: int
    """Values that were masked: neither null nor blank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMasking:
    """One entry of the masking audit."""

    table: str
    mode: str
    """full, partial; none where authorised production data stayed as it was; synthetic where no data was real."""
    key: str
    """The key's fingerprint; empty where no key was used."""
    fields: tuple[FieldMasking, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the ledger stores them."""
        fields = [{"column": one.column, "strategy": one.strategy, "count": one.count} for one in self.fields]
        return {"table": self.table, "mode": self.mode, "key": self.key, "fields": fields}


class PIIMasker:
    """Masks columns with one key, in one mode."""

    def __init__(self, cipher: Cipher, mode: Mode, strategies: Iterable[MaskingStrategy] = STRATEGIES) -> None:
        self.mode = mode
        self.fingerprint = cipher.fingerprint
        self._cipher = cipher
        self.strategies = {strategy.name: strategy for strategy in strategies}

    def mask_data(
        self, data: pl.DataFrame, fields: Mapping[str, str], widths: Mapping[str, int | None] | None = None
    ) -> pl.DataFrame:
        """`data` with the columns of `fields` (column → strategy) masked, each to fit its width in characters.

        Null and blank values stay as they are. Columns missing from `data` are ignored.
        """
        known = widths or {}
        return data.with_columns(
            self.mask_column(data[column], self.strategies[name], known.get(column)).alias(column)
            for column, name in fields.items()
            if column in data.columns
        )

    def mask_column(self, values: pl.Series, strategy: MaskingStrategy, width: int | None) -> pl.Series:
        """One column: each distinct value is masked once."""
        if values.dtype == pl.Null:
            return values
        if values.dtype != pl.String:
            return self._masked_moments(values, strategy)
        present = maskable(values)
        distinct = values.filter(present).unique(maintain_order=True)
        if not len(distinct):
            return values
        masked = self._masked_texts(distinct, strategy, width)
        if len(distinct) == len(values):
            return masked
        return values.replace(distinct, masked)

    def _masked_texts(self, distinct: pl.Series, strategy: MaskingStrategy, width: int | None) -> pl.Series:
        """Masks that end with as many spaces as their texts: many a collation ignores these."""
        if not distinct.str.ends_with(" ").any():
            return strategy.mask(distinct, self._cipher, self.mode, width)
        texts = distinct.str.strip_chars_end(" ")
        spaces = distinct.str.len_chars() - texts.str.len_chars()
        known = texts.unique(maintain_order=True)
        masked = texts.replace(known, strategy.mask(known, self._cipher, self.mode, width))
        padded = masked + pl.select(pl.lit(" ").repeat_by(spaces).list.join("")).to_series()
        return padded if width is None else padded.str.slice(0, width)

    @staticmethod
    def detect_pii(data: pl.DataFrame) -> dict[str, str]:
        """Column → the kind of personal data it seems to hold, judged by its name or half of its values that are not blank."""
        found = {}
        for column in data.columns:
            kind = detect_name(column)
            if kind is None and data.schema[column] == pl.String and (count := int(maskable(data[column]).sum())):
                shares = {one: int(rows.sum()) / count for one, rows in detect_within(data[column]).items()}
                kind = next((one for one, share in shares.items() if share >= SAMPLE_SHARE), None)
            if kind is not None:
                found[column] = kind
        return found

    @staticmethod
    def log_masking(done: TableMasking, tell: Sink, seeder: str | None = None) -> None:
        """Emit the audit event that lists which fields of a table were masked."""
        fields = ", ".join(f"{one.column} ({one.strategy}, {one.count})" for one in done.fields)
        tell(
            Event(
                operation="mask",
                message=f"{done.table} masked ({done.mode}): {fields}",
                seeder=seeder,
                record_count=sum(one.count for one in done.fields),
                context={"masking": done.as_dict()},
            )
        )

    def _masked_moments(self, values: pl.Series, strategy: MaskingStrategy) -> pl.Series:
        if not isinstance(strategy, DateOfBirth) or values.dtype not in (pl.Date, pl.Datetime):
            raise TypeError(f"{strategy.name} masks text, and {values.name} holds {values.dtype}")
        days = values.cast(pl.Date)
        distinct = days.drop_nulls().unique(maintain_order=True)
        if not len(distinct):
            return values
        masked = days.replace(distinct, strategy.mask_days(distinct, self._cipher, self.mode))
        return values + (masked - days) if isinstance(values.dtype, pl.Datetime) else masked


def maskable(values: pl.Series) -> pl.Series:
    """Which values can be masked: neither null nor blank."""
    if values.dtype != pl.String:
        return values.is_not_null()
    filled = (pl.first().str.strip_chars() != "").fill_null(value=False)
    return values.to_frame().select_seq(filled).to_series()
