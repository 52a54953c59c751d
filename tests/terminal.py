"""A picture of a run as a terminal shows it: `python -m tests.terminal` makes docs/pictures/seed.svg anew."""

from __future__ import annotations

import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "seed.svg"
WIDTH = 96
SETTINGS = """
INSTALLED_APPS += ["seeding", "seeding.example"]
DATABASES["default"]["NAME"] = "db.sqlite3"
"""
PROGRESS = re.compile(r"\x1b\[\?25l.*?\x1b\[\?25h\s*\x1b\[1A\x1b\[2K", re.DOTALL)
"""The bar that is gone when the run has ended."""
FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
"""Rich would have every reader fetch a font."""


def typed(command: list[str], folder: Path) -> str:
    """What a program writes to a terminal of WIDTH columns."""
    ours = ("DATABASE_URL", "SEEDING_", "DJANGO_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    terminal, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, WIDTH, 0, 0))
    environment |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    with suppress(OSError):  # the terminal is closed
        while part := os.read(terminal, 1 << 16):
            said += part
    if process.wait():
        raise RuntimeError(said.decode())
    return said.decode()


def main() -> None:
    """Make a project as the README says, and draw what `seed` says there."""
    from rich._export_format import CONSOLE_SVG_FORMAT

    with tempfile.TemporaryDirectory() as name:
        folder, python = Path(name), sys.executable
        typed([python, "-m", "django", "startproject", "mysite", "."], folder)
        with (folder / "mysite" / "settings.py").open("a", encoding="utf-8") as settings:
            settings.write(SETTINGS)
        typed([python, "manage.py", "migrate"], folder)
        said = typed([python, "manage.py", "seed"], folder)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ python manage.py seed", style="bold"))
    console.print(Text.from_ansi(PROGRESS.sub("", said.replace("\r\n", "\n"))))
    svg = console.export_svg(
        title="five tables, one command", theme=DIMMED_MONOKAI, code_format=FONTS.sub("", CONSOLE_SVG_FORMAT)
    )
    PICTURE.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
