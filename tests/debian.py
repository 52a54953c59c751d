"""Programs that this Debian's release lacks: packages of unstable, unpacked into a folder and run with their own libraries.

Nothing is installed. `python3 -m tests.debian mysql python3.14` fetches them (60 and 30 MB); unstable moves, and one day a
fetch may fail: then the tests run without and say so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
APT = """
Dir::Etc::sourcelist "{apt}/sources.list"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null"; Dir::State "{apt}"; Dir::State::status "{apt}/status"; Dir::State::lists "{apt}/lists";
Dir::Cache "{apt}"; Dir::Cache::archives "{apt}/archives"; APT::Sandbox::User "";
APT::Install-Recommends "0"; Acquire::Languages "none"; Acquire::Retries "3";
"""
VERSION = "3.14"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program of unstable."""

    name: str
    packages: tuple[str, ...]
    unneeded: re.Pattern[str]
    """Packages that those depend on and that the program itself never loads."""
    alone: tuple[str, ...] = ()
    """Packages that are unpacked without what they depend on."""
    finish: Callable[[Path, Path], None] = lambda _root, _home: None
    """What makes the unpacked tree work: told where it lies, and where it will lie."""

    @property
    def folder(self) -> Path:
        """Where it is unpacked: in the user's cache, so that every checkout shares it."""
        cache = os.environ.get("XDG_CACHE_HOME")
        return (Path(cache) if cache else Path.home() / ".cache") / "terp-seeding" / self.name

    def fetch(self) -> None:
        """Fetch and unpack it, unless it is there; all or nothing. Raises RuntimeError, OSError or CalledProcessError."""
        if self.folder.exists():
            return
        if not KEYRING.exists() or shutil.which("apt-get") is None:
            raise RuntimeError("only a Debian can fetch Debian's packages")
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as scratch:
            root = Path(scratch) / "root"
            self._unpack(Path(scratch) / "apt", root)
            self.finish(root, self.folder)
            root.rename(self.folder)

    def _unpack(self, apt: Path, root: Path) -> None:
        archives = apt / "archives"
        (apt / "lists" / "partial").mkdir(parents=True)
        (archives / "partial").mkdir(parents=True)
        root.mkdir(mode=0o755)
        (apt / "status").touch()
        (apt / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} sid main\n", encoding="utf-8")
        (apt / "apt.conf").write_text(APT.format(apt=apt), encoding="utf-8")

        def run(*command: str) -> str:
            environment = {**os.environ, "APT_CONFIG": str(apt / "apt.conf")}
            return subprocess.run(command, env=environment, cwd=archives, check=True, stdout=subprocess.PIPE, text=True).stdout

        run("apt-get", "update", "-qq")
        simulated = run("apt-get", "install", "-s", *self.packages)
        needed = [line.split()[1] for line in simulated.splitlines() if line.startswith("Inst ")]
        run("apt-get", "download", "-qq", *self.alone, *(name for name in needed if not self.unneeded.match(name)))
        excluded = ["--exclude=./usr/share/doc*", "--exclude=./usr/share/man*"]
        tar = ["tar", "-x", "-C", str(root), "--keep-directory-symlink", *excluded]
        for package in archives.glob("*.deb"):
            with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacked:
                subprocess.run(tar, stdin=unpacked.stdout, check=True)
        for name in ("lib", "lib64"):  # packages that do not know of the merged /usr yet
            if (root / name).is_dir() and not (root / name).is_symlink():
                shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)


def mirror() -> str:
    """The mirror that this machine's own apt uses."""
    for line in (line for source in SOURCES if source.exists() for line in source.read_text(encoding="utf-8").splitlines()):
        if (found := re.match(r"(?:URIs:|deb )\s*.*?(https?://\S+)", line)) is not None:
            return found[1]
    raise RuntimeError("apt's sources name no mirror")


def loader(root: Path) -> Path | None:
    """The dynamic loader of an unpacked tree, in the folder of its libraries; None where nothing is unpacked."""
    return next(iter((root / "usr" / "lib").glob("*/ld-linux-*.so.*")), None)


def mysqld() -> list[str]:
    """The command that runs MySQL; nothing where it was not fetched."""
    usr, start = MYSQL.folder / "usr", loader(MYSQL.folder)
    if start is None:
        return []
    return [
        str(start), "--library-path", f"{start.parent}:{usr / 'lib/mysql/private'}", str(usr / "sbin/mysqld"),
        "--no-defaults", f"--basedir={usr}", f"--lc-messages-dir={usr / 'share/mysql'}",
        f"--character-sets-dir={usr / 'share/mysql/charsets'}", f"--plugin-dir={usr / 'lib/mysql/plugin'}",
    ]  # fmt: skip


def python() -> str:
    """Python 3.14 on the path, else the unpacked one; empty where there is neither."""
    unpacked = PYTHON.folder / "usr" / "bin" / f"python{VERSION}"
    return shutil.which(f"python{VERSION}") or (str(unpacked) if unpacked.exists() else "")


def headers() -> str:
    """The folder that a C compiler must look into to build extensions for the unpacked Python."""
    return str(PYTHON.folder / "usr" / "include")


def _settle(root: Path, home: Path) -> None:
    """Let Python start by itself, as a virtual environment wants: its loader, libraries and pip are those of its own tree."""
    start = loader(root)
    if start is None:
        raise RuntimeError(f"the packages of Python {VERSION} hold no loader")
    libraries = home / start.parent.relative_to(root)
    patch: list[str | Path] = [start, "--library-path", start.parent, root / "usr/bin/patchelf"]
    changes: list[list[str | Path]] = [
        ["--force-rpath", "--set-rpath", libraries],
        ["--set-interpreter", libraries / start.name],
    ]
    for change in changes:  # both at once break the file
        subprocess.run([*patch, *change, root / f"usr/bin/python{VERSION}"], check=True)
    for facts in (root / f"usr/lib/python{VERSION}").glob("_sysconfigdata_*.py"):
        text = facts.read_text(encoding="utf-8")
        facts.write_text(text.replace("'/usr/share/python-wheels/'", f"'{home}/usr/share/python-wheels/'"), encoding="utf-8")


MYSQL = Program(
    name="mysql",
    packages=("mysql-server-core",),
    unneeded=re.compile(
        r"perl|libperl|libdb5|libgdbm|libcrypt1|libbz2|libc-gconv|openssl-provider|gcc-\d|libtirpc-common|libsasl2-modules"
    ),
)
PYTHON = Program(
    name=f"python{VERSION}",
    packages=(f"python{VERSION}-venv", "libstdc++6", "patchelf"),
    alone=(f"libpython{VERSION}-dev",),
    unneeded=re.compile(r"debconf|ca-certificates|openssl|media-types|netbase|readline-common|libc-gconv|gcc-\d|libdb5"),
    finish=_settle,
)

if __name__ == "__main__":
    for program in (MYSQL, PYTHON):
        if program.name in sys.argv[1:]:
            try:
                program.fetch()
            except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
                sys.exit(f"{program.name} cannot be fetched, and the tests will run without it: {error}")
