"""The pytest plugin: the marker `seeded`, and the fixtures `seeded_db`, `seeded_session` and `seeded_options`.

Pytest imports it in every project that has this distribution installed. It imports nothing of Django, pytest-django or the
rest of `seeding` until a test is collected that asks for a seeded database.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seeding.testing.databases import SeededDatabase, SeededDatabases
    from seeding.testing.datasets import WantedDataset

MARKER = (
    "seeded(size=None, tables=None, profile=None, …): run the test in a transaction on a database that is seeded so; "
    "the options are fields of SeedConfig"
)
FIXTURES = frozenset({"seeded_db", "seeded_session"})
OPENING = "_seeded_opening"
"""The fixture that has the alias lead to the seeded database, before pytest-django begins the test's transaction."""
COMMITTING = frozenset({"transactional_db", "live_server", "django_db_reset_sequences"})
"""Fixtures with which a test commits, and pytest-django empties its database afterwards."""
SAID = "seeding_said"
"""The key under which an xdist worker sends what it has to say."""
_said: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)
    config.stash[_said] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Have pytest-django set up the databases of seeded tests, and open the seeded ones before it begins a transaction."""
    wanted = [item for item in items if _is_seeded(item)]
    if wanted and not hasattr(config.option, "reuse_db"):
        raise pytest.UsageError(f"{wanted[0].nodeid} asks for a seeded database, which needs pytest-django: install it.")
    for item in wanted:
        _prepare(item)
    if wanted or "seeding.testing.cases" in sys.modules:
        _begin(config)
    return (yield)


def _is_seeded(item: pytest.Item) -> bool:
    return item.get_closest_marker("seeded") is not None or not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def _prepare(item: pytest.Item) -> None:
    """Have the item opened by our fixture, before those of its scope, and by pytest-django."""
    marker = item.get_closest_marker("seeded")
    if item.get_closest_marker("django_db") is None:
        alias = marker.kwargs.get("database") if marker is not None else None
        item.add_marker(pytest.mark.django_db(databases=[alias]) if alias else pytest.mark.django_db)
    names: list[str] = getattr(item, "fixturenames", [])
    if OPENING in names:
        names.remove(OPENING)
    known = item._fixtureinfo.name2fixturedefs if hasattr(item, "_fixtureinfo") else {}  # noqa: SLF001 - has no public twin
    own = (place for place, name in enumerate(names) if name in known and known[name][-1].scope == "function")
    names.insert(next(own, len(names)), OPENING)


def _begin(config: pytest.Config) -> SeededDatabases:
    from seeding.testing.databases import begin
    from seeding.testing.templates import Session

    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    keeps = bool(config.getoption("reuse_db", default=False)) and not config.getoption("create_db", default=False)
    run = worker.get("testrunuid") or uuid.uuid4().hex
    return begin(Session(run=run, worker=worker.get("workerid", ""), keeps=keeps))


@pytest.fixture(scope="session")
def seeded_options() -> Mapping[str, Any]:
    """The options of every seeded dataset, to which a marker adds its own; override it in a `conftest.py`."""
    return {}


@pytest.fixture
def _seeded_opening(request: pytest.FixtureRequest) -> Iterator[SeededDatabase | None]:
    if not _is_seeded(request.node):
        yield None
        return
    from seeding.exceptions import SeedingError
    from seeding.testing.databases import current

    options = request.getfixturevalue("seeded_options")
    request.getfixturevalue("django_db_setup")
    unblocked = request.getfixturevalue("django_db_blocker").unblock
    with ExitStack() as stack:
        try:
            wanted, read_only = _wanted(request, options)
            with unblocked():
                opened = stack.enter_context(current().using(wanted, read_only=read_only))
        except SeedingError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        yield opened
        with unblocked():
            stack.close()
            if _commits(request):
                current().spoil(wanted)


def _wanted(request: pytest.FixtureRequest, common: Mapping[str, Any]) -> tuple[WantedDataset, bool]:
    """The dataset that the test asks for, and whether it only reads; raises ConfigurationError if it cannot have it."""
    from django.test import SimpleTestCase

    from seeding.exceptions import ConfigurationError
    from seeding.testing.datasets import WantedDataset

    if request.cls is not None and issubclass(request.cls, SimpleTestCase):
        raise ConfigurationError("Django's test cases take no marker `seeded`: derive the class from SeededMixin and TestCase.")
    marker = request.node.get_closest_marker("seeded")
    if marker is not None and marker.args:
        raise ConfigurationError(f"The marker `seeded` takes its options by name, as seeded(size={marker.args[0]!r}).")
    wanted = WantedDataset.of({**common, **(marker.kwargs if marker is not None else {})})
    if "seeded_session" not in request.fixturenames:
        return wanted, False
    if wanted != WantedDataset.of(common):
        raise ConfigurationError("`seeded_session` is of the dataset of `seeded_options`, and the marker asks for another one.")
    only_reads = marker is None and "seeded_db" not in request.fixturenames
    if only_reads and _commits(request):
        raise ConfigurationError("A test with `seeded_session` only reads: one that commits takes `seeded_db`.")
    return wanted, only_reads


def _commits(request: pytest.FixtureRequest) -> bool:
    """Whether pytest-django gives the test no transaction, and empties the database after it."""
    marker = request.node.get_closest_marker("django_db")
    given = (*marker.args[:2], marker.kwargs.get("transaction"), marker.kwargs.get("reset_sequences")) if marker else ()
    return any(given) or not COMMITTING.isdisjoint(request.fixturenames)


@pytest.fixture
def seeded_db(_seeded_opening: SeededDatabase | None, db: None) -> SeededDatabase:  # noqa: ARG001 - pytest-django's transaction
    """The seeded database of the test, in a transaction that is rolled back after it."""
    if _seeded_opening is None:
        pytest.fail("`seeded_db` is asked for too late: name it among the test's arguments, or mark the test.", pytrace=False)
    return _seeded_opening


@pytest.fixture(scope="session")
def seeded_session(request: pytest.FixtureRequest, seeded_options: Mapping[str, Any]) -> SeededDatabase:
    """The database of `seeded_options`, for tests and fixtures that only read: the server refuses their writes."""
    from seeding.exceptions import SeedingError
    from seeding.testing.databases import current
    from seeding.testing.datasets import WantedDataset

    request.getfixturevalue("django_db_setup")
    unblocked = request.getfixturevalue("django_db_blocker").unblock
    try:
        with unblocked(), current().using(WantedDataset.of(seeded_options)) as opened:
            return replace(opened, unblocked=unblocked)
    except SeedingError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Drop the databases of this process."""
    opened = sys.modules["seeding.testing.databases"].active() if "seeding.testing.databases" in sys.modules else None
    if opened is None:
        return
    from pytest_django.plugin import blocking_manager_key

    config, said = session.config, opened.said()
    if hasattr(config, "workeroutput"):
        config.workeroutput[SAID] = said
    config.stash[_said].extend(said)
    with config.stash[blocking_manager_key].unblock():
        opened.close()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what an xdist worker has to say."""
    node.config.stash[_said].extend(getattr(node, "workeroutput", {}).get(SAID, ()))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what became of the templates of an earlier run."""
    said = config.stash[_said]
    for words in dict.fromkeys(said):
        terminalreporter.write_line(f"seeded database {words}")
