"""The two distributions: what they hold, and that the engine's fills its example app in anybody's project by four commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import environ
import pytest

from tests.servers import Server
from tests.support.databases import OURS, ROOT, SERVERS

COMMAND = re.compile(r"^    (.*?)(?: +# .*)?$", re.MULTILINE)
OPTIONS: dict[str, dict[str, str | bool]] = {
    "django.db.backends.mysql": {"init_command": "SET SESSION time_zone = '+00:00'", "local_infile": True},  # as in the README
    "django.db.backends.postgresql": {
        "options": "-c datestyle=ISO"
    },  # the driver reads no other, and the tests' server has one
}
ROWS = {"shop_product": 10, "shop_review": 30, "shop_customer": 20, "shop_order": 60, "shop_orderline": 180}
LOOK = """
import json
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.test.utils import setup_test_environment
import seeding, sys
setup_test_environment()
browser = Client()
browser.force_login(User.objects.create_superuser("somebody"))
print(json.dumps([
    browser.get("/admin/seeding/seedrun/dashboard/").status_code,
    finders.find("seeding/admin.css").startswith(sys.prefix),
    seeding.__file__.startswith(sys.prefix),
    "terpseed" in sys.modules,
]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A distribution as its two files."""

    wheel: Path
    sdist: Path

    def files(self) -> set[str]:
        """What the wheel installs, without its metadata."""
        return {name for name in zipfile.ZipFile(self.wheel).namelist() if ".dist-info/" not in name}

    def metadata(self) -> str:
        """The wheel's METADATA."""
        with zipfile.ZipFile(self.wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            return archive.read(name).decode()


def run(*command: str, cwd: Path | None = None, settings: str = "") -> str:
    """What a program says; fails with what it said where it fails."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith((*OURS, "PYTHON"))}
    environment = {**clean, **({"DJANGO_SETTINGS_MODULE": settings} if settings else {})}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """Build the distribution whose `pyproject.toml` lies in a folder, the wheel from the sdist, from a copy of the tree."""
    source = tmp_path_factory.mktemp("source")
    for package in ("seeding", "terpseed"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, source)

    def make(folder: str) -> Built:
        target = tmp_path_factory.mktemp("built")
        run(sys.executable, "-m", "build", "--no-isolation", f"--outdir={target}", str(source / folder))
        (wheel,), (sdist,) = target.glob("*.whl"), target.glob("*.tar.gz")
        return Built(wheel=wheel, sdist=sdist)

    return make


@pytest.fixture(scope="module")
def engine(build: Callable[[str], Built]) -> Built:
    """django-seed-ledger."""
    return build(".")


@pytest.fixture
def project(tmp_path: Path) -> tuple[Path, str]:
    """What `django-admin startproject mysite .` makes in an empty folder, and the Python of a fresh environment for it.

    What the engine depends on is lent to it by the environment that runs the tests.
    """
    environment, folder = tmp_path / "environment", tmp_path / "project"
    venv.create(environment, symlinks=True, with_pip=False)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    python = str(environment / "bin" / "python")
    folder.mkdir()
    run(python, "-m", "django", "startproject", "mysite", ".", cwd=folder)
    return folder, python


def in_tree(package: str) -> set[str]:
    """The files of a package as they lie in the repository."""
    left_out = {f"{package}/{name}" for name in ("pyproject.toml", "README.md", "LICENSE")}
    files = {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*") if path.is_file()}
    return {name for name in files - left_out if "__pycache__" not in name}


def test_the_engine_brings_all_of_seeding_and_nothing_of_terp(engine: Built) -> None:
    metadata = engine.metadata()

    assert engine.files() == in_tree("seeding")
    assert metadata.startswith("Metadata-Version")
    assert "\nName: django-seed-ledger\n" in metadata
    assert "\nLicense-File: LICENSE\n" in metadata
    with zipfile.ZipFile(engine.wheel) as archive:
        (entries,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/entry_points.txt"))
    assert entries == "[pytest11]\nseeding.testing.plugin = seeding.testing.plugin\n"
    with tarfile.open(engine.sdist) as archive:
        assert not any("terpseed" in name or "/tests/" in name for name in archive.getnames())


def test_terps_seeders_are_a_distribution_that_needs_the_engine(build: Callable[[str], Built]) -> None:
    terp = build("terpseed")

    assert terp.files() == in_tree("terpseed")
    assert "\nName: terpseed\n" in terp.metadata()
    assert "\nRequires-Dist: django-seed-ledger<0.2,>=0.1\n" in terp.metadata()
    assert "\nLicense-File: LICENSE\n" in terp.metadata()


@pytest.mark.parametrize("server", SERVERS)
def test_four_commands_fill_the_example_in_anybodys_project(
    engine: Built, project: tuple[Path, str], server: str, running: Callable[[str], Server]
) -> None:
    folder, python = project
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    install, *others = COMMAND.findall(readme.partition("virtual environment active:\n\n")[2].partition("\n\n")[0])
    if server != "sqlite":
        host = running(server)
        host.create("example")
        config = environ.Env.db_url_config(host.url("example"))
        config["OPTIONS"] = {**config.get("OPTIONS", {}), **OPTIONS[config["ENGINE"]]}
        with (folder / "mysite" / "settings.py").open("a", encoding="utf-8") as settings:
            settings.write(f"\nDATABASES = {{'default': {dict(config)!r}}}\n")

    assert install == "pip install django-seed-ledger"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", str(engine.wheel))
    assert len(others) == 3
    for command in others:
        run("/bin/sh", "-c", command.replace("python manage.py", f"{python} -W error manage.py"), cwd=folder)

    def manage(*arguments: str) -> str:
        return run(python, "-W", "error", "manage.py", *arguments, cwd=folder)

    tables = {one["table"]: one["rows"] for one in json.loads(manage("seed_status", "--json"))["tables"]}
    rules = json.loads(manage("seed_check", "--json"))["verdicts"]
    manage("makemigrations", "--check", "--dry-run")
    page, style, installed, terp = json.loads(run(python, "-W", "error", "manage.py", "shell", "-v0", "-c", LOOK, cwd=folder))
    deleted = json.loads(manage("seed_rollback", "--force", "--json"))["records_deleted"]
    if server != "sqlite":
        host.drop("example")

    assert tables == ROWS
    assert [one["rule"] for one in rules if not one["broken"]] == [one["rule"] for one in rules] != []
    assert (page, style, installed, terp) == (200, True, True, False)
    assert deleted == sum(ROWS.values())
