"""Times, sizes and values as people read them, and how wide a console is."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from seeding.console.layout import PLAIN_WIDTH, console, moment, names, say, short, size_of, span_of, table_for


class Terminal(StringIO):
    """A stream that says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0.0 s"),
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (60, "0:01:00"),
        (3599.6, "1:00:00"),
        (86_400, "1 day, 0:00:00"),
    ],
)
def test_a_span_is_told_in_seconds_up_to_a_minute(seconds: float, told: str) -> None:
    assert span_of(seconds) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (1_000_000, "1.0 MB"),
        (1_234_567_890, "1.2 GB"),
        (5_000 * 10**9, "5,000.0 GB"),
    ],
)
def test_a_size_has_the_unit_that_suits_it(count: int, told: str) -> None:
    assert size_of(count) == told


def test_a_value_is_cut_where_it_is_longer_than_a_cell() -> None:
    assert short("x" * 60) == "x" * 60
    assert short("x" * 61) == "x" * 57 + "..."
    assert short(None) == "None"


def test_a_moment_is_told_to_the_minute() -> None:
    assert moment(datetime(2026, 3, 2, 9, 5, 59, tzinfo=UTC)) == "2026-03-02 09:05"


def test_where_there_is_no_terminal_a_line_is_not_wrapped() -> None:
    stream = StringIO()
    out = console(stream, plain=False)

    say(out, "[red]" + "word " * 60 + "[/]")

    assert (out.width, out.is_terminal) == (PLAIN_WIDTH, False)
    assert stream.getvalue() == "word " * 60 + "\n"


def test_on_a_terminal_a_line_is_wrapped() -> None:
    stream = StringIO()

    say(Console(file=stream, width=40, force_terminal=True, color_system=None), "word " * 20)

    assert len(stream.getvalue().splitlines()) == 3


@pytest.mark.parametrize(
    ("plain", "forced", "escapes"), [(False, True, True), (True, True, False), (False, False, False), (True, False, False)]
)
def test_colour_is_forced_anywhere_and_plain_nowhere(
    monkeypatch: pytest.MonkeyPatch, *, plain: bool, forced: bool, escapes: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = StringIO()

    console(stream, plain=plain, forced=forced).print("[red]word[/]")

    assert ("\x1b[31m" in stream.getvalue()) is escapes


def test_a_terminal_says_itself_how_wide_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "77")

    assert console(Terminal(), plain=True).width == 77
    assert console(StringIO(), plain=True).width == PLAIN_WIDTH


@pytest.mark.parametrize(
    ("width", "headings"), [(110, ["table", "seeder", "rows", "state"]), (109, ["table", "rows", "state"])]
)
def test_seeders_are_named_where_there_is_room(width: int, headings: list[str]) -> None:
    out = Console(file=StringIO(), width=width)

    table = table_for(out, ("table", "seeder"), ("rows",), ("state",))

    assert [column.header for column in table.columns] == headings
    assert [column.justify for column in table.columns] == ["right" if one == "rows" else "left" for one in headings]
    assert len(names(out, "lots", "LotSeeder")) == len(headings) - 2
