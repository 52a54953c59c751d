"""Files of profiles as plain values, with the line of each: TOML, YAML and JSON, of a bounded size, without code."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

LARGEST = 256 * 1024
"""Bytes of a profile."""
TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp"))
"""Of YAML's values."""
DEEPEST = 20
"""Levels of a profile."""
Place = tuple[str | int, ...]
"""Keys and positions that lead to a value."""


class UnreadableError(Exception):
    """A file is no profile; the text says why, and `line` where."""

    def __init__(self, words: str, line: int = 1) -> None:
        super().__init__(words)
        self.line = line


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file that was read."""

    path: Path
    text: str
    data: Mapping[str, Any]

    def line(self, place: Place) -> int:
        """The line at which the value at `place` begins, or else the nearest one around it."""
        for length in range(len(place), 0, -1):
            if (found := self._lines(place[:length])) is not None:
                return found
        return 1

    @cached_property
    def _lines(self) -> Callable[[Place], int | None]:
        if self.path.suffix == ".toml":
            return _lines_of_toml(self.text)
        return _composed(self.text.replace("\t", " ") if self.path.suffix == ".json" else self.text)[1].get


def read(path: Path) -> Document:
    """The document in a file; raises UnreadableError unless it is one of a profile's kinds, small enough, and of one table."""
    if path.suffix not in READERS:
        raise UnreadableError(f"a profile is a file of {', '.join(READERS)}")
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableError(f"it is larger than {LARGEST // 1024} KiB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise UnreadableError(f"it cannot be read: {error}") from error
    data = READERS[path.suffix](text)
    if not isinstance(data, dict):
        raise UnreadableError("it is not a table of names and values")
    return Document(path=path, text=text, data=_plain(data))


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # a number of too many digits is one
        raise UnreadableError(str(error), _line_in(str(error))) from error
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None


def _json(text: str) -> Any:
    try:
        data = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise UnreadableError(error.msg, error.lineno) from error
    except ValueError as error:
        raise UnreadableError(str(error)) from error
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    _composed(text.replace("\t", " "))  # for keys that are there twice
    return data


def _yaml(text: str) -> Any:
    return _composed(text)[0]


READERS: Mapping[str, Callable[[str], Any]] = {".toml": _toml, ".yaml": _yaml, ".yml": _yaml, ".json": _json}
"""Suffix of a file → what reads its text."""


class _Loader(yaml.SafeLoader):
    """YAML's safe loader with the plain words of version 1.2: `no` and `on` are texts."""


_BOOLEAN = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != _BOOLEAN] for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def _composed(text: str) -> tuple[Any, dict[Place, int]]:
    """The values of a YAML document (or of JSON, which is YAML), and the line of each place."""
    lines: dict[Place, int] = {}
    loader = _Loader(text)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                words = "it has an alias (*name): say it again, or use a variable"
                raise UnreadableError(words, (event.start_mark.line if event.start_mark else 0) + 1)
        node = loader.get_single_node()
        return (None if node is None else _value(loader, node, (), lines)), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(error.problem or str(error), mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise UnreadableError(str(error)) from error
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    finally:
        loader.dispose()


def _value(loader: _Loader, node: Any, place: Place, lines: dict[Place, int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if node.tag not in TAGS:
        raise UnreadableError(f"the tag {node.tag} means nothing in a profile", line)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag not in TAGS:
                raise UnreadableError("a key is not a word", key_node.start_mark.line + 1)
            key = key_node.value
            if key in found:
                raise UnreadableError(f"{key} is there twice", key_node.start_mark.line + 1)
            lines[*place, key] = key_node.start_mark.line + 1
            found[key] = _value(loader, value_node, (*place, key), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, one, (*place, number), lines) for number, one in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"{node.value!r} is not what it looks like: {error}", line) from error


def _lines_of_toml(text: str) -> Callable[[Place], int | None]:
    """Where a value begins: behind the longest part of the text that is a document without it."""
    lines = text.splitlines(keepends=True)

    @cache
    def parsed(count: int) -> Any:
        try:
            return tomllib.loads("".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            return None

    def whole(count: int) -> int:
        return next(one for one in range(count, -1, -1) if parsed(one) is not None)

    def line(place: Place) -> int | None:
        without, including = 0, len(lines)
        if not _holds(parsed(including), place):
            return None
        while including - without > 1:
            middle = (without + including) // 2
            if _holds(parsed(whole(middle)), place):
                including = whole(middle)
            else:
                without = middle
        return whole(without) + 1

    return line


def value_at(data: Any, place: Place) -> Any:
    """The value at a place of plain values; raises KeyError if there is none."""
    for key in place:
        of_list = isinstance(data, list) and isinstance(key, int) and key < len(data)
        if not of_list and not (isinstance(data, dict) and key in data):
            raise KeyError(key)
        data = data[key]
    return data


def _holds(data: Any, place: Place) -> bool:
    try:
        value_at(data, place)
    except KeyError:
        return False
    return True


def _plain(value: Any, depth: int = 0) -> Any:
    """Dates as texts, as JSON has them."""
    if depth > DEEPEST:
        raise UnreadableError("it is nested too deeply")
    if isinstance(value, dict):
        return {str(key): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, depth + 1) for one in value]
    return value.isoformat() if isinstance(value, (date, datetime)) or hasattr(value, "isoformat") else value


def _line_in(words: str) -> int:
    """The line that tomllib names in its message."""
    _, _, rest = words.partition("(at line ")
    number = rest.partition(",")[0]
    return int(number) if number.isdigit() else 1


def _no_number(word: str) -> Any:
    raise UnreadableError(f"{word} is not a number")
