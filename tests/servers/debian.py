"""MySQL on a Debian whose own release has none: the packages of unstable, unpacked into a folder and run by their own loader.

Nothing is installed. `python3 tests/servers/debian.py` fetches it (60 MB); unstable moves, and one day a fetch may fail:
then the tests run without MySQL and say so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
UNNEEDED = re.compile(
    r"perl|libperl|libdb5|libgdbm|libcrypt1|libbz2|libc-gconv|openssl-provider|gcc-\d|libtirpc-common|libsasl2-modules"
)
"""Packages that mysqld's depend on and that mysqld itself never loads."""
APT = """
Dir::Etc::sourcelist "{apt}/sources.list"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null"; Dir::State "{apt}"; Dir::State::status "{apt}/status"; Dir::State::lists "{apt}/lists";
Dir::Cache "{apt}"; Dir::Cache::archives "{apt}/archives"; APT::Sandbox::User "";
APT::Install-Recommends "0"; Acquire::Languages "none"; Acquire::Retries "3";
"""


def folder() -> Path:
    """Where it is unpacked: in the user's cache, so that every checkout shares it."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "terp-seeding" / "mysql"


def mysqld() -> list[str]:
    """The command that runs it; nothing where it was not fetched."""
    usr = folder() / "usr"
    loader = next(iter((usr / "lib").glob("*/ld-linux-*.so.*")), None)
    if loader is None:
        return []
    return [
        str(loader), "--library-path", f"{loader.parent}:{usr / 'lib/mysql/private'}", str(usr / "sbin/mysqld"),
        "--no-defaults", f"--basedir={usr}", f"--lc-messages-dir={usr / 'share/mysql'}",
        f"--character-sets-dir={usr / 'share/mysql/charsets'}", f"--plugin-dir={usr / 'lib/mysql/plugin'}",
    ]  # fmt: skip


def mirror() -> str:
    """The mirror that this machine's own apt uses."""
    for line in (line for source in SOURCES if source.exists() for line in source.read_text(encoding="utf-8").splitlines()):
        if (found := re.match(r"(?:URIs:|deb )\s*.*?(https?://\S+)", line)) is not None:
            return found[1]
    raise RuntimeError("apt's sources name no mirror")


def fetch() -> None:
    """Fetch and unpack it, unless it is there; all or nothing."""
    if mysqld():
        return
    if not KEYRING.exists() or shutil.which("apt-get") is None:
        raise RuntimeError("only a Debian can fetch Debian's packages")
    folder().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder().parent) as scratch:
        root = Path(scratch) / "root"
        _unpack(Path(scratch) / "apt", root)
        root.rename(folder())


def _unpack(apt: Path, root: Path) -> None:
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
    simulated = run("apt-get", "install", "-s", "mysql-server-core")
    needed = [line.split()[1] for line in simulated.splitlines() if line.startswith("Inst ")]
    run("apt-get", "download", "-qq", *(name for name in needed if not UNNEEDED.match(name)))
    for package in archives.glob("*.deb"):
        tar = [
            "tar",
            "-x",
            "-C",
            str(root),
            "--keep-directory-symlink",
            "--exclude=./usr/share/doc*",
            "--exclude=./usr/share/man*",
        ]
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacked:
            subprocess.run(tar, stdin=unpacked.stdout, check=True)
    for name in ("lib", "lib64"):  # packages that do not know of the merged /usr yet
        if (root / name).is_dir() and not (root / name).is_symlink():
            shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)


if __name__ == "__main__":
    try:
        fetch()
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"MySQL cannot be fetched, and the tests will run without it: {error}")
