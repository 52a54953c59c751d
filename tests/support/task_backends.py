"""Backends of Django's tasks: one whose tasks nobody takes until a test does, and those that run them inside the request."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any, ClassVar

from seeding.jobs.tasks import FRAMEWORKS


def installed() -> Any:
    """Django's tasks, or their backport."""
    for name in FRAMEWORKS:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise AssertionError("django-tasks is a requirement of the tests")


BACKENDS = f"{installed().__name__}.backends"
Base: Any = import_module(f"{BACKENDS}.base").BaseTaskBackend
Immediate: Any = import_module(f"{BACKENDS}.immediate").ImmediateBackend


class Waiting(Base):  # type: ignore[misc]  # the framework differs from Django to Django
    """Keeps tasks; a test takes them as a worker would."""

    supports_get_result = True
    queued: ClassVar[list[Any]] = []
    status: ClassVar[str] = "READY"
    trouble: ClassVar[Exception | None] = None

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Keep it."""
        if self.trouble is not None:
            raise self.trouble
        self.validate_task(task)
        self.queued.append((task, args))
        return SimpleNamespace(id=f"task-{len(self.queued)}")

    def get_result(self, result_id: str) -> Any:
        """How it is with every task."""
        return SimpleNamespace(status=self.status)


class Inside(Base):  # type: ignore[misc]  # as above
    """Runs tasks inside the request, and is not one of the framework's own that do."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Run it."""
        task.func(*args, **kwargs)
        return SimpleNamespace(id="inside")


class Derived(Immediate):  # type: ignore[misc]  # as above
    """A project's own, which runs tasks inside the request as well."""
