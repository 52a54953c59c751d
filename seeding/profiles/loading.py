"""Profiles by name or path, with those that they extend, as they are in an environment, variables put in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seeding.conf.profiles import profile_folders
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import near
from seeding.profiles.documents import READERS, Document, Place, UnreadableError, read, value_at
from seeding.profiles.language import Fault, faults

DEEPEST = 10
"""Profiles in a chain of `extends`."""
VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, order=True, kw_only=True)
class Problem:
    """Something wrong at a line of a profile's file."""

    file: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words}"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A profile as a run follows it: those that it extends and its environment are merged, its variables put in."""

    name: str
    data: Mapping[str, Any]
    origins: Mapping[Place, tuple[Document, Place]] = field(repr=False)
    """Where each value comes from: the document, and the place in it."""
    wrong: tuple[Problem, ...] = ()
    """What is wrong by the language itself; `data` is without it."""

    def problem(self, fault: Fault) -> Problem:
        """The fault, with the file and line of the value or of the nearest one around it."""
        for length in range(len(fault.place), -1, -1):
            if fault.place[:length] in self.origins:
                document, there = self.origins[fault.place[:length]]
                return _problem(document, Fault(place=(*there, *fault.place[length:]), words=fault.words), fault.place)
        return Problem(file=self.name, line=1, words=fault.words)

    def require(self, found: Iterable[Fault] = ()) -> None:
        """Raise ConfigurationError with all that is wrong by the language, and all that was `found`, by file and line."""
        if problems := [*self.wrong, *map(self.problem, found)]:
            raise ConfigurationError(*map(str, sorted(set(problems))))


def load(given: str, *, environment: str) -> Profile:
    """The profile in a file, or of a name in one of the profile folders.

    What is wrong by the language itself is in `Profile.wrong`. Raises ConfigurationError for what cannot be read at all.
    """
    path = _found(given)
    data: dict[str, Any] = {}
    origins: dict[Place, tuple[Document, Place]] = {}
    wrong: list[Problem] = []
    for document in _chain(path):
        found = [fault for fault in faults(document.data) if not _waits(document.data, fault.place)]
        wrong += [_problem(document, fault) for fault in found]
        right = _pruned(document.data, found)
        _merge(data, _without(right, "extends", "environments", "$schema"), (), (document, ()), origins)
        own = right.get("environments", {}).get(environment, {})
        _merge(data, own, (), (document, ("environments", environment)), origins)
    profile = Profile(name=path.name, data=data, origins=origins)
    unknown: list[Fault] = []
    filled = _filled(_without(data, "variables"), data.get("variables", {}), (), unknown)
    unknown += faults(_pruned(filled, unknown))  # what variables have made of it
    wrong += map(profile.problem, unknown)
    return Profile(name=path.name, data=_pruned(filled, unknown), origins=origins, wrong=tuple(wrong))


def names() -> Mapping[str, Path]:
    """The profiles that lie in the folders, and not behind links: name → file."""
    return {
        path.stem: path
        for folder in reversed(profile_folders())
        for path in sorted(folder.iterdir() if folder.is_dir() else ())
        if path.suffix in READERS and path.is_file() and path.resolve().parent == folder.resolve()
    }


def described(environment: str) -> dict[str, str]:
    """The profiles in the folders: name → what it is for, or else what is wrong with it."""
    return {
        name: one.problems[0] if isinstance(one, ConfigurationError) else one.data.get("description", "")
        for name, one in _all(environment).items()
    }


def own_sizes(environment: str) -> dict[str, list[str]]:
    """The profiles in the folders: name → its own sizes."""
    return {
        name: [] if isinstance(one, ConfigurationError) else sorted(one.data.get("sizes", {}))
        for name, one in _all(environment).items()
    }


def _all(environment: str) -> dict[str, Profile | ConfigurationError]:
    found: dict[str, Profile | ConfigurationError] = {}
    for name, path in sorted(names().items()):
        try:
            profile = load(str(path), environment=environment)
            profile.require()
            found[name] = profile
        except ConfigurationError as error:
            found[name] = error
    return found


