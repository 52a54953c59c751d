"""`python -m tests.projects oscar wagtail`: install each project in a virtual environment of its own, and measure it there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "allauth": ["django-allauth[mfa,socialaccount,idp-oidc]"],
    "cms": ["django-cms", "packaging"],
    "helpdesk": ["django-helpdesk"],
    "ledger": ["django-ledger"],
    "oscar": ["django-oscar[sorl-thumbnail]", "mysqlclient"],
    "pretix": ["pretix"],
    "specimens": [],
    "wagtail": ["wagtail"],
    "wiki": ["wiki"],
}
"""The packages of each project, from the configured index; `specimens` is one of our own."""
ON_MARIADB = ("oscar",)
"""Projects whose drafts are measured on MariaDB too."""
RUNS = (("automatic", ""), ("drafts", ""), ("drafts", "mariadb"))
"""What is measured, and on which server: SQLite, or its name."""
STEPS = ("dangling", "second run", "real row", "growth", "rollback", "kill")
"""What is as promised if nothing is said of it."""


def measure(project: str, folder: Path) -> None:
    """Run `seed --auto` and then the drafts of single tables in the environment of the project."""
    python = folder / project / "bin" / "python"
    if not python.exists():
        venv.create(folder / project, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, str(ROOT), "model_bakery", *PACKAGES[project]], check=True)
    environment = {
        **os.environ,
        "PROJECT": project,
        "PROJECT_FOLDER": str(folder / f"{project}-data"),
        "DJANGO_SETTINGS_MODULE": "tests.projects.settings",
        "PYTHONPATH": str(ROOT),
    }
    for module, server in RUNS if project in ON_MARIADB else RUNS[:2]:
        told = {**environment, "PROJECT_SERVER": server}
        subprocess.run([str(python), "-m", f"tests.projects.{module}"], env=told, cwd=folder, check=False)


def found(folder: Path) -> dict[str, dict[str, Any]]:
    """What is known of each project that was measured."""
    known: dict[str, dict[str, Any]] = {}
    for project in PACKAGES:
        for name in ("automatic", "drafts", "drafts-mariadb"):
            path = folder / f"{project}-data" / f"{name}.json"
            if path.exists():
                known.setdefault(project, {})[name] = json.loads(path.read_text(encoding="utf-8"))
    return known


def table(known: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The results, a line per project and one for all."""
    yield "| project | tables filled | left out | full_clean() passed | admin pages that fail | not as promised | drafts |"
    yield "| --- | ---: | ---: | ---: | ---: | --- | ---: |"
    sums = [0, 0, 0, 0]
    for project, one in known.items():
        if (auto := one.get("automatic")) is None:
            continue
        filled, passed = auto["tables"] - len(auto["unfilled"]), auto["asked"] - auto["invalid"]
        sums = [old + new for old, new in zip(sums, (filled, auto["tables"], passed, auto["asked"]), strict=True)]
        wrong = ", ".join(f"{step}{'' if step in auto else ' (not measured)'}" for step in STEPS if auto.get(step, True))
        pages, servers = len(auto.get("pages", ())), [one[name] for name in ("drafts", "drafts-mariadb") if name in one]
        run = ", ".join(f"{drafts.get('passed', 0)} of {drafts['tables']}" for drafts in servers) or "-"
        yield (
            f"| {project} | {filled} of {auto['tables']} | {len(auto['left out'])} | {passed} of {auto['asked']} "
            f"| {pages} | {wrong or 'nothing'} | {run} |"
        )
    share = [f"{100 * part / whole:.1f} %" if whole else "-" for part, whole in (sums[:2], sums[2:])]
    yield f"| all | {share[0]} | | {share[1]} | | | |"


if __name__ == "__main__":
    where = Path(os.environ.get("PROJECTS", "/tmp/projects"))  # noqa: S108 - or where PROJECTS says
    where.mkdir(parents=True, exist_ok=True)
    for name in [name for name in sys.argv[1:] if name != "table"] or ([] if "table" in sys.argv[1:] else PACKAGES):
        measure(name, where)
    everything = found(where)
    (where / "projects.json").write_text(json.dumps(everything, indent=1), encoding="utf-8")
    sys.stdout.write("\n".join(table(everything)) + "\n")
