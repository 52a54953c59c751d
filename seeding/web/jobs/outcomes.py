"""What a command has told of itself, as its page shows it: tables, example rows, what stays and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.urls import reverse

from seeding.explanation.provenance import model_of
from seeding.jobs.actions import Action
from seeding.web.views import results_of

RESTORED: Mapping[str, str] = {
    "seeded": "seeded, which the database lacked",
    "put_back": "put back as they were seeded",
    "overridden": "given the values that the snapshot has instead of what was seeded",
    "rolled_back": "rolled back, which the snapshot does not have",
}
"""What was done with rows, by its name in the summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Rows that stay in the database, why, and ways to them."""

    words: str
    rows: list[tuple[str, str]]
    """(key, address) of the seeded rows."""
    referring: list[tuple[str, str]]
    """The same of the rows because of which they stay; the address is empty if there is no page of them."""


def outcome(site: AdminSite, action: Action, output: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the page of a command that has ended shows, from the summary that it printed."""
    if action is Action.RESTORE:
        return {
            "stays": [Stay(words=str(one), rows=[], referring=[]) for one in output.get("kept", ())],
            "noted": list(_restored(output)),
        }
    left = output.get("left", ())
    return {
        **results_of(output.get("results", ())),
        "examples": [(table, *_as_table(rows)) for table, rows in sorted(output.get("examples", {}).items()) if rows],
        "stays": [_stay(site, one) for one in (*output.get("kept", ()), *(left if action is Action.RESET else ()))],
        "noted": [*_noted(output), *(_unclassified(one) for one in (left if action is Action.MASK else ()))],
    }


def _as_table(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """The columns of rows, and the rows' values in their order."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return columns, [[row.get(column) for column in columns] for row in rows]


def _stay(site: AdminSite, one: Mapping[str, Any]) -> Stay:
    """What stays of one table for one reason, as a rollback or a reset tells it."""
    table, by = str(one.get("table", "")), str(one.get("by", ""))
    count = one.get("count")
    words = (
        f"{count:,} rows of {table}: {one.get('reason', '')}" if isinstance(count, int) else f"{table}: {one.get('kind', '')}"
    )
    row = reverse("admin:seeding_row")
    keys = [(str(key), f"{row}?{urlencode({'table': table, 'key': key})}") for key in one.get("keys", ())]
    referring = [(str(key), _page_of(site, by.rpartition(".")[0], key)) for key in one.get("referring", ())]
    return Stay(words=f"{words} {by}".rstrip(), rows=keys, referring=referring)


def _page_of(site: AdminSite, table: str, key: Any) -> str:
    """The page of a row that was not seeded, in the admin of its own model; empty if that has none."""
    model = model_of(table)
    if model is None or not site.is_registered(model):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[quote(key)])


def _noted(output: Mapping[str, Any]) -> list[str]:
    """What else a preview says: changed rows, rows of caches, and what could not be compared."""
    changed = [
        f"{one['count']:,} rows of {one['table']} were changed since they were seeded" for one in output.get("modified", ())
    ]
    cached = [f"{one['count']:,} real rows of the cache {one['table']} go along" for one in output.get("cached", ())]
    uncompared = [f"{table}: it cannot be said whether rows were changed" for table in output.get("uncompared", ())]
    return [*changed, *cached, *uncompared]


def _restored(output: Mapping[str, Any]) -> Iterator[str]:
    """What restoring a snapshot has done, or would do, and how far the data is then as it was."""
    for name, words in RESTORED.items():
        if output.get(name):
            yield f"{output[name]:,} rows {'would be' if output.get('dry_run') else 'were'} {words}"
    yield from (f"{table}: its rows are not as in the snapshot" for table in output.get("unlike", ()))
    yield from (
        f"{table}: the snapshot cannot say whether its rows are as they were" for table in output.get("not_compared", ())
    )
    yield from (f"the snapshot does not hold: {words} ({count:,})" for words, count in output.get("not_held", {}).items())


def _unclassified(one: Mapping[str, Any]) -> str:
    return f"{one['table']}.{one['column']} looks like personal data ({one['kind']}), and nobody has decided whether it is"
