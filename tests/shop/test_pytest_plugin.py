"""The pytest plugin and the test case, in sessions of their own in a small project."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import Server
from tests.support.databases import ROOT
from tests.support.processes import plain_environment

SETTINGS = """
import environ, os
from settings.databases import database
SECRET_KEY = "for-tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "seeding", "seeding.example"]
DATABASES = {"default": database(environ.Env(), "DATABASE_URL", default="sqlite:///shop.sqlite3")}
"""
MANAGE = """
import sys
from django.core.management import execute_from_command_line
if __name__ == "__main__":  # processes that test beside it import it
    execute_from_command_line(sys.argv)
"""
MARKED = """
import pytest
from django.db import Error
from seeding.example.models import Order, Product

def rows():
    return Product.objects.count(), Order.objects.count()

@pytest.fixture(autouse=True)
def beside(db):
    Product.objects.create(name="Beside", price=1)

@pytest.mark.seeded(size="small", tables=["shop_product"])
@pytest.mark.parametrize("time", [1, 2])
def test_part(time):
    assert rows() == (11, 0)
    Product.objects.exclude(name="Beside").delete()

@pytest.mark.seeded(size="small")
def test_all(seeded_db):
    assert rows() == (11, 60)
    assert len(seeded_db.keys(Order)) == 60
    assert (len(seeded_db.fingerprint), seeded_db.status().rows) == (64, 300)

def test_none():
    assert rows() == (1, 0)
"""
COMMITTING = """
import pytest
from django.db import Error
from seeding.example.models import Order, Product

@pytest.fixture(scope="session")
def products(seeded_session):
    with seeded_session.reading():
        return Product.objects.count()

def test_reading(products, seeded_session):
    assert products == Product.objects.count() == len(seeded_session.keys("shop_product")) == 10
    with pytest.raises(Error):
        Product.objects.create(name="Refused", price=1)

@pytest.mark.seeded
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_committing(time):
    assert Product.objects.count() == 10
    Product.objects.create(name="Committed", price=1)

def test_committing_by_a_fixture(seeded_db, transactional_db):
    assert Product.objects.count() == 10
"""
CASES = """
from django.test import TestCase, TransactionTestCase
from seeding.example.models import Order, Product
from seeding.testing import SeededMixin

class Part(SeededMixin, TestCase):
    seeded = {"tables": ["shop_product"]}

    @classmethod
    def setUpTestData(cls):
        cls.product = Product.objects.create(name="Of the class", price=1)

    def test_one(self):
        self.assertEqual((Product.objects.count(), Order.objects.count()), (11, 0))
        Product.objects.exclude(pk=self.product.pk).delete()

    test_two = test_one

class Committing(SeededMixin, TransactionTestCase):
    def test_one(self):
        self.assertEqual((Product.objects.count(), len(self.seeded_db.keys(Order))), (10, 60))
        Product.objects.create(name="Committed", price=1)

    test_two = test_one

class Empty(TestCase):
    def test_one(self):
        self.assertEqual((Product.objects.count(), Order.objects.count()), (0, 0))
"""
KILLED = """
import os, pathlib, signal, time
import pytest
from seeding.example.models import Order

@pytest.mark.seeded(size="small")
@pytest.mark.parametrize("number", range(6))
def test_one(seeded_db, number):
    assert Order.objects.count() == 60
    Order.objects.all().update(total=1)
    if number == 0:
        os.kill(os.getpid(), signal.SIGKILL)
"""
WRONG = """
import pytest
from django.test import TestCase

@pytest.mark.seeded("small")
def test_positional(): ...

@pytest.mark.seeded(size="huge")
def test_size(): ...

@pytest.mark.seeded(size="medium")
def test_two(seeded_session): ...

def test_committing(seeded_session, transactional_db): ...

@pytest.mark.seeded(tables=["nothing"])
def test_table(): ...

@pytest.mark.seeded
class Marked(TestCase):
    def test_case(self): ...

def test_late(db, request):
    request.getfixturevalue("seeded_db")
