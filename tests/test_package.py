"""The wheel: it holds all that the packages need, and `seeding` works from it in another project, without `terpseed`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import OURS, ROOT

PACKAGES = ("seeding", "terpseed")
SETTINGS = """
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages",
                  "django.contrib.sessions", "django.contrib.staticfiles", "seeding", "shop"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                           "django.contrib.messages.context_processors.messages"]}}]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
              "django.contrib.messages.middleware.MessageMiddleware"]
ROOT_URLCONF = "urls"
STATIC_URL = "static/"
SECRET_KEY = "for a test"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
URLS = """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
"""
USE = """
import io, json, sys
import django
django.setup()
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.test.utils import setup_test_environment
import seeding

def said(*command, **options):
    out = io.StringIO()
    call_command(*command, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()

said("migrate", run_syncdb=True)
said("makemigrations", "seeding", check_changes=True, dry_run=True)
seeded = json.loads(said("seed", json=True))
said("seed_check")
setup_test_environment()
browser = Client()
browser.force_login(User.objects.create_superuser("somebody"))
page = browser.get("/admin/seeding/seedrun/dashboard/")
print(json.dumps({
    "inserted": {one["table"]: one["records_inserted"] for one in seeded["results"]},
    "dashboard": page.status_code,
    "style": finders.find("seeding/admin.css").startswith(sys.prefix),
    "deleted": json.loads(said("seed_rollback", force=True, json=True))["records_deleted"],
    "installed": seeding.__file__.startswith(sys.prefix),
    "terpseed": "terpseed" in sys.modules,
}))
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """What `pip install .` installs, built from a copy: a build leaves files behind."""
    source, target = tmp_path / "source", tmp_path / "wheel"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={target}", str(source))
    (file,) = target.glob("*.whl")
    return file


@pytest.fixture
def python(wheel: Path, tmp_path: Path) -> Path:
    """The Python of a fresh environment with the wheel in it; what it depends on is lent by the one that runs the tests."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Django project with the example app, as somebody else would have it."""
    (tmp_path / "settings.py").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "urls.py").write_text(URLS, encoding="utf-8")
    (tmp_path / "shop").mkdir()
    for name in ("__init__", "apps", "models", "seeders"):
        text = (ROOT / "tests" / "shop" / f"{name}.py").read_text(encoding="utf-8")
        (tmp_path / "shop" / f"{name}.py").write_text(text.replace("tests.shop", "shop"), encoding="utf-8")
    return tmp_path


def run(*command: str, cwd: Path | None = None) -> str:
    """What a program says; fails with what it said where it fails."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith((*OURS, "PYTHON"))}
    environment = {**clean, "DJANGO_SETTINGS_MODULE": "settings"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_and_serves_another_project(wheel: Path, python: Path, project: Path) -> None:
    files = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(PACKAGES)}
    found = json.loads(run(str(python), "-W", "error", "-c", USE, cwd=project))

    assert held == files
    assert found == {
        "inserted": {"shop_product": 10, "shop_review": 30},
        "dashboard": 200,
        "style": True,
        "deleted": 40,
        "installed": True,
        "terpseed": False,
    }
