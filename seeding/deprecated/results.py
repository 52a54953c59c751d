"""What a run hands back. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    (
        "seeding",
        "CheckReport",
        "Difference",
        "Kept",
        "MaskingResult",
        "MaskingSummary",
        "Modified",
        "RollbackResult",
        "RollbackSummary",
        "RunSummary",
        "SeederResult",
        "SeederState",
        "ValidationError",
        "ValidationResult",
        "Verdict",
    ),
    ("seeding.masking.results", "ClassifiedColumn", "LeftColumn"),
    ("seeding.orchestration.results", "exit_code"),
)
