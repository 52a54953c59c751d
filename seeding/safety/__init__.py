"""Refuses servers and tables on which rows could be lost, mixed up or left unmasked, and says why.

Seeding, rollback, masking and `seed_check` check here before they write. Nothing overrides a refusal.
"""

from seeding.safety.catalogues import Need
from seeding.safety.refusal import Refusal, Survey, Touch, told
from seeding.safety.rights import derived, needed, require_ledger, require_rights
from seeding.safety.server_checks import is_visible, require_safe_server, require_visible, topology_of
from seeding.safety.table_checks import LEDGER, survey, touched

__all__ = [
    "LEDGER", "Need", "Refusal", "Survey", "Touch", "derived", "is_visible", "needed", "require_ledger", "require_rights",
    "require_safe_server", "require_visible", "survey", "told", "topology_of", "touched",
]  # fmt: skip
