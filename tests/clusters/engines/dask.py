"""A Dask scheduler and its workers: processes on the loopback interface, none of which has a nanny or a page."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.clusters.engines.base import HOST, until
from tests.servers.engines import free_port

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaskWorker:
    """A worker."""

    process: subprocess.Popen[bytes]
    address: str

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()


class Dask:
    """A scheduler. It and its workers write what they say into files in `folder`."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder, self._variables = folder, variables
        self._names = itertools.count(1)
        self._started: list[subprocess.Popen[bytes]] = []
        self._port = free_port()
        self.address = f"tcp://{HOST}:{self._port}"
        self.scheduler = self._start("scheduler", ["--host", HOST, "--port", str(self._port)], folder, {})

    @classmethod
    def missing(cls) -> str:
        """Reports missing libraries."""
        return "" if find_spec("distributed") else "there is no Dask distributed (the extra dask)"

    def worker(self, url: str, *, cwd: Path = ROOT, threads: int = 1, variables: Mapping[str, str] | None = None) -> DaskWorker:
        """Start a worker, on the database of the URL; it joins once it is there."""
        port = free_port()
        arguments = [self.address, "--nthreads", str(threads), "--host", HOST, "--worker-port", str(port), "--no-nanny"]
        local = self._folder / f"worker{port}"
        local.mkdir()
        arguments += ["--local-directory", str(local)]
        process = self._start("worker", arguments, cwd, {"DATABASE_URL": url, **(variables or {})})
        return DaskWorker(process=process, address=f"tcp://{HOST}:{port}")

    def wait(self) -> None:
        """Wait until the scheduler listens."""
        until(self._listens)

    def stop(self) -> None:
        """End everything, as a killed host would."""
        for process in self._started:
            process.kill()
            process.wait()

    def said(self) -> str:
        """What the processes have said."""
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in sorted(self._folder.glob("*.log")))

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self._port)) == 0

    def _start(self, program: str, arguments: list[str], cwd: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self._folder / f"{next(self._names)}-{program}.log").open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments, "--no-dashboard"],
                cwd=cwd,
                env={**self._variables, **variables},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self._started.append(process)
        return process
