"""Whose code is running: who has sent a signal, and the innermost receiver in a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from inspect import currentframe
from types import CodeType, FrameType
from typing import Any

from django.dispatch import dispatcher


def sending_code() -> CodeType:
    """The code that has sent the signal whose receiver asks."""
    frame = currentframe()
    for _ in range(3):  # the receiver, `send`, and what called it
        frame = frame and frame.f_back
    assert frame is not None  # a receiver asks
    return frame.f_code


def receiver_in(frames: Iterable[tuple[FrameType, int]], apart_from: object) -> str:
    """The innermost receiver in the frames, which begin with the innermost; empty if there is none.

    Methods of `apart_from` do not count.
    """
    for frame, _ in frames:
        if frame.f_code.co_filename == dispatcher.__file__:
            receiver = frame.f_locals.get("receiver")
            if receiver is not None and getattr(receiver, "__self__", None) is not apart_from:
                return name_of(receiver)
    return ""


def name_of(function: Callable[..., Any]) -> str:
    """The qualified name of a function or of an object that is called; of a partial one, that of its function."""
    while isinstance(function, partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"
