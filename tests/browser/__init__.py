"""The admin in a real browser: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")


def executable() -> str | None:
    """Where the browser is; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def version() -> str:
    """What the browser says that it is."""
    told = subprocess.run([executable() or "", "--version"], capture_output=True, text=True, check=False).stdout
    return " ".join(told.split()[:2])


def missing() -> str:
    """Why the pages cannot be tested in a browser; empty where they can."""
    return "" if executable() else f"none of {', '.join(NAMES)} is installed"
