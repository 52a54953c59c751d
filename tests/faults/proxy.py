"""A TCP proxy before a server's socket that can lose a connection at a chosen moment, go slow, or fall silent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Self


class Moment(Enum):
    """When a connection is lost, as seen from the statement that the client sends."""

    BEFORE = "before"
    """The server never gets it."""
    DURING = "during"
    """The server gets it, and the client is gone at once."""
    AFTER = "after"
    """The server has carried it out, and the client is not told."""


Chooser = Callable[[bytes], bool]
"""Whether these bytes, sent by a client, are the statement that is meant."""


class Proxy:
    """Listens on a free port and forwards to `server`; use it as a context manager."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._chosen: Chooser | None = None
        self._moment = Moment.BEFORE
        self.delay = 0.0
        """Seconds by which every answer is late."""
        self._speaking = threading.Event()
        self._speaking.set()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that clients connect to."""
        host, port = self._listener.getsockname()
        return host, port

    def lose(self, chosen: Chooser, moment: Moment) -> None:
        """Lose the connection of the next statement that is `chosen`; once."""
        self._chosen, self._moment = chosen, moment

    def fall_silent(self) -> None:
        """Take what clients send, and answer nothing any more."""
        self._speaking.clear()

    def speak(self) -> None:
        """Answer again, what is overdue first."""
        self._speaking.set()

    def wait_to_speak(self) -> None:
        """Block while the proxy is silent."""
        self._speaking.wait()

    def cut(self) -> None:
        """Lose every connection now."""
        with self._guard:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.speak()
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.socket(socket.AF_UNIX)
                    server.connect(str(self._server))
                except OSError:  # the server is down
                    client.close()
                    continue
                with self._guard:
                    self._open |= {client, server}
                pair = _Pair(self, client, server)
                threading.Thread(target=pair.requests, daemon=True).start()
                threading.Thread(target=pair.answers, daemon=True).start()

    def is_lost(self, data: bytes) -> Moment | None:
        """Whether `data` is the statement with which the connection is to be lost, and when."""
        with self._guard:
            if self._chosen is None or not self._chosen(data):
                return None
            self._chosen = None
            return self._moment

    @property
    def has_lost(self) -> bool:
        """Whether the planned loss has happened."""
        return self._chosen is None

    def forget(self, *ends: socket.socket) -> None:
        """Close both ends of a connection."""
        with self._guard:
            self._open.difference_update(ends)
        for one in ends:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class _Pair:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._deaf = False

    def requests(self) -> None:
        """Client to server."""
        moment = None
        with suppress(OSError):
            while moment in (None, Moment.AFTER) and (data := self._client.recv(1 << 16)):
                moment = self._proxy.is_lost(data) or moment
                self._deaf = moment is Moment.AFTER
                if moment is not Moment.BEFORE:
                    self._server.sendall(data)
        self._proxy.forget(self._client, self._server)

    def answers(self) -> None:
        """Server to client."""
        with suppress(OSError):
            while data := self._server.recv(1 << 16):
                if self._deaf:
                    break
                if self._proxy.delay:
                    time.sleep(self._proxy.delay)
                self._proxy.wait_to_speak()
                self._client.sendall(data)
        self._proxy.forget(self._client, self._server)


def commit(number: int) -> Chooser:
    """The `number`-th COMMIT that comes by."""
    left = [number]

    def chosen(data: bytes) -> bool:
        if data.rstrip(b"\0").endswith(b"COMMIT"):
            left[0] -= 1
        return not left[0]

    return chosen