"""
SENTENCES = """
The marker `seeded` takes its options by name, as seeded(size='small').
--size=huge: give one of small, medium, large.
`seeded_session` is of the dataset of `seeded_options`, and the marker asks for another one.
A test with `seeded_session` only reads: one that commits takes `seeded_db`.
nothing
Django's test cases take no marker `seeded`: derive the class from SeededMixin and TestCase.
`seeded_db` is asked for too late: name it among the test's arguments, or mark the test.
""".strip().splitlines()


class Project:
    """A project with tests, in a folder and with a folder for temporary files of its own."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.url = url
        (folder / "temporary").mkdir()
        (folder / "project_settings.py").write_text(SETTINGS, encoding="utf-8")
        (folder / "manage.py").write_text(MANAGE, encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        """A module of tests."""
        (self.folder / f"test_{name}.py").write_text(text, encoding="utf-8")

    def pytest(self, *arguments: str, plugins: str = "pytest_django.plugin", measured: bool = True) -> tuple[int, str]:
        """The exit code and what was said; nothing of this suite's own configuration and plugins is there."""
        wanted = [word for name in (plugins, "xdist.plugin", "seeding.testing.plugin") if name for word in ("-p", name)]
        options = ("-q", "-c", os.devnull, "--rootdir=.", "-p", "no:cacheprovider", "-W", "error", *wanted, *arguments)
        return self._run("-m", "pytest", *options, measured=measured)

    def manage(self, *arguments: str) -> tuple[int, str]:
        """The same of `manage.py`."""
        return self._run("-W", "error", "manage.py", *arguments, measured=True)

    def _run(self, *arguments: str, measured: bool) -> tuple[int, str]:
        coverage = {key: value for key, value in os.environ.items() if key.startswith("COVERAGE_") and measured}
        environment = {
            **plain_environment(), **coverage, "PYTHONPATH": f"{ROOT}{os.pathsep}.", "TMPDIR": str(self.folder / "temporary"),
            "DJANGO_SETTINGS_MODULE": "project_settings", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **({"DATABASE_URL": self.url} if self.url else {}),
        }  # fmt: skip
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        return done.returncode, done.stdout + done.stderr

    def left(self) -> list[str]:
        """What is noted of databases: nothing, once all are dropped."""
        return [path.name for path in (self.folder / "temporary").glob("seeding-tests-*/*/*") if path.stat().st_size]


def documented() -> list[str]:
    """The examples of the documentation; medium takes its time."""
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    return [block.replace("medium", "small") for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One on SQLite."""
    return Project(tmp_path)


@pytest.fixture(params=["sqlite", "mariadb"])
def on_server(
    request: pytest.FixtureRequest, tmp_path: Path, running: Callable[[str], Server]
) -> Iterator[tuple[Project, Callable[[], list[str]]]]:
    """A project, and the databases that its server has beside its own."""
    if request.param == "sqlite":
        yield Project(tmp_path), list
        return
    host = running(request.param)
    host.create("plugin")
    yield (
        Project(tmp_path, host.url("plugin")),
        lambda: [name for name in host.sql("SHOW DATABASES").split() if "plugin" in name and name != "plugin"],
    )
    host.drop("plugin")


def test_each_test_has_the_dataset_that_it_asks_for(on_server: tuple[Project, Callable[[], list[str]]]) -> None:
    project, databases = on_server
    for name, text in (("marked", MARKED), ("committing", COMMITTING), ("cases", CASES), *enumerate(documented())):
        project.add(str(name), text)

    code, said = project.pytest()

    assert (code, re.findall(r"(\d+) passed", said)) == (0, ["17"]), said
    assert (project.left(), databases()) == ([], [])


def test_workers_share_a_template_that_stays_and_a_killed_one_leaves_nothing(
    tmp_path: Path, running: Callable[[str], Server]
) -> None:
    host = running("mariadb")
    host.create("plugin")
    project = Project(tmp_path, host.url("plugin"))
    project.add("killed", KILLED)

    code, said = project.pytest("-n2", "--reuse-db", measured=False)
    kept = [name for name in host.sql("SHOW DATABASES").split() if "_s" in name and "plugin" in name]
    project.add("killed", KILLED.replace("number == 0", "False"))
    verified = project.pytest("--reuse-db")

    (record,) = (json.loads(path.read_text()) for path in (project.folder / "temporary").rglob("*.json"))
    assert (code, re.findall(r"(\d+) (\w+)", said.splitlines()[-1])[:2]) == (1, [("1", "failed"), ("5", "passed")]), said
    assert (project.left(), kept) == ([f"{record['database']}.json"], [record["database"]])
    assert f"seeded database (size=small) verified by its fingerprint {record['fingerprint'][:12]}" in verified[1], verified
    for name in [name for name in host.sql("SHOW DATABASES").split() if "plugin" in name]:
        host.drop(name)


def test_djangos_runner_takes_the_mixin(project: Project) -> None:
    project.add("cases", CASES)

    code, said = project.manage("test", "--parallel=2")

    assert (code, re.findall(r"Ran (\d+) tests", said)) == (0, ["5"]), said
    assert project.left() == []


def test_what_cannot_be_is_said_in_a_sentence(project: Project) -> None:
    project.add("wrong", WRONG)

    code, said = project.pytest("-rN")
    without = project.pytest(plugins="")

    assert (code, re.findall(r"(\d+) error", said.splitlines()[-1])) == (1, ["6"]), said
    assert [sentence for sentence in SENTENCES if sentence not in said] == []
    assert "Traceback" not in said
    assert without[0] == pytest.ExitCode.USAGE_ERROR
    assert "test_positional asks for a seeded database, which needs pytest-django: install it." in without[1]


def test_a_project_that_uses_none_of_it_imports_none_of_it(project: Project) -> None:
    project.add(
        "nothing",
        "import sys\n\ndef test_nothing():\n"
        "    loaded = {name for name in sys.modules if name.startswith(('django', 'seeding'))}\n"
        "    assert loaded == {'seeding', 'seeding.testing', 'seeding.testing.plugin'}\n",
    )

    assert project.pytest(plugins="", measured=False)[0] == 0
