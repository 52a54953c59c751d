"""`python -m tests.bench.dependencies`: what the pinned distributions weigh, and how long they take to import.

It measures the environment whose Python runs it, and needs nothing but what it measures: the tables of docs/dependencies.md.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions, packages_distributions
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
FILES = tuple(ROOT / f"requirements{which}.txt" for which in ("", "-mysql", "-postgres", "-dask"))
PACKAGE = ROOT / "seeding"
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==.*\n(?:[ ]+--hash.*\n)*[ ]+# via((?:\n[ ]+#   .+)+| .+)", re.MULTILINE)
TOOLS = {"pip", "setuptools", "wheel"}
"""What every environment brings along."""
MEGABYTE, MEBIBYTE = 10**6, 2**20
FEW = 3
"""So many modules are named, more are counted."""
MARK = "__hello__"
"""A small module of Python's that nobody else imports: what `-X importtime` tells after it is what was asked about."""

SETTINGS = """
import json, os, sys, tempfile
import django
from django.conf import settings
apps = [f"django.contrib.{app}" for app in ("admin", "auth", "contenttypes", "messages", "sessions", "staticfiles")]
database = {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(tempfile.gettempdir(), "database")}
def setup(*more):
    settings.configure(INSTALLED_APPS=[*apps, *more], USE_TZ=True, DATABASES={"default": database},
                       DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
    django.setup()
"""
SETUP = f"{SETTINGS}setup()"
STAGES = """
import importlib, io, pkgutil
from django.core.management import call_command, get_commands, load_command_class
said = {"stdout": io.StringIO(), "stderr": io.StringIO(), "verbosity": 0}
def tell(stage):
    print(json.dumps([stage, sorted({name.partition(".")[0] for name in sys.modules})]))
setup("seeding", "tests.shop")
tell("start-up")
for command in [name for name, app in get_commands().items() if app == "seeding"]:
    load_command_class("seeding", command).create_parser("manage.py", command)
tell("help")
call_command("migrate", run_syncdb=True, **said)
call_command("seed", json=True, **said)
tell("seed")
import seeding
for module in pkgutil.walk_packages(seeding.__path__, "seeding."):
    if not module.name.startswith("seeding.testing."):  # it is for tests
        importlib.import_module(module.name)
tell("a feature")
"""
"""Prints what has been imported after each stage of a process's life; the last one imports every module of the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A distribution of the pinned files."""

    name: str
    via: tuple[str, ...]
    """The distributions that need it; none where the engine itself does."""


def pinned(text: str) -> dict[str, Pinned]:
    """The distributions of a pinned file, by their canonical names."""
    found = {}
    for name, comment in PIN.findall(text):
        via = [one.strip("# ") for one in comment.strip().splitlines()]
        direct = any("(pyproject.toml" in one for one in via)
        found[canonical(name)] = Pinned(name=canonical(name), via=() if direct else tuple(via))
    return found


def canonical(name: str) -> str:
    """The name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def size(distribution: Distribution) -> int:
    """Bytes of all its files, those that pip has compiled included."""
    files = [Path(str(file.locate())) for file in distribution.files or ()]
    return sum(file.stat().st_size for file in files if file.is_file())


def imports() -> Iterator[tuple[str, str]]:
    """Each absolute import of the engine: its own module, and the module that it imports."""
    for path in sorted(PACKAGE.rglob("*.py")):
        own = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((own, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield own, node.module


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A new process of this Python, in the repository, with a folder of its own for what it writes."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("SEEDING_", "DJANGO_", "PYTHON"))}
        logs = {f"SEEDING_{which}_FILE": str(Path(folder) / which) for which in ("LOG", "AUDIT")}
        environment = {**kept, **logs, "TMPDIR": folder, "SEEDING_ENV": "dev"}
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done


def milliseconds(statement: str, repeat: int, after: str = "") -> float:
    """What a statement's imports take in a new process, by `-X importtime`: the median, after one turn for the file cache.

    What `after` has imported before is there already.
    """
    return median([_once(statement, after) for _ in range(repeat + 1)][1:])


def _once(statement: str, after: str) -> float:
    told = run("-X", "importtime", "-c", f"{after}\nimport {MARK}\n{statement}").stderr
    lines = re.findall(r"^import time:\s+(\d+) \|\s+\d+ \| \s*(\S+)", told, re.MULTILINE)
    begun = [name for _, name in lines].index(MARK)
    return sum(int(own) for own, _ in lines[begun + 1 :]) / 1_000


def stages(names: Mapping[str, list[str]]) -> dict[str, str]:
    """Each distribution that the engine imports → the first stage at which it does; `names` tells modules' distributions."""
    first: dict[str, str] = {}
    for line in run("-c", SETTINGS + STAGES).stdout.splitlines():
        stage, loaded = json.loads(line)
        for name in {canonical(name) for module in loaded for name in names.get(module, ())}:
            first.setdefault(name, stage)
    return first


