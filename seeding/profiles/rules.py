"""From what a profile says about a column to the rule that makes its values: checked against the column, in one spelling."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from seeding.generation.registry import near
from seeding.generation.rows import Rows
from seeding.generation.value_rules.distributions import RANKS
from seeding.generation.value_rules.evaluation import valued
from seeding.generation.value_rules.profile_rules import LOCALE
from seeding.generation.value_rules.texts import (
    MAILBOXES,
    PROVIDERS,
    TELEPHONES,
    has_provider,
    locales,
    parts_of,
    possible,
)
from seeding.generation.value_rules.value_types import DAYS, ValueType
from seeding.profiles.documents import Place
from seeding.profiles.shares import RuleError, normalized, share_of, weight_of
from seeding.profiles.wording import has_share, kind_of, wanted_of, without_share
from seeding.schema.kinds import Kind
from seeding.schema.rules.column_values import column_rules
from seeding.schema.tables import ColumnSchema

DIGITS, FARTHEST = 18, 2**62
"""The most digits, and the largest number, that a sequence comes to."""
SAMPLE = 1_000
"""Rows whose values are compared with what the column takes."""
RULED = (Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.JSON, Kind.TIME,
         Kind.UUID, Kind.ADDRESS)  # fmt: skip
"""Kinds of which a profile has values."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "normal": ("mean", "deviation"),
    "lognormal": ("median", "sigma"),
    "exponential": ("mean",),
    "uniform": ("min", "max"),
    "zipf": ("exponent", "max"),
    "quantiles": ("quantiles",),
}
"""What each distribution is told."""
MAY = {"normal": ("min", "max"), "lognormal": ("min", "max"), "exponential": ("min", "max"), "zipf": ("min",)}
OF_TEXTS = ("pattern", "length", "fake")
VALUES = ("value", "choices", "mix", "range", "distribution", "sequence", *OF_TEXTS)
"""Rules that give values by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRules:
    """Reads the rules of one column."""

    column: ColumnSchema
    as_of: date
    locale: str = LOCALE
    distinct: bool = False
    """Whether no two rows may have the same value."""
    required: bool = False
    rows: int = SAMPLE
    """How many rows there are to be."""
    choices: Collection[Any] = ()
    """The values that the model's field offers; empty if it offers none."""

    @property
    def type(self) -> ValueType:
        """The type of the values."""
        scale = self.column.scale if self.column.scale is not None else 2
        return ValueType(kind=self.column.kind, scale=scale if self.column.kind is Kind.DECIMAL else 0)

    def rule(self, said: Any) -> dict[str, Any]:
        """The rule in its one spelling, with the type of its values; raises RuleError for one that the column cannot have."""
        if self.column.kind not in RULED:
            raise RuleError(
                f"a profile has no values of {self.column.name}'s type, {self.column.type_name or self.column.kind}."
            )
        try:
            made = {**self._spelled(said), "as": str(self.type)}
            self._try(made)
        except (ValueError, ArithmeticError, IndexError, MemoryError) as error:
            raise RuleError(f"no values can be made of this: {error}.") from None
        return made

    def literal(self, text: str) -> Any:
        """A value that is spelled as a key, which is a text; raises RuleError for one that the column never has."""
        return self._key(text)

    def _spelled(self, said: Any) -> dict[str, Any]:
        said = {"value": said} if not isinstance(said, (dict, list)) else {"choices": said} if isinstance(said, list) else said
        key = next((one for one in VALUES if one in said), "")
        if not key:
            raise RuleError(f"{next(iter(said))} gives no values of its own here: use one of {', '.join(VALUES)}.")
        if self.distinct and key not in ("sequence", "pattern"):
            raise RuleError(f"{self.column.name} is unique, and {key} gives some rows the same value: use sequence or pattern.")
        kinds = {"range": "numbers and dates", "distribution": "numbers and dates"}
        if key in kinds and not self.type.is_number:
            raise RuleError(f"{key} is for {kinds[key]}, and {self.column.name} holds {kind_of(self.column)}.", (key,))
        if key in OF_TEXTS and self.column.kind is not Kind.TEXT:
            raise RuleError(f"{key} is for texts, and {self.column.name} holds {kind_of(self.column)}.", (key,))
        made: dict[str, Any] = getattr(self, f"_{key}")(said)
        return {**made, **self._nulls(said)}

    def _nulls(self, said: Mapping[str, Any]) -> dict[str, Any]:
        if "nulls" not in said or not (share := share_of(said["nulls"], ("nulls",))):
            return {}
        if self.required or not self.column.nullable:
            raise RuleError(f"{self.column.name} must have a value in every row.", ("nulls",))
        return {"nulls": str(share)}

    def _value(self, said: Mapping[str, Any]) -> dict[str, Any]:
        return {"value": self._literal(said["value"], ("value",))}

    def _choices(self, said: Mapping[str, Any]) -> dict[str, Any]:
        told = said["choices"]
        if isinstance(told, dict) and "weights" in said:
            raise RuleError("the weights stand in choices already.", ("weights",))
        if isinstance(told, dict):
            values, weights = [self._key(one) for one in told], [weight_of(one, ("choices", key)) for key, one in told.items()]
        else:
            values = [self._literal(one, ("choices", place)) for place, one in enumerate(told)]
            weights = [weight_of(one, ("weights", at)) for at, one in enumerate(said.get("weights", [1] * len(values)))]
        if len(weights) != len(values):
            raise RuleError(f"there are {len(values)} choices and {len(weights)} weights.", ("weights",))
        return {"choices": values, "weights": normalized(weights, ("weights",) if "weights" in said else ("choices",))}

    def _mix(self, said: Mapping[str, Any]) -> dict[str, Any]:
        parts = said["mix"]
        shares = [
            share_of(one["share"], ("mix", place, "share")) if has_share(one) else None for place, one in enumerate(parts)
        ]
        rest, open_ = 1 - sum((one for one in shares if one is not None), Fraction(0)), shares.count(None)
        if rest < 0:
            raise RuleError(f"the shares come to {float(1 - rest):.4g}, which is more than 1.", ("mix",))
        if rest and not open_:
            raise RuleError(
                f"the shares come to {float(1 - rest):.4g}: give one rule no share, so that it gets the rest.", ("mix",)
            )
        weights = [rest / open_ if one is None else one for one in shares]
        made = []
        for place, (one, share) in enumerate(zip(parts, normalized(weights, ("mix",)), strict=True)):
            try:
                made.append({**self._spelled(without_share(one)), "share": share})
            except RuleError as error:
                raise RuleError(str(error), ("mix", place, *error.place)) from None
        return {"mix": made}

    def _range(self, said: Mapping[str, Any]) -> dict[str, Any]:
        low, high = (self._bound(one, ("range", place)) for place, one in enumerate(said["range"]))
        if self.type.number(low, self.as_of) > self.type.number(high, self.as_of):
            raise RuleError(f"{low} is more than {high}.", ("range",))
        return {"range": [low, high]}

    def _distribution(self, said: Mapping[str, Any]) -> dict[str, Any]:
        name = said["distribution"]
        told = {key: one for key, one in said.items() if key not in ("distribution", "nulls", "share")}
        if missing := [key for key in NEEDS[name] if key not in told]:
            raise RuleError(f"{name} needs {' and '.join(missing)}.", ("distribution",))
        known = (*NEEDS[name], *MAY.get(name, ()))
        for key in told:
            if key not in known:
                raise RuleError(f"{name} has no {key}. {near(key, known)}", (key,))
        made: dict[str, Any] = {"distribution": name}
        for key, one in told.items():
            made[key] = self._quantiles(one) if key == "quantiles" else self._parameter(key, one)
        if made.get("min", -np.inf) > made.get("max", np.inf):
            raise RuleError(f"min, {told['min']}, is more than max, {told['max']}.", ("min",))
        if name == "zipf" and not 0 <= made["max"] - made.get("min", 1) < RANKS:
            raise RuleError(f"zipf has from 1 to {RANKS:,} ranks, from min (usually 1) to max.", ("max",))
        return made

    def _parameter(self, key: str, one: Any) -> float:
        is_bound = key in ("min", "max", "mean")
        return self.type.number(self._bound(one, (key,)), self.as_of) if is_bound else float(one)

    def _quantiles(self, pairs: Sequence[Sequence[Any]]) -> list[list[float]]:
        made = [
            [float(share), self.type.number(self._bound(value, ("quantiles", place, 1)), self.as_of)]
            for place, (share, value) in enumerate(pairs)
        ]
        shares, values = ([one[side] for one in made] for side in (0, 1))
        if shares != sorted(shares) or values != sorted(values) or (shares[0], shares[-1]) != (0, 1):
            raise RuleError("quantiles rise, and lead from 0 to 1.", ("quantiles",))
        return made

    def _sequence(self, said: Mapping[str, Any]) -> dict[str, Any]:
        told = said["sequence"]
        if self.column.kind not in (Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT):
            raise RuleError(
                f"sequence is for numbers and texts, and {self.column.name} holds {kind_of(self.column)}.", ("sequence",)
            )
        if self.column.kind is not Kind.TEXT and (extra := sorted({"prefix", "digits"} & told.keys())):
            raise RuleError(f"{extra[0]} is for texts.", ("sequence", extra[0]))
        return {"sequence": dict(told), "capacity": self._places(told)}

    def _places(self, told: Mapping[str, Any]) -> int:
        """How many rows a sequence has values for."""
        start, step = told.get("start", 1), told.get("step", 1)
        if self.column.kind is Kind.TEXT:
            room = min(DIGITS, (self.column.length or 10_000) - len(told.get("prefix", "")))
            low, high = 0, 10 ** max(room, 0) - 1
        else:
            low, high = (int(one) if isinstance(one, (int, Decimal)) else edge for one, edge in
                         ((self.column.low, -FARTHEST), (self.column.high, FARTHEST)))  # fmt: skip
            low, high = max(low, -FARTHEST), min(high, FARTHEST)
        if not low <= start <= high:
            raise RuleError(f"{self.column.name} does not take {start}.", ("sequence", "start"))
        return int((high - start if step > 0 else start - low) // abs(step) + 1)

    def _pattern(self, said: Mapping[str, Any]) -> dict[str, Any]:
        try:
            parts_of(said["pattern"])
        except ValueError as error:
            raise RuleError(f"{error}.", ("pattern",)) from None
        if not self.distinct:
            return {"pattern": said["pattern"]}
        if (most := possible(said["pattern"])) < self.rows:
            raise RuleError(
                f"{self.column.name} is unique, and this pattern has {most:,} texts for {self.rows:,} rows.", ("pattern",)
            )
        return {"pattern": said["pattern"], "distinct": True, "capacity": most}

    def _length(self, said: Mapping[str, Any]) -> dict[str, Any]:
        least, most = said["length"] if isinstance(said["length"], list) else (said["length"], said["length"])
        if least > most:
            raise RuleError(f"{least} is more than {most}.", ("length",))
        return {"length": [least, most]}

    def _fake(self, said: Mapping[str, Any]) -> dict[str, Any]:
        provider, locale = said["fake"], said.get("locale")
        if locale is not None and locale not in locales():
            raise RuleError(f"Faker has no locale {locale!r}. {near(locale, locales())}", ("locale",))
        if provider not in PROVIDERS:
            words = "a profile has no provider of that name, or its values may be somebody's"
            raise RuleError(f"{provider!r}: {words}. {near(provider, PROVIDERS)}", ("fake",))
        if provider not in (*MAILBOXES, *TELEPHONES) and not has_provider(provider, locale or self.locale):
            raise RuleError(f"Faker has no {provider} in {locale or self.locale}.", ("fake",))
        return {"fake": provider, **({"locale": locale} if locale else {})}

    def _literal(self, value: Any, place: Place) -> Any:
        """A value that the column takes, as it is recorded."""
        if self.column.kind is Kind.TEXT and not isinstance(value, str):
            raise RuleError(f"{value!r} is not a text, which {self.column.name} holds: put it in quotes.", place)
        try:
            self.type.literals([value], self.as_of)
        except (ValueError, TypeError, OverflowError):
            raise RuleError(f"{value!r} is not {kind_of(self.column)}, which {self.column.name} holds.", place) from None
        if self.choices and value not in self.choices:
            words = f"{value!r} is none of the choices of {self.column.name}. {near(str(value), map(str, self.choices))}"
            raise RuleError(words, place)
        return value

    def _key(self, text: str) -> Any:
        """A value that is spelled as a key, which is a text."""
        try:
            if self.column.kind in (Kind.INTEGER, Kind.FLOAT):
                return self._literal(int(text) if self.column.kind is Kind.INTEGER else float(text), ("choices", text))
            if self.column.kind is Kind.BOOLEAN:
                return {"true": True, "false": False}[text.lower()]
        except (ValueError, KeyError):
            raise RuleError(
                f"{text!r} is not {kind_of(self.column)}, which {self.column.name} holds.", ("choices", text)
            ) from None
        return self._literal(text, ("choices", text))

    def _bound(self, value: Any, place: Place) -> Any:
        if isinstance(value, str) and self.column.kind not in DAYS:
            raise RuleError(f"{value!r} is not a number.", place)
        try:
            self.type.number(value, self.as_of)
        except (ValueError, TypeError):
            raise RuleError(f"{value!r} is neither a date nor a number of days.", place) from None
        return value

    def _try(self, made: Mapping[str, Any]) -> None:
        """Generate some rows and compare them with what the column takes; raises RuleError if it does not."""
        index = np.unique(np.concatenate((np.arange(SAMPLE), np.linspace(0, max(self.rows - 1, 0), 50).astype(np.int64))))
        index = index[index < max(self.rows, 1)]
        rows = Rows(seed=0, table="profile", as_of=self.as_of, index=index)
        values = valued(rows, self.column.name, made, self.type, index).alias(self.column.name)
        if self.type.kind in DAYS and not values.dt.year().fill_null(1).is_between(1, 9999).all():
            raise RuleError(f"{self.column.name} would hold days before year 1 or after year 9999.")
        for issue, wanted, broken in column_rules(self.column, values):
            if broken.any():
                shown = str(values.filter(broken.fill_null(value=False)).head(1).to_list()[0] if issue != "null" else "nothing")
                raise RuleError(f"{self.column.name} takes {wanted_of(wanted)}, and not {shown[:40]!r} ({issue}).")
