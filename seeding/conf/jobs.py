"""Processes that the admin starts: where their records lie, how they are started, and who asked for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import ENVIRONMENT_VARIABLE, settings

from seeding.conf.reading import file_from
from seeding.exceptions import ConfigurationError

REQUESTED_BY = "SEEDING_REQUESTED_BY"
LONGEST_NAME = 255


def job_folder(variables: Mapping[str, str] = os.environ) -> Path:
    """`SEEDING_JOB_FOLDER`, else jobs in the log folder, else seeding-jobs in the working directory."""
    return (file_from(variables, "SEEDING_JOB_FOLDER", "jobs") or Path("seeding-jobs")).absolute()


def requested_by(variables: Mapping[str, str] = os.environ) -> str:
    """The admin account that asked for this process (`SEEDING_REQUESTED_BY`): printable, on one line; empty if none did."""
    return printable(variables.get(REQUESTED_BY) or "")[:LONGEST_NAME]


def printable(text: str) -> str:
    """The text with a question mark for every character that a log or a terminal would not show as itself."""
    return "".join(one if one.isprintable() else "?" for one in text)


def manage_command(variables: Mapping[str, str] = os.environ) -> list[str]:
    """What `manage.py` is for a process of its own: the setting SEEDING_MANAGE, else this Python and Django's own command.

    Raises ConfigurationError if there is no settings module to name, or the setting is not a list of texts.
    """
    said = getattr(settings, "SEEDING_MANAGE", None)
    if said is None:
        if not variables.get(ENVIRONMENT_VARIABLE):
            raise ConfigurationError(f"{ENVIRONMENT_VARIABLE} is not set: a process of its own would not find the settings.")
        return [sys.executable, "-m", "django"]
    if not isinstance(said, (list, tuple)) or not said or not all(isinstance(one, str) and one for one in said):
        raise ConfigurationError('SEEDING_MANAGE: give a list such as ["/srv/venv/bin/python", "manage.py"].')
    return list(said)
