"""An application that inserts rows, one by one, while a database is seeded; it knows which of them were acknowledged."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Connect = Callable[[], Any]
"""A new connection of a driver, which commits by itself."""
RATE = 20
"""Rows a second."""


@dataclass(slots=True, kw_only=True)
class Application:
    """Inserts clients, whose codes begin with `tag`. Between two of them it runs `noise`, if there is some."""

    connect: Connect
    tag: str
    noise: tuple[str, ...] = ()
    acknowledged: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def codes(self) -> set[str]:
        """Those of its rows that are there."""
        connection = self.connect()
        cursor = connection.cursor()
        cursor.execute(f"SELECT teri_code FROM clients WHERE teri_code LIKE '{self.tag}-%'")  # noqa: S608 - ours
        found = {code for (code,) in cursor.fetchall()}
        connection.close()
        return found

    def work(self) -> None:
        """Insert until it is told to stop."""
        connection, begun = self.connect(), time.monotonic()
        chance = random.Random(self.tag)
        number = 0
        while not self._stop.wait(max(0.0, begun + number / RATE - time.monotonic())):
            number += 1
            code = f"{self.tag}-{number}"
            try:
                cursor = connection.cursor()
                if self.noise:
                    cursor.execute(chance.choice(self.noise))
                cursor.execute("INSERT INTO clients (teri_code, name) VALUES (%s, 'real')", [code])
                self.acknowledged.add(code)
            except Exception as error:  # noqa: BLE001 - whatever a driver raises
                self.errors.append(f"{code}: {error}")
        connection.close()

    def stop(self) -> None:
        """Tell it to stop."""
        self._stop.set()


@contextmanager
def working(*applications: Application) -> Iterator[None]:
    """All of them at work during a block. Afterwards none has met an error, and every acknowledged row is there."""
    threads = [threading.Thread(target=one.work) for one in applications]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in applications:
            one.stop()
        for thread in threads:
            thread.join()
    assert [error for one in applications for error in one.errors] == []
    for one in applications:
        assert one.acknowledged
        assert one.acknowledged - one.codes() == set()
