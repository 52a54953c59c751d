"""The standard streams of a process."""

from __future__ import annotations

import os
import sys
from io import StringIO
from pathlib import Path

import pytest

from seeding.telemetry.streams import discard, open_closed


def test_a_stream_that_was_closed_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = StringIO()
    for name, stream in (("stdin", None), ("stdout", kept), ("stderr", None)):
        monkeypatch.setattr(sys, name, stream)

    open_closed()

    with sys.stdin as stdin, sys.stderr as stderr:
        assert (stdin.name, stdin.read(), stderr.name, stderr.write("words")) == (os.devnull, "", os.devnull, 5)
    assert sys.stdout is kept


def test_what_nobody_reads_goes_nowhere_and_the_stream_stays() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        stream.write("still to be written")
        discard(stream)
        stream.flush()

        assert (stream.fileno(), os.fstat(writing).st_rdev) == (writing, Path(os.devnull).stat().st_rdev)


@pytest.mark.parametrize("stream", [None, StringIO()], ids=["none", "no descriptor"])
def test_what_has_no_descriptor_is_left_alone(stream: StringIO | None) -> None:
    discard(stream)

    assert stream is None or stream.write("words") == 5
