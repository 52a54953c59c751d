"""What a profile may say: profile.schema.json, which editors read as well, and what is wrong with a document by it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from seeding.generation.registry import near
from seeding.profiles.documents import Place

RULES = ("value", "choices", "mix", "range", "distribution", "sequence", "pattern", "length", "fake", "nulls",
         "choose", "row", "after", "before", "equal", "lookup")  # fmt: skip
"""Keys of which a rule has one; `nulls` may stand beside others."""
KINDS = {"object": "a table", "array": "a list", "string": "a text", "number": "a number", "integer": "a whole number",
         "boolean": "true or false", "null": "nothing"}  # fmt: skip
"""JSON's types, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong in a profile."""

    place: Place
    words: str


@cache
def schema_text() -> str:
    """The JSON Schema of a profile."""
    return (files("seeding.profiles") / "profile.schema.json").read_text(encoding="utf-8")


def faults(data: Mapping[str, Any]) -> list[Fault]:
    """Everything in a document that is not as a profile may be, in the order of the document."""
    validator = _validator()
    strange = [*_infinite(data, ())]
    if strange:  # nothing can be compared with them
        return strange
    found = [fault for error in validator.iter_errors(data) for fault in _told(validator, error)]
    return list(dict.fromkeys(found))


def _infinite(value: Any, place: Place) -> Iterator[Fault]:
    """Numbers that are none, or have no end."""
    if isinstance(value, float) and not math.isfinite(value):
        yield Fault(place=place, words=f"{value} is not a number that a value can have.")
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _infinite(one, (*place, key))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text()))


def _told(validator: Draft202012Validator, error: ValidationError, before: Place = ()) -> Iterator[Fault]:
    """The faults that an error of the schema means; of alternatives, those of the one that was meant."""
    place: Place = (*before, *error.absolute_path)
    if error.validator == "anyOf":
        branch, words = _meant(error)
        if branch is None:
            yield Fault(place=place, words=words)
            return
        within = list(validator.evolve(schema=branch).iter_errors(error.instance))
        for one in within:
            yield from _told(validator, one, place)
        return
    for name, known in _unknown(error):
        yield Fault(place=(*place, name), words=f"{name} means nothing here. {near(name, known)}")
    if error.validator != "additionalProperties":
        yield Fault(place=place, words=_words(error))


def _meant(error: ValidationError) -> tuple[Mapping[str, Any] | None, str]:
    """The alternative that a value was meant to be, else what is wrong with it."""
    instance = error.instance
    branches = [_resolved(one) for one in cast("Any", error.validator_value)]
    if isinstance(instance, dict) and any("nulls" in one.get("required", ()) for one in branches):
        named = [key for key in RULES if key in instance]
        named = [key for key in named if key != "nulls"] or named
        if len(named) > 1:
            return None, f"{' and '.join(named)} exclude each other: a rule has one of them."
        if not named:
            word = next(iter(instance), "")
            return None, f"this is no rule. {near(word, RULES) if word else 'It is empty.'}"
        return next(one for one in branches if named[0] in one.get("required", ())), ""
    fitting = [one for one in branches if _is_of(instance, one.get("type"))]
    if len(fitting) == 1:
        return fitting[0], ""
    kinds = dict.fromkeys(kind for one in branches for kind in _listed(one.get("type")))
    return None, f"{_shown(instance)} is not {' or '.join(KINDS[kind] for kind in kinds)}."


def _resolved(branch: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in branch:
        return branch
    found: Mapping[str, Any] = json.loads(schema_text())
    for name in branch["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return {**found, **{key: value for key, value in branch.items() if key != "$ref"}}


def _unknown(error: ValidationError) -> Iterator[tuple[str, list[str]]]:
    """Keys that the schema has not, and those that it has."""
    instance, schema = cast("Any", error.instance), cast("Any", error.schema)
    known = list(schema.get("properties", {}))
    if error.validator == "additionalProperties":
        yield from ((name, known) for name in instance if name not in known)


def _words(error: ValidationError) -> str:
    shown, wanted = _shown(error.instance), cast("Any", error.validator_value)
    instance = cast("Any", error.instance)
    told: Mapping[str, Callable[[], str]] = {
        "type": lambda: f"{shown} is not {' or '.join(KINDS[one] for one in _listed(wanted))}.",
        "required": lambda: f"{' and '.join(name for name in wanted if name not in instance)} is missing.",
        "enum": lambda: f"{shown} is none of {', '.join(map(str, wanted))}. {near(str(instance), map(str, wanted))}",
        "minimum": lambda: f"{shown} is too small: give at least {wanted}.",
        "exclusiveMinimum": lambda: f"{shown} is too small: give more than {wanted}.",
        "maximum": lambda: f"{shown} is too large: give at most {wanted:,}.",
        "minItems": lambda: f"there must be at least {wanted}.",
        "minProperties": lambda: f"there must be at least {wanted}.",
        "maxItems": lambda: f"there may be at most {wanted}.",
        "maxProperties": lambda: f"there may be at most {wanted}.",
        "pattern": lambda: f"{shown} is not spelled like {'a share' if '/' in wanted else 'a name: letters, digits, - and _'}.",
    }
    return told.get(str(error.validator), lambda: f"{error.message}.")()


def _is_of(instance: Any, kinds: Any) -> bool:
    found = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}.get(type(instance))
    wanted = _listed(kinds)
    return found in wanted or (found == "integer" and "number" in wanted)


def _listed(kinds: Any) -> list[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds or ())


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