def table(pins: Mapping[str, Pinned], installed: Mapping[str, Distribution], repeat: int) -> Iterator[str]:
    """A line per distribution that is pinned and installed, the largest first."""
    names = packages_distributions()
    modules: dict[str, set[str]] = defaultdict(set)
    users: dict[str, set[str]] = defaultdict(set)
    for own, module in imports():
        for name in names.get(module.partition(".")[0], ()):
            modules[canonical(name)].add(module)
            users[canonical(name)].add(own)
    first = stages(names)
    drivers = {name for name, pin in pins.items() if not pin.via and not users[name]}  # Django imports them
    yield "| distribution | version | MB | import, ms | after Django, ms | imported by | first at |"
    yield "| --- | --- | ---: | ---: | ---: | --- | --- |"
    for name in sorted(pins.keys() & installed.keys(), key=lambda one: -size(installed[one])):
        here, via = installed[name], pins[name].via
        taken, by = ("", ""), ", ".join(via)
        late = "its server" if drivers & {name, *via} else "a feature" if users[name] else "never"
        if name == "django":
            taken, by = (f"{milliseconds(SETUP, repeat):.0f}", ""), _counted(users[name])
        elif not via:
            tops = [module for module, of in names.items() if name in map(canonical, of) and not module.startswith("_")]
            statement = f"import {', '.join(sorted(modules[name] or tops))}"
            alone, later = (milliseconds(statement, repeat, after) for after in ("", SETUP))
            taken, by = (f"{alone:.0f}", f"{later:.0f}"), _counted(users[name])
        cells = (f"`{name}`", here.version, f"{size(here) / MEGABYTE:.1f}", *taken, by, first.get(name, late))
        yield f"| {' | '.join(cells)} |"


def _counted(users: set[str]) -> str:
    return f"{len(users)} modules" if len(users) > FEW else ", ".join(f"`{one}`" for one in sorted(users)) or "Django"


def totals(pins: Mapping[str, Pinned], installed: Mapping[str, Distribution]) -> Iterator[str]:
    """What is installed, with and without what every environment brings along."""
    for words, chosen in (
        ("pinned", pins.keys() & installed.keys()),
        ("installed, but for pip and setuptools", installed.keys() - TOOLS),
        ("installed", installed.keys()),
    ):
        total = sum(size(installed[name]) for name in chosen)
        yield f"- {words}: {len(chosen)} distributions, {total / MEGABYTE:.1f} MB ({total / MEBIBYTE:.1f} MiB)"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.dependencies", description=__doc__)
    parser.add_argument("--repeat", type=int, default=15, help="how often each import is measured (default: 15)")
    repeat: int = parser.parse_args().repeat
    pins = {name: one for file in FILES for name, one in pinned(file.read_text(encoding="utf-8")).items()}
    installed = {canonical(one.name): one for one in distributions()}
    lines = [*table(pins, installed, repeat), "", *totals(pins, installed)]
    for words, statement in (("without", SETUP), ("with", f'{SETTINGS}setup("seeding")')):
        lines.append(f"- django.setup() {words} seeding: {milliseconds(statement, repeat):.0f} ms of imports")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
