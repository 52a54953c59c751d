"""The versions that the project runs on: `make matrix`, or one pair alone with `nox -s "fast(3.13-6.0)"`.

Every session has an environment of its own, with the pinned dependencies and another Django or other drivers. Where a Python
cannot be had its sessions are skipped and named.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))
from tests import debian

DJANGO = {"5.2": "5.2.19", "6.0": "6.0.10", "6.1": "6.1.3"}
OLDEST, NEWEST = ("3.11", "5.2"), ("3.14", "6.1")
PAIRS = [
    (python, django)
    for python in ("3.11", "3.12", "3.13", "3.14")
    for django in DJANGO
    if python != "3.11" or django == "5.2"  # Django 6 needs Python 3.12
]
DRIVERS = {
    "oldest": ("mysqlclient==2.2.1", "psycopg==3.1.20", "psycopg-binary==3.1.20"),
    "others": (),  # PyMySQL and psycopg2, which the pinned files bring
}
REPLACED = ("mysqlclient", "psycopg", "psycopg-binary")
MADE: dict[str, str] = {}
"""The Python of the environment of all drivers, which are exchanged in it, once that is there."""
IS_SHARED = os.environ.get("TESTS") == "share"
SLOWEST = ("safety", "commands", "integration", "terpseed")
FAST = ("--part=fast", *(f"--ignore=tests/{one}" for one in SLOWEST if IS_SHARED))
"""What needs no server; of a share (tests/support/share.py) also without what runs on the oldest pair in the same hour."""
RARELY = ("tests/integration/test_key_allocation.py", "tests/integration/test_interruption.py", "tests/commands/test_seed.py")
"""Of what speaks to a server, what depends least on the driver: left out of a share, for its time."""
LENGTHY = "not lost_at_a_commit and not in_a_rollback"
OF_DRIVERS = (
    "tests/integration/test_writers.py", "tests/integration/test_locks.py", "tests/faults/test_connections.py",
    *(() if IS_SHARED else RARELY), "-k", f"(mariadb or postgresql) and {LENGTHY}" if IS_SHARED else "mariadb or postgresql",
)  # fmt: skip
PYTEST = ("--numprocesses=auto", "--dist=worksteal", "-p", "no:cacheprovider")

nox.options.sessions = ["whole", "fast", "drivers"]


@nox.session(venv_backend="none")
@nox.parametrize(("python", "django"), [OLDEST, NEWEST], ids=["-".join(OLDEST), "-".join(NEWEST)])
def whole(session: nox.Session, python: str, django: str) -> None:
    """The whole suite, at the two ends."""
    session.run(environment(session, python, django), "-m", "pytest", *PYTEST, *session.posargs, external=True)


@nox.session(venv_backend="none")
@nox.parametrize(("python", "django"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def fast(session: nox.Session, python: str, django: str) -> None:
    """The tests that need no server, on every pair."""
    session.run(environment(session, python, django), "-m", "pytest", *PYTEST, *FAST, *session.posargs, external=True)


@nox.session(venv_backend="none")
@nox.parametrize("drivers", list(DRIVERS), ids=list(DRIVERS))
def drivers(session: nox.Session, drivers: str) -> None:
    """What speaks to a server, through the oldest drivers that are taken, and through the others."""
    python = MADE.get("drivers") or environment(session, *OLDEST, name="drivers")
    MADE["drivers"] = python
    session.run(python, "-m", "pip", "uninstall", "--quiet", "--yes", *REPLACED, external=True)
    if DRIVERS[drivers]:
        session.run(python, "-m", "pip", "install", "--quiet", "--no-deps", *DRIVERS[drivers], external=True)
    session.run(python, "-m", "pytest", *PYTEST, *OF_DRIVERS, *session.posargs, external=True, env={"TESTS": "all"})


def environment(session: nox.Session, version: str, django: str, *, name: str = "") -> str:
    """The Python of an environment with the pinned dependencies and this Django; skips the session where Python is missing."""
    base = interpreter(version)
    if not base:
        advice = f"; on Debian, `python3 -m tests.debian python{version}` fetches it" if version == debian.VERSION else ""
        session.skip(f"NOT TESTED: there is no Python {version}{advice}")
    folder = Path(".nox") / (name or f"{version}-{django}")
    python = str(folder / "bin" / "python")
    session.run(base, "-m", "venv", "--clear", str(folder), external=True, silent=True)
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    headers = {"CFLAGS": f"-I{debian.headers()}"} if base.startswith(str(debian.PYTHON.folder)) else {}
    session.run(*pip, "--require-hashes", "-r", "requirements-dev.txt", external=True, env=headers)
    session.run(*pip, f"Django=={DJANGO[django]}", external=True)
    session.run(python, "-m", "pip", "check", external=True, silent=True)
    return python


def interpreter(version: str) -> str:
    """A Python of this version: the one that runs nox, pyenv's, the system's, or the unpacked one; empty if there is none."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(pyenv.glob(f"{version}.*/bin/python{version}"))
    if found:
        return str(found[-1])
    if version == debian.VERSION:
        return debian.python()
    return shutil.which(f"python{version}") or ""
