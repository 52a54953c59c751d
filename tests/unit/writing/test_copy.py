"""COPY, as far as no server is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BufferedReader
from typing import Any

import pytest
from django.db import connections

from seeding.writing import encoding
from seeding.writing.copy import CopyWriter, _copy, _Stream
from tests.support.databases import Database
from tests.unit.locks.fakes import Session
from tests.unit.writing.tables import Numbered, numbered

STATEMENT = 'COPY "numbered" ("id", "name") FROM STDIN WITH (FORMAT csv, NULL \'NULL\')'


class Psycopg(Session):
    """A cursor as psycopg has it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def copy(self, statement: str) -> AbstractContextManager[Psycopg]:
        self.told.append((statement, None))
        return nullcontext(self)

    def write(self, text: bytes) -> None:
        self.written.append(text)


class Psycopg2(Session):
    """A cursor as psycopg2 has it, which hides what its file raises; it may refuse a row after it has read some."""

    def __init__(self, refusal: Exception | None = None) -> None:
        super().__init__()
        self.written = b""
        self._refusal = refusal

    def copy_expert(self, statement: str, file: Any, size: int) -> None:
        self.told.append((statement, None))
        try:
            while text := file.read(size):
                self.written += text
        except OSError as error:
            raise RuntimeError(f"error in .read() call: {error}") from None
        if self._refusal is not None:
            raise self._refusal


def copied(monkeypatch: pytest.MonkeyPatch, database: Database, session: Session) -> None:
    monkeypatch.setattr(encoding, "ROWS_PER_PIECE", 2)
    monkeypatch.setattr(connections[database.alias], "cursor", session.cursor)
    CopyWriter().write(database.alias, Numbered, numbered("abc"))


def test_psycopg_is_given_piece_after_piece(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Psycopg()

    copied(monkeypatch, shop, session)

    assert session.told == [(STATEMENT, None)]
    assert session.written == [b'1,"a"\n2,"b"\n', b'3,"c"\n']


def test_psycopg2_reads_the_pieces_as_one_file(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Psycopg2()

    copied(monkeypatch, shop, session)

    assert session.told == [(STATEMENT, None)]
    assert session.written == b'1,"a"\n2,"b"\n3,"c"\n'


def test_what_the_server_says_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError, match="the server's"):
        _copy(Psycopg2(ZeroDivisionError("the server's")), STATEMENT, _Stream(iter([b"a"])))


def test_what_keeps_rows_from_being_made_is_raised_and_not_the_drivers_words() -> None:
    def texts() -> Iterator[bytes]:
        yield b"a"
        raise ZeroDivisionError("the row's")

    session = Psycopg2()

    with pytest.raises(ZeroDivisionError, match="the row's"):
        _copy(session, STATEMENT, _Stream(texts()))

    assert session.written == b"a"


def test_a_stream_is_its_texts_one_after_the_other() -> None:
    texts = [b"abc", b"", b"defgh", b"i"]

    assert _Stream(iter(texts)).read() == b"abcdefghi"
    assert BufferedReader(_Stream(iter(texts)), 2).read() == b"abcdefghi"
    assert _Stream(iter([])).read(5) == b""


def test_a_read_gives_what_there_is_and_never_more_than_was_asked_for() -> None:
    stream = _Stream(iter([b"abc", b"defgh"]))

    assert [stream.read(size) for size in (2, 2, 4, 1, 9, 9)] == [b"ab", b"c", b"defg", b"h", b"", b""]
