"""Setups other than one plain server: clusters, standbys, poolers, proxies. All on loopback or sockets."""

from __future__ import annotations

import shutil
import signal
import socket as sockets
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tenacity

from tests.servers.base import Server
from tests.servers.mysql import HOSTILE, MariaDB, MySQL
from tests.servers.postgresql import PostgreSQL, binaries

HOST = "127.0.0.1"
PROVIDERS = tuple(Path(folder) / "libgalera_smm.so" for folder in ("/usr/lib/galera", "/usr/lib"))
PATIENCE = tenacity.Retrying(stop=tenacity.stop_after_delay(60), wait=tenacity.wait_fixed(0.1), reraise=True)


def free_port() -> int:
    """An unused port."""
    with sockets.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class GaleraNode(MariaDB):
    """A node of a Galera cluster; without `peer` the first one.

    A joining node receives no state (that needs another program): it counts as a member but answers no query.
    """

    stop_signal = signal.SIGKILL  # a node that waits for its state does not stop otherwise
    ready = "SHOW STATUS LIKE 'wsrep_cluster_size'"
    settings = ("--innodb-flush-log-at-trx-commit=2", *HOSTILE)

    def __init__(self, peer: GaleraNode | None = None) -> None:
        self.group = free_port()
        addresses = f"{HOST}:{peer.group},{HOST}:{self.group}" if peer else ""
        provider = f"base_port={self.group};gmcast.listen_addr=tcp://{HOST}:{self.group};ist.recv_addr={HOST}:{free_port()}"
        super().__init__(
            f"--bind-address={HOST}",
            f"--port={free_port()}",
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            "--wsrep-on=ON",
            f"--wsrep-provider={next((one for one in PROVIDERS if one.exists()), '')}",
            f"--wsrep-provider-options={provider};gcache.size=16M",
            "--wsrep-sst-method=skip",
            f"--wsrep-node-address={HOST}:{self.group}",
            f"--wsrep-cluster-address=gcomm://{addresses}",
        )

    @classmethod
    def missing(cls) -> str:
        """Reports a missing MariaDB or Galera library."""
        return super().missing() or ("" if any(one.exists() for one in PROVIDERS) else "there is no Galera (galera-4)")

    def size(self) -> int:
        """Number of nodes it sees."""
        return int(self.sql("SHOW STATUS LIKE 'wsrep_cluster_size'").split()[-1])


class GroupMember(MySQL):
    """A member of a multi-primary replication group; without `peer` the first one."""

    settings = HOSTILE

    def __init__(self, peer: GroupMember | None = None) -> None:
        self.group, self.is_first = free_port(), peer is None
        seeds = ",".join(f"{HOST}:{one.group}" for one in (peer, self) if one is not None)
        super().__init__(
            f"--bind-address={HOST}",
            f"--port={free_port()}",
            f"--server-id={self.group}",
            "--gtid-mode=ON",
            "--enforce-gtid-consistency=ON",
            "--plugin-load-add=group_replication.so",
            "--loose-group-replication-group-name=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "--loose-group-replication-start-on-boot=OFF",
            f"--loose-group-replication-local-address={HOST}:{self.group}",
            f"--loose-group-replication-group-seeds={seeds}",
            f"--loose-group-replication-ip-allowlist={HOST}/8",
            "--loose-group-replication-single-primary-mode=OFF",
            "--loose-group-replication-enforce-update-everywhere-checks=ON",
        )

    def command(self) -> list[str]:
        """With the binary log, and the performance schema that lists the members."""
        return [part for part in super().command() if part not in ("--skip-log-bin", "--performance-schema=OFF")]

    def start(self) -> Server:
        """Start it, and found or join the group."""
        super().start()
        self.sql("RESET BINARY LOGS AND GTIDS")  # other members must not replicate its installation
        found, founded = (f"SET GLOBAL group_replication_bootstrap_group = {value}" for value in ("ON", "OFF"))
        self.sql(f"{found}; START GROUP_REPLICATION; {founded}" if self.is_first else "START GROUP_REPLICATION")
        return self

    def size(self) -> int:
        """Number of members online."""
        online = "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"
        return int(self.sql(online))


