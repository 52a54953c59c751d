"""`python -m tests.projects oscar wagtail`: install each project in a virtual environment of its own, and measure it there."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGES = {
    "allauth": ["django-allauth[mfa,socialaccount,idp-oidc]"],
    "cms": ["django-cms", "packaging"],
    "oscar": ["django-oscar[sorl-thumbnail]"],
    "pretix": ["pretix"],
    "wagtail": ["wagtail"],
    "wiki": ["wiki"],
}
"""The packages of each project, from the configured index."""


def measure(project: str, folder: Path, tables: list[str]) -> int:
    """Run `measure` in the environment of the project; returns its exit code."""
    python = folder / project / "bin" / "python"
    if not python.exists():
        venv.create(folder / project, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, str(ROOT), *PACKAGES[project]], check=True)
    environment = {
        **os.environ,
        "PROJECT": project,
        "PROJECT_FOLDER": str(folder / f"{project}-data"),
        "DJANGO_SETTINGS_MODULE": "tests.projects.settings",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run([str(python), str(HERE / "measure.py"), *tables], env=environment, check=False).returncode


if __name__ == "__main__":
    where = Path(os.environ.get("PROJECTS", "/tmp/projects"))  # noqa: S108 - or where PROJECTS says
    where.mkdir(parents=True, exist_ok=True)
    sys.exit(max(measure(name, where, []) for name in sys.argv[1:] or PACKAGES))
