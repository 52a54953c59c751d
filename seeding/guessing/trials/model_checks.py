"""What a model's fields and CHECKs say of single values and of rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db import connections, models


def suits(field: models.Field[object, object], value: object, using: str) -> bool:
    """Whether the field's validators take the value, and whether it can be written to the database `using`."""
    try:
        known = field.to_python(value)
        if isinstance(field, models.FileField):
            known = field.attr_class(None, field, known)  # type: ignore[arg-type]  # a file field takes no row here
        field.run_validators(known)
        field.get_db_prep_save(value, connections[using])
    except Exception:  # noqa: BLE001 - external code: whatever it raises, it does not take the value
        return False
    return True


def keeps(check: models.CheckConstraint, model: type[models.Model], row: models.Model, using: str) -> bool:
    """Whether the row keeps the CHECK, as far as the model can tell."""
    try:
        check.validate(model, row, using=using)
    except ValidationError:
        return False
    except Exception:  # noqa: BLE001 - it cannot be evaluated here, and the database judges it
        return True
    return True


def named(condition: object) -> Iterator[str]:
    """The fields that a condition names."""
    for text in re.findall(r"'(\w+)'|F\((\w+)\)", repr(condition)):
        name = text[0] or text[1]
        yield name
        yield name.split("__")[0]