class Standby(PostgreSQL):
    """A read-only streaming replica of a PostgreSQL server."""

    def __init__(self, primary: PostgreSQL) -> None:
        super().__init__()
        self._primary = primary

    def making(self) -> list[str]:
        """`pg_basebackup`, over the primary's socket."""
        program = str(binaries() / "pg_basebackup")
        return [program, f"--host={self._primary.folder}", "--checkpoint=fast", "--write-recovery-conf"]


class Intermediary:
    """A program that forwards connections to servers. It serves `port`; `ready` is the port probed at startup."""

    program = ""

    def __init__(self) -> None:
        self.port = self.ready = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="terp-"))
        self.folder.chmod(0o777)
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    def missing(cls) -> str:
        """Why it cannot start on this machine; empty if it can."""
        return "" if shutil.which(cls.program) else f"there is no {cls.program}"

    def run(self, command: Sequence[str], files: Mapping[str, str], account: Mapping[str, Any]) -> None:
        """Write its files, start it, and wait until it listens."""
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        with (self.folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, **account)
        PATIENCE(self._connect)

    def stop(self) -> None:
        """Stop it and remove its folder."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connect(self) -> None:
        sockets.create_connection((HOST, self.ready), timeout=1).close()


class PgBouncer(Intermediary):
    """A pooler in front of PostgreSQL; `mode` is how long a client keeps a connection: session or transaction."""

    program = "pgbouncer"

    def __init__(self, server: PostgreSQL, mode: str) -> None:
        super().__init__()
        lines = [
            "[databases]", f"* = host={server.folder} port=5432",
            "[pgbouncer]", f"listen_addr={HOST}", f"listen_port={self.port}", "unix_socket_dir=", "auth_type=any",
            f"pool_mode={mode}", "default_pool_size=6", "ignore_startup_parameters=extra_float_digits,options",
        ]  # fmt: skip
        lines[1] += " user=postgres"
        self.run(["pgbouncer", str(self.folder / "ini")], {"ini": "\n".join(lines)}, server.account())


class PgPool(Intermediary):
    """A load balancer that sends writes to the primary and reads to the standby."""

    program = "pgpool"

    def __init__(self, primary: PostgreSQL, standby: PostgreSQL) -> None:
        super().__init__()
        settings = {
            "listen_addresses": HOST, "port": self.port, "unix_socket_directories": self.folder, "pcp_port": free_port(),
            "pcp_listen_addresses": HOST, "pcp_socket_dir": self.folder, "backend_clustering_mode": "streaming_replication",
            "backend_hostname0": primary.folder, "backend_port0": 5432, "backend_weight0": 0,
            "backend_flag0": "ALWAYS_PRIMARY", "backend_hostname1": standby.folder, "backend_port1": 5432, "backend_weight1": 1,
            "load_balance_mode": "on", "sr_check_period": 0, "health_check_period": 0, "num_init_children": 8,
            "pid_file_name": self.folder / "pid", "logdir": self.folder, "work_dir": self.folder,
        }  # fmt: skip
        conf = "\n".join(f"{name} = '{value}'" for name, value in settings.items())
        command = ["pgpool", "-n", "-f", str(self.folder / "conf"), "-a", str(self.folder / "hba")]
        self.run([*command, "-F", str(self.folder / "pcp")], {"conf": conf, "hba": "", "pcp": ""}, primary.account())


class HAProxy(Intermediary):
    """A proxy that distributes new connections round robin."""

    program = "haproxy"

    def __init__(self, *servers: Server) -> None:
        super().__init__()
        self.ready = free_port()  # probing the other port would use up the first turn of a round
        lines = [
            "defaults", " mode tcp", " timeout connect 5s", " timeout client 1h", " timeout server 1h",
            "listen ready", f" bind {HOST}:{self.ready}",
            "listen db", f" bind {HOST}:{self.port}", " balance roundrobin",
            *(f" server s{number} {one.socket}" for number, one in enumerate(servers)),
        ]  # fmt: skip
        self.run(["haproxy", "-db", "-f", str(self.folder / "cfg")], {"cfg": "\n".join(lines) + "\n"}, {})


@contextmanager
def stopping(*things: Server | Intermediary) -> Iterator[None]:
    """Stop them after a block, the last first."""
    try:
        yield
    finally:
        for one in reversed(things):
            one.stop()


ENGINES: tuple[type[Server | Intermediary], ...] = (GaleraNode, GroupMember, PgBouncer, PgPool, HAProxy)
"""Optional engines; a test run reports the missing ones."""
