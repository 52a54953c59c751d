#!/usr/bin/env python
# PYTHON_ARGCOMPLETE_OK
"""Django's command line for this project."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command; wrong settings are one line and exit code 1, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings.base")
    try:
        if "_ARGCOMPLETE" in os.environ:  # a shell asks how the line may go on
            from seeding.completion import complete

            complete()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
