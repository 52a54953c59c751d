"""Which database a model belongs to, by the project's DATABASE_ROUTERS."""

from __future__ import annotations

from django.db import models, router


def sent_elsewhere(using: str, model: type[models.Model]) -> str:
    """Why the model's rows do not belong into the database `using`; empty if they do.

    A router that has no opinion about writes sends nothing elsewhere: Django would write to `default`, and the command has
    named its database.
    """
    for one in router.routers:
        chosen = one.db_for_write(model) if hasattr(one, "db_for_write") else None
        if chosen:
            if chosen != using:
                return f"a database router writes it to {chosen!r} (--database={chosen})"
            break
    if not router.allow_migrate_model(using, model):
        return f"a database router keeps it out of {using!r} (allow_migrate)"
    return ""
