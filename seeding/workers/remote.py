"""What a run calls in a Dask worker. Nothing is imported here that needs Django to be set up, or a project to be there."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeding.telemetry.events import Event
    from seeding.workers.worker import Worker

SAME = "Install there what is installed here, and start it again."


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is made by whoever reads its pickle.

    The scheduler does not read it, and so needs neither this package nor the project.
    """

    function: Callable[..., bytes]
    arguments: tuple[Any, ...]

    def __reduce__(self) -> tuple[Callable[..., bytes], tuple[Any, ...]]:
        return self.function, self.arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a call, in values that another process can read."""

    value: Any
    """An exception that was raised is a value, too."""
    events: tuple[Event, ...]


_workers: dict[str, Worker] = {}
"""Token of a run → what does its tasks in this process; of the last run only."""
_told: list[Event] = []
"""What was told since the last answer. A worker does one thing at a time."""


def prepare(code: Mapping[str, str], settings: str, order: bytes) -> bytes:
    """Become a worker of a run, or say why not; `code` is what the run's versions are, but for those of seeders."""
    return _answered(lambda: _prepare(code, settings, order))


def do(run: str, task: bytes) -> bytes:
    """Do a task of a run that this process was prepared for; the answer is None if it was not, because it is another by now."""
    return _answered(lambda: _workers[run].do(pickle.loads(task)) if run in _workers else None)  # noqa: S301 - from the run


def leave(run: str) -> bytes:
    """Forget a run, and close what it has opened."""
    return _answered(lambda: _leave(run))


def _answered(work: Callable[[], object]) -> bytes:
    from seeding.workers.serving import carried

    try:
        value = work()
    except Exception as error:  # noqa: BLE001 - the run's first process decides
        value = carried(error)
    answer = Answer(value=value, events=tuple(_told))
    _told.clear()
    return pickle.dumps(answer)


def _prepare(code: Mapping[str, str], settings: str, order: bytes) -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connections

    from seeding.db.drivers import missing_driver
    from seeding.exceptions import ConfigurationError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise ConfigurationError(missing_driver(error) or str(error)) from error
    except ImportError as error:
        words = f"It cannot import the project of {os.environ['DJANGO_SETTINGS_MODULE']}: {error}."
        raise ConfigurationError(f"{words} Start it where the project is, with PYTHONPATH.") from error
    from seeding.workers.serving import portable
    from seeding.workers.versions import Versions, code_versions
    from seeding.workers.worker import Worker

    if differing := Versions(held=code).differing(Versions(held=code_versions())):
        raise ConfigurationError(f"It has other code than the run: {'; '.join(differing)}. {SAME}")
    _workers.clear()
    connections.close_all()  # nothing of another run's session
    read = pickle.loads(order)  # noqa: S301 - from the run
    _workers[read.run_token] = Worker(read, lambda told: _told.append(portable(told)))


def _leave(run: str) -> None:
    from django.db import connections

    if _workers.pop(run, None) is not None:
        connections.close_all()
