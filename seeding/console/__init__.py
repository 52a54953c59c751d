"""Output before and after a run, rendered by Rich; plain lines without a terminal. Each command imports only its own."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seeding.console.layout import PLAIN_WIDTH, console

if TYPE_CHECKING:
    from seeding.console.check import show_report
    from seeding.console.explanation import show_explanation
    from seeding.console.mask import markdown_inventory, show_inventory, show_masking
    from seeding.console.profiles import show_profile, show_profiles
    from seeding.console.restoration import show_reset, show_verification
    from seeding.console.runs import AGAIN, show_plan, show_rollback, show_summary
    from seeding.console.snapshots import show_snapshots
    from seeding.console.status import show_environments, show_lock, show_status

_NAMES = {
    "check": ("show_report",),
    "explanation": ("show_explanation",),
    "mask": ("markdown_inventory", "show_inventory", "show_masking"),
    "profiles": ("show_profile", "show_profiles"),
    "restoration": ("show_reset", "show_verification"),
    "runs": ("AGAIN", "show_plan", "show_rollback", "show_summary"),
    "snapshots": ("show_snapshots",),
    "status": ("show_environments", "show_lock", "show_status"),
}
_HOMES = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names}

__all__ = [
    "AGAIN",
    "PLAIN_WIDTH",
    "console",
    "markdown_inventory",
    "show_environments",
    "show_explanation",
    "show_inventory",
    "show_lock",
    "show_masking",
    "show_plan",
    "show_profile",
    "show_profiles",
    "show_report",
    "show_reset",
    "show_rollback",
    "show_snapshots",
    "show_status",
    "show_summary",
    "show_verification",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
