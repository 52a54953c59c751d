"""Deterministic, ledgered, reversible database seeding for Django.

The names in `__all__` are the public API. Each is loaded on first use, because Django imports this package before models can
be imported.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeding.api import check, mask, rollback, seed, status
    from seeding.arrays import Floats, Integers, Mask, Words
    from seeding.conf import CheckConfig, Environment, MaskingConfig, RollbackConfig, SeedConfig, Strategy
    from seeding.conf.profiles import Fact
    from seeding.exceptions import SeedingError
    from seeding.generation.combinations import combinations, pairs
    from seeding.generation.datasets import Dataset
    from seeding.generation.registry import Registry
    from seeding.generation.rows import Rows, decimals, divide, numerals, only, remembered, take
    from seeding.generation.seeders import (
        BaseSeeder,
        Condition,
        Derivation,
        ExistingRows,
        RecordCount,
        RowRule,
        SeederConfig,
    )
    from seeding.generation.trees import Tree, tree
    from seeding.masking.cipher import Cipher
    from seeding.masking.results import MaskingResult, MaskingSummary
    from seeding.masking.strategies.base import Drawn, InventedStrategy, MaskingStrategy, Mode
    from seeding.masking.strategies.invented_words import TAG_LENGTH, tag
    from seeding.orchestration.forecast import Forecast
    from seeding.orchestration.results import RunSummary, SeederResult, SeederState
    from seeding.rollbacks.results import Kept, Modified, RollbackResult, RollbackSummary
    from seeding.schema.references import NamingField, ReferencingJSONField, TypedReferenceField
    from seeding.schema.results import Difference, ValidationError, ValidationResult
    from seeding.telemetry.events import Event, Sink
    from seeding.verification.invariants import Breaking, Check, Invariant, Seeded, invariant, unless
    from seeding.verification.results import CheckReport, Verdict
    from seeding.verification.status import Status

__path__.append(str(Path(__file__).parent / "deprecated"))  # the import paths of earlier releases

_NAMES = {
    "api": ("check", "mask", "rollback", "seed", "status"),
    "arrays": ("Floats", "Integers", "Mask", "Words"),
    "conf": ("CheckConfig", "Environment", "MaskingConfig", "RollbackConfig", "SeedConfig", "Strategy"),
    "conf.profiles": ("Fact",),
    "exceptions": ("SeedingError",),
    "generation.combinations": ("combinations", "pairs"),
    "generation.registry": ("Registry",),
    "generation.rows": ("Rows", "decimals", "divide", "numerals", "only", "remembered", "take"),
    "generation.datasets": ("Dataset",),
    "generation.seeders": (
        "BaseSeeder",
        "Condition",
        "Derivation",
        "ExistingRows",
        "RecordCount",
        "RowRule",
        "SeederConfig",
    ),
    "generation.trees": ("Tree", "tree"),
    "masking.cipher": ("Cipher",),
    "masking.results": ("MaskingResult", "MaskingSummary"),
    "masking.strategies.base": ("Drawn", "InventedStrategy", "MaskingStrategy", "Mode"),
    "masking.strategies.invented_words": ("TAG_LENGTH", "tag"),
    "orchestration.forecast": ("Forecast",),
    "orchestration.results": ("RunSummary", "SeederResult", "SeederState"),
    "rollbacks.results": ("Kept", "Modified", "RollbackResult", "RollbackSummary"),
    "schema.references": ("NamingField", "ReferencingJSONField", "TypedReferenceField"),
    "schema.results": ("Difference", "ValidationError", "ValidationResult"),
    "telemetry.events": ("Event", "Sink"),
    "verification.invariants": ("Breaking", "Check", "Invariant", "Seeded", "invariant", "unless"),
    "verification.results": ("CheckReport", "Verdict"),
    "verification.status": ("Status",),
}
_HOMES = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names}

__all__ = [
    "TAG_LENGTH",
    "BaseSeeder",
    "Breaking",
    "Check",
    "CheckConfig",
    "CheckReport",
    "Cipher",
    "Condition",
    "Dataset",
    "Derivation",
    "Difference",
    "Drawn",
    "Environment",
    "Event",
    "ExistingRows",
    "Fact",
    "Floats",
    "Forecast",
    "Integers",
    "Invariant",
    "InventedStrategy",
    "Kept",
    "Mask",
    "MaskingConfig",
    "MaskingResult",
    "MaskingStrategy",
    "MaskingSummary",
    "Mode",
    "Modified",
    "NamingField",
    "RecordCount",
    "ReferencingJSONField",
    "Registry",
    "RollbackConfig",
    "RollbackResult",
    "RollbackSummary",
    "RowRule",
    "Rows",
    "RunSummary",
    "SeedConfig",
    "Seeded",
    "SeederConfig",
    "SeederResult",
    "SeederState",
    "SeedingError",
    "Sink",
    "Status",
    "Strategy",
    "Tree",
    "TypedReferenceField",
    "ValidationError",
    "ValidationResult",
    "Verdict",
    "Words",
    "check",
    "combinations",
    "decimals",
    "divide",
    "invariant",
    "mask",
    "numerals",
    "only",
    "pairs",
    "remembered",
    "rollback",
    "seed",
    "status",
    "tag",
    "take",
    "tree",
    "unless",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
