"""Refuses servers and tables on which rows could be lost, mixed up or left unmasked, and says why.

Seeding, rollback, masking and `seed_check` check here before they write. Nothing overrides a refusal.
"""

from seeding.safety.refusal import Refusal, Touch, told
from seeding.safety.server_checks import is_visible, require_safe_server, require_visible, topology_of
from seeding.safety.table_checks import LEDGER, Survey, survey, touched

__all__ = [
    "LEDGER", "Refusal", "Survey", "Touch", "is_visible", "require_safe_server", "require_visible", "survey", "told",
    "topology_of", "touched",
]  # fmt: skip
