"""`python -m tests.coverage`: fails where the tests reach less than 80 % of a module, lines and branches together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

REPORT = Path("build/coverage/report.json")
LEAST = 80.0
"""Per cent: the figure of the customer's design document."""


def main() -> None:
    """Name each module that falls short; pytest has combined what every process has measured."""
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "json", "--quiet", "-o", str(REPORT)], check=True)
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    reached = {name: file["summary"]["percent_covered"] for name, file in report["files"].items()}
    short = {name: share for name, share in reached.items() if share < LEAST}
    for name, share in sorted(short.items(), key=lambda one: one[1]):
        sys.stdout.write(f"{share:6.1f} %  {name}\n")
    total = report["totals"]["percent_covered"]
    sys.stdout.write(f"{total:.1f} % of {len(reached)} modules' lines and branches are tested.\n")
    if short:
        sys.exit(f"{len(short)} modules are below {LEAST:.0f} %.")


if __name__ == "__main__":
    main()
