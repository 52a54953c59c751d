"""References without a foreign key. Deprecated."""

from seeding.deprecated import moved

__getattr__ = moved(
    __name__,
    ("seeding", "NamingField", "ReferencingJSONField", "TypedReferenceField"),
)
