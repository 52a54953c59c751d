"""What a seeder is. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    ("seeding", "BaseSeeder", "Condition", "Dataset", "Derivation", "RecordCount", "RowRule", "SeederConfig"),
)
