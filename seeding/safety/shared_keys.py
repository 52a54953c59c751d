"""Tables of clusters in which several nodes write: their keys are reserved by a row that is inserted and deleted again.

Each node counts by itself and learns of the keys of others from committed rows. What a trigger notes of that row would stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from seeding.safety.catalogues import Relation
from seeding.safety.refusal import Touch


def traces(relation: Relation, *, keeps_history: bool) -> Iterator[tuple[str, str]]:
    """The causes and remedies where the row would leave traces in the table's history or in other tables."""
    if not relation.keys.is_shared:
        return
    why = "several nodes of this cluster accept writes, and its keys are reserved by a row that is inserted and deleted again"
    if keeps_history:
        yield f"keeps the history of its rows (it is system-versioned), and {why}", "leave it out, or seed a single node"
    for trigger in relation.triggers:
        if trigger.events & (Touch.INSERT | Touch.DELETE) and trigger.copies:
            yield (
                f"has the trigger {trigger}, which would note a row that never was: {why}",
                "disable or drop it for the command, leave the table out, or seed a single node",
            )
