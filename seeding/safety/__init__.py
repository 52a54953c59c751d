"""Refuses servers and tables on which rows could be lost, mixed up or left unmasked, and says why.

Seeding, rollback, masking and `seed_check` check here before they write. Nothing overrides a refusal.
"""

from seeding.safety.refusal import Refusal, Touch, told
from seeding.safety.server_checks import require_safe_server, require_visible
from seeding.safety.table_checks import LEDGER, Survey, survey, touched

__all__ = [
    "LEDGER", "Refusal", "Survey", "Touch", "require_safe_server", "require_visible", "survey", "told", "touched",
]  # fmt: skip
