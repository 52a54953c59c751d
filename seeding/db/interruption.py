"""What a signal asks for, whatever becomes of its exception on the way: native code that calls Python makes a panic of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from seeding.exceptions import Terminated

SIGNALS: Mapping[int, type[BaseException]] = {signal.SIGTERM: Terminated, signal.SIGINT: KeyboardInterrupt}

_told: list[type[BaseException]] = []
_held: list[None] = []
"""Not empty in an `undisturbed` block."""


@contextmanager
def terminable() -> Iterator[None]:
    """Turn signals into their exceptions for a block, where they can be handled (the main thread) and are not ignored."""

    def stop(number: int, _frame: FrameType | None) -> None:
        _told.append(SIGNALS[number])
        if not _held or len(_told) > 1:
            raise SIGNALS[number]

    try:
        heeded = [number for number in SIGNALS if signal.getsignal(number) not in {signal.SIG_IGN, None}]
        before = {number: signal.signal(number, stop) for number in heeded}
    except ValueError:
        yield
        return
    try:
        yield
    except BaseException as error:
        meant = interruption(error)
        if meant is not error:
            raise meant from error
        raise
    finally:
        _told.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a signal wait for the end of a block; a second one does not wait.

    A driver that is interrupted while it sends rows may wrap the signal's exception, or leave half a packet on the line and
    wait for an answer that never comes.
    """
    _held.append(None)
    try:
        yield
    finally:
        _held.pop()
    if _told and not _held:
        raise _told[0]


def interruption(error: BaseException) -> BaseException:
    """The error, or what a signal has raised before it in a `terminable` block."""
    return _told[0]() if _told and not isinstance(error, tuple(SIGNALS.values())) else error
