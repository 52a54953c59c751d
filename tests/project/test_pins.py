"""The pinned files install the pinned versions whatever has been published since: no resolver decides on a user's machine."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

import pytest

from tests.support.databases import ROOT

PIN = re.compile(r"^(?P<name>[\w.-]+)(?P<extras>\[[\w,-]+\])?==(?P<version>[^\s;\\]+)(?P<marker> ; [^\\]+)?", re.MULTILINE)
NEWER = "9999.0"
PIP = int(version("pip").partition(".")[0])
FILES = tuple(f"requirements{of}.txt" for of in ("", "-mysql", "-postgres", "-dask", "-dev", "-docs"))


def wheel(folder: Path, name: str, release: str, needs: list[str], extras: list[str]) -> str:
    """A made-up wheel that needs what the real one does; returns its hash."""
    stem = f"{re.sub(r'[-.]+', '_', name)}-{release}"
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {release}",
        *(f"Provides-Extra: {one}" for one in extras),
    ]
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "\n".join([*lines, *(f"Requires-Dist: {one}" for one in needs), ""]))
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, str], str]]:
    """A folder with two releases of everything that is pinned, the pinned one and a newer one; and the hashes of the pinned."""
    folder = tmp_path_factory.mktemp("index")
    hashes = {}
    pins = {(one["name"], one["version"]) for file in FILES for one in PIN.finditer((ROOT / file).read_text(encoding="utf-8"))}
    for name, release in sorted(pins):
        try:
            needs, extras = requires(name) or [], metadata(name).get_all("Provides-Extra") or []
        except PackageNotFoundError:  # for another platform
            needs, extras = [], []
        hashes[name, release] = wheel(folder, name, release, needs, extras)
        wheel(folder, name, NEWER, needs, extras)
    return folder, hashes


Install = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def install(index: tuple[Path, dict[tuple[str, str], str]], tmp_path: Path) -> Install:
    """What pip would install from a pinned file of that text, with the hashes of the made-up wheels."""
    folder, hashes = index

    def run(text: str, *options: str) -> subprocess.CompletedProcess[str]:
        pins = [f"{one[0].strip()} --hash=sha256:{hashes[one['name'], one['version']]}" for one in PIN.finditer(text)]
        file = tmp_path / "pinned.txt"
        file.write_text("\n".join(pins), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-index", "--quiet"]
        command += [
            "--isolated",
            "--disable-pip-version-check",
            f"--find-links={folder}",
            "--require-hashes",
            f"--requirement={file}",
        ]
        return subprocess.run([*command, "--report=-", *options], capture_output=True, text=True, check=False)

    return run


@pytest.mark.sampled
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("options", [("--no-deps",), ()], ids=["as the README has it", "with a resolver"])
def test_newer_releases_change_nothing(install: Install, name: str, options: tuple[str, ...]) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    done = install(text, *options)

    assert done.returncode == 0, done.stderr
    installed = {(one["metadata"]["name"], one["metadata"]["version"]) for one in json.loads(done.stdout)["install"]}
    pinned = {(one["name"], one["version"]): one["marker"] for one in PIN.finditer(text)}
    assert installed <= pinned.keys()
    assert {pin for pin, marker in pinned.items() if not marker} <= installed


@pytest.mark.skipif(PIP >= 24, reason="this pip takes a pinned release for one that has the extra, too")
def test_an_extra_that_is_left_out_is_found_here_and_not_by_a_user(install: Install) -> None:
    text = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert "coverage[toml]==" in text

    done = install(text.replace("coverage[toml]==", "coverage=="))

    assert done.returncode != 0
    assert "coverage[toml]" in done.stderr


def test_nobody_is_told_to_let_a_resolver_run() -> None:
    said = [ROOT / "Makefile", ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    lines = [line for file in said for line in file.read_text(encoding="utf-8").splitlines() if " -r requirements" in line]

    assert len(lines) >= 3
    assert [line for line in lines if "--no-deps" not in line] == []
