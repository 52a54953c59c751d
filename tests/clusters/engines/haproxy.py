"""HAProxy in front of database servers: to the first one that is up, or to each in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tests.clusters.engines.base import HOST
from tests.servers.engines import Intermediary, free_port

HEADER = (
    "defaults", " mode tcp", " timeout connect 2s", " timeout client 1h", " timeout server 1h", " option redispatch",
    " retries 3",
)  # fmt: skip
CHECK = "check inter 300 fall 2 rise 2 on-marked-down shutdown-sessions"
"""A server that does not accept connections is down within a second, and its clients' connections are closed."""


class FirstUp(Intermediary):
    """New connections go to the first server that is up, as in front of a cluster with one writer."""

    program = "haproxy"
    balance: ClassVar[Sequence[str]] = ()
    later = " backup"

    def __init__(self, *ports: int) -> None:
        super().__init__()
        self.ready = free_port()  # a probe of the other port would be a connection to a server
        lines = [
            *HEADER, "listen ready", f" bind {HOST}:{self.ready}", "listen db", f" bind {HOST}:{self.port}", *self.balance,
            *(f" server s{place} {HOST}:{port} {CHECK}{self.later if place else ''}" for place, port in enumerate(ports)),
        ]  # fmt: skip
        self.run(["haproxy", "-db", "-f", str(self.folder / "cfg")], {"cfg": "\n".join(lines) + "\n"}, {})


class RoundRobin(FirstUp):
    """Each new connection goes to the next server."""

    balance = (" balance roundrobin",)
    later = ""
