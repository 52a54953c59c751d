"""LOAD DATA LOCAL INFILE, as far as no server is needed: who reads the pipe, and what the warnings mean."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connections

from seeding.writing.load_data import LoadDataWriter, _piped
from tests.support.databases import Database
from tests.unit.locks.fakes import Session
from tests.unit.writing.tables import Numbered, numbered

LARGE = b"x" * 1_000_000
"""More than a pipe holds."""


class Server(Session):
    """Reads the file that it is told to load, says that it has loaded so many rows, and gives its answers."""

    def __init__(self, rowcount: int, *answers: Any) -> None:
        super().__init__(answers)
        self.rowcount = rowcount
        self.loaded = b""

    def execute(self, sql: str, parameters: Any = None) -> None:
        super().execute(sql, parameters)
        if found := re.match(r"LOAD DATA LOCAL INFILE '([^']+)'", sql):
            self.loaded = Path(found[1]).read_bytes()

    def fetchall(self) -> list[Any]:
        return [row for row in self._rows if row is not None]


def load(monkeypatch: pytest.MonkeyPatch, database: Database, server: Server) -> None:
    monkeypatch.setattr(connections[database.alias], "cursor", server.cursor)
    LoadDataWriter().write(database.alias, Numbered, numbered("abc"))


def test_the_rows_are_read_from_a_pipe(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(3, (0,))

    load(monkeypatch, shop, server)

    assert server.loaded == b'1,"a"\n2,"b"\n3,"c"\n'
    statement = server.told[0][0]
    assert 'INTO TABLE "numbered"' in statement
    assert statement.endswith('("id", "name")')
    assert [sql for sql, _ in server.told[1:]] == ["SHOW COUNT(*) WARNINGS"]


@pytest.mark.parametrize(
    ("code", "error"),
    [(1062, IntegrityError), (1048, IntegrityError), (4025, IntegrityError), (1265, DataError), (1264, DataError)],
)
@pytest.mark.parametrize("rows", [3, 2], ids=["all loaded", "one left out"])
def test_a_warning_is_the_error_that_an_insert_would_have_raised(
    shop: Database, monkeypatch: pytest.MonkeyPatch, rows: int, code: int, error: type[Exception]
) -> None:
    server = Server(rows, (1,), ("Warning", code, "its words"))

    with pytest.raises(error) as raised:
        load(monkeypatch, shop, server)

    assert raised.value.args == (code, "its words")


@pytest.mark.parametrize(
    ("rows", "warnings", "words"),
    [
        (2, 0, "2 of 3 rows were loaded, with 0 warnings that the server does not show"),
        (3, 4, "3 of 3 rows were loaded, with 4 warnings that the server does not show"),
    ],
)
def test_a_difference_that_the_server_does_not_explain_is_an_error(
    shop: Database, monkeypatch: pytest.MonkeyPatch, rows: int, warnings: int, words: str
) -> None:
    with pytest.raises(DataError) as raised:
        load(monkeypatch, shop, Server(rows, (warnings,), None))

    assert raised.value.args == (0, words)


REMARK = ("Note", 4038, "Syntax error in JSON text in argument 1 to function 'json_valid' at position 1")


def test_what_a_function_says_of_a_text_is_no_warning_about_the_row(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch, shop, Server(3, (2,), REMARK, REMARK))


@pytest.mark.parametrize(("rows", "warnings"), [(3, 3), (2, 2)], ids=["one more that is not shown", "a row left out"])
def test_remarks_explain_no_difference(shop: Database, monkeypatch: pytest.MonkeyPatch, rows: int, warnings: int) -> None:
    with pytest.raises(DataError):
        load(monkeypatch, shop, Server(rows, (warnings,), REMARK, REMARK))


def through_a_pipe(texts: Iterable[bytes]) -> bytes:
    with _piped(texts) as path:
        return Path(path).read_bytes()


@pytest.mark.parametrize("texts", [[], [b""], [b"a", b"b"], [LARGE, b"end"]], ids=["nothing", "empty", "short", "long"])
def test_everything_comes_through_the_pipe(texts: list[bytes]) -> None:
    assert through_a_pipe(texts) == b"".join(texts)


def test_the_pipe_is_ours_alone_and_gone_afterwards() -> None:
    with _piped([b"a"]) as path:
        assert Path(path).is_fifo()
        assert Path(path).stat().st_mode & 0o077 == 0
        Path(path).read_bytes()

    assert not Path(path).parent.exists()


def test_a_row_that_cannot_be_made_is_an_error_at_the_end() -> None:
    def texts() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        through_a_pipe(texts())


@pytest.mark.parametrize("texts", [[b"a"], [LARGE] * 3], ids=["short", "long"])
def test_a_failure_before_anybody_reads_lets_the_feeder_end(texts: list[bytes]) -> None:
    before = threading.active_count()

    with pytest.raises(ZeroDivisionError), _piped(texts):
        raise ZeroDivisionError

    assert threading.active_count() <= before


def test_a_reader_that_stops_half_way_lets_the_feeder_end() -> None:
    before = threading.active_count()

    def read_some() -> None:
        with _piped([LARGE] * 3) as path, Path(path).open("rb", buffering=0) as pipe:
            pipe.read(10)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_some()

    assert threading.active_count() <= before
