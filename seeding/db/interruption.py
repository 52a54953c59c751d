"""The exception that a signal raised, even if it was replaced since: native code that calls Python turns it into a panic."""

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
    """Turn signals into their exceptions for a block, if they can be handled (in the main thread) and are not ignored."""

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
    """Delay a signal until the end of a block; a second one is not delayed.

    A driver interrupted while it sends rows can wrap the signal's exception, or leave half a packet on the line and wait for
    an answer that never comes.
    """
    _held.append(None)
    try:
        yield
    finally:
        _held.pop()
    if _told and not _held:
        raise _told[0]


def interruption(error: BaseException) -> BaseException:
    """The error, or the exception that a signal raised before it in a `terminable` block."""
    return _told[0]() if _told and not isinstance(error, tuple(SIGNALS.values())) else error
