"""Output before and after a run, rendered by Rich; plain lines without a terminal."""

from seeding.console.check import show_report
from seeding.console.layout import PLAIN_WIDTH, console
from seeding.console.mask import markdown_inventory, show_inventory, show_masking
from seeding.console.runs import AGAIN, show_plan, show_rollback, show_summary
from seeding.console.status import show_environments, show_lock, show_status

__all__ = [
    "AGAIN",
    "PLAIN_WIDTH",
    "console",
    "markdown_inventory",
    "show_environments",
    "show_inventory",
    "show_lock",
    "show_masking",
    "show_plan",
    "show_report",
    "show_rollback",
    "show_status",
    "show_summary",
]