def _found(given: str) -> Path:
    path = Path(given)
    if path.suffix in READERS and _is_file(path):
        return path
    known = names()
    if given in known and not {"/", "\\"} & set(given):
        return known[given]
    where = "" if known else " SEEDING_PROFILES in the settings names folders."
    hint = near(given, known) if known else "There are no profiles."
    raise ConfigurationError(f"--profile={given}: there is no such file, and no profile of that name. {hint}{where}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or no name at all
        return False


def _chain(path: Path, above: Sequence[Path] = ()) -> Iterator[Document]:
    """The document and those that it extends, which come first."""
    real = path.resolve()
    if real in above:
        raise ConfigurationError(f"{path.name}: it extends itself, by {' → '.join(one.name for one in (*above, real))}.")
    if len(above) >= DEEPEST:
        raise ConfigurationError(f"{path.name}: more than {DEEPEST} profiles extend each other.")
    try:
        document = read(path)
    except UnreadableError as error:
        raise ConfigurationError(f"{path.name}:{error.line}: {error}.") from error
    extended = document.data.get("extends", [])
    for name in [extended] if isinstance(extended, str) else extended if isinstance(extended, list) else []:
        yield from _chain(_beside(document, str(name)), (*above, real))
    yield document


def _beside(document: Document, name: str) -> Path:
    """The profile of a name in the same folder, or in one of the profile folders; nothing else, whatever links there are."""
    folder = document.path.resolve().parent
    found = [path for suffix in READERS if _is_file(path := folder / f"{name}{suffix}")] if name.isprintable() else []
    inside = [path for path in found if path.resolve().parent == folder]
    if inside:
        return inside[0]
    if name in (known := names()):
        return known[name]
    here = {path.stem for path in folder.iterdir() if path.suffix in READERS} - {document.path.stem}
    hint = near(name, {*known, *here}) if known or here else "There is no other."
    line = document.line(("extends",))
    raise ConfigurationError(f"{document.path.name}:{line}: extends: there is no profile {name!r} in its folder. {hint}")


def _merge(
    into: dict[str, Any], data: Mapping[str, Any], place: Place, source: tuple[Document, Place],
    origins: dict[Place, tuple[Document, Place]],
) -> None:  # fmt: skip
    """Put `data`, of a place in a document, over `into`: tables are merged, down to a rule; anything else is replaced."""
    for key, value in data.items():
        where: Place = (*place, key)
        if isinstance(value, Mapping) and isinstance(into.get(key), dict) and not _is_whole(where):
            _merge(into[key], value, where, source, origins)
            continue
        for old in [one for one in origins if one[: len(where)] == where]:
            del origins[old]
        origins[where] = (source[0], (*source[1], *where))
        if isinstance(value, Mapping) and not _is_whole(where):
            into[key] = {}
            _merge(into[key], value, where, source, origins)
        else:
            into[key] = value


def _is_whole(place: Place) -> bool:
    """Whether the value at `place` is one thing, which another one replaces: a rule, a size, a named row's value."""
    match place:
        case ("tables", _, "rows") | ("tables", _, "columns", _) | ("tables", _, "named", _, _) | ("sizes", _):
            return True
    return False


def _filled(value: Any, variables: Mapping[str, Any], place: Place, unknown: list[Fault]) -> Any:
    """`value` with the variables that its texts name."""
    if isinstance(value, Mapping):
        return {key: _filled(one, variables, (*place, key), unknown) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, variables, (*place, number), unknown) for number, one in enumerate(value)]
    if not isinstance(value, str):
        return value
    for name in VARIABLE.findall(value):
        if name not in variables:
            unknown.append(Fault(place=place, words=f"there is no variable {name!r}. {_known(name, variables)}"))
            return value
    if (whole := VARIABLE.fullmatch(value)) is not None:
        return variables[whole[1]]
    return VARIABLE.sub(lambda found: str(variables[found[1]]), value)


def _known(name: str, variables: Mapping[str, Any]) -> str:
    return near(name, variables) if variables else "`variables` is empty."


def _waits(data: Any, place: Place) -> bool:
    """Whether the value at `place` is a text with variables, which are put in later."""
    try:
        value = value_at(data, place)
    except KeyError:
        return False
    return isinstance(value, str) and VARIABLE.search(value) is not None


def _pruned(data: Mapping[str, Any], found: Sequence[Fault]) -> dict[str, Any]:
    """`data` without the values in which something was found, wholly if they are one thing."""
    kept = deepcopy(dict(data))
    for fault in found:
        whole = next((fault.place[:end] for end in range(1, len(fault.place)) if _is_whole(fault.place[:end])), fault.place)
        inside: Any = kept
        for key in whole[:-1]:
            inside = inside[key] if isinstance(inside, dict) and key in inside else None
        if isinstance(inside, dict) and whole:
            inside.pop(whole[-1], None)
    return kept


def _problem(document: Document, fault: Fault, shown: Place | None = None) -> Problem:
    path = _path(fault.place if shown is None else shown)
    return Problem(file=document.path.name, line=document.line(fault.place), words=f"{path}{fault.words}")


def _without(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


def _path(place: Place) -> str:
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place).lstrip(".") + (": " if place else "")
