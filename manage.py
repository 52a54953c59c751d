#!/usr/bin/env python
# PYTHON_ARGCOMPLETE_OK
"""Django's command line for this project."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error

from seeding.db.drivers import missing_driver
from seeding.db.error_hints import hint


def main() -> None:
    """Run the command; wrong settings, and what the database denies to a command of Django's, are one line, no traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings.base")
    try:
        if "_ARGCOMPLETE" in os.environ:  # a shell asks how the line may go on
            from seeding.management.completion import complete

            complete()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"manage.py: {missing_driver(error) or error}")
    except Error as error:
        advice = hint(error) or (hint(error.__context__) if error.__context__ else "")
        if not advice:
            raise
        sys.exit(f"manage.py: {error}. {advice}")


if __name__ == "__main__":
    main()
