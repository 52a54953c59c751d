"""What `seed_explain` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape

from seeding.console.layout import moment, say, short, table_for
from seeding.explanation.results import ExplainedColumn, ParentRow, ReferringRows, Role, RowExplanation

STATES = {True: "as seeded", False: "[red]differs[/]", None: "-"}
DERIVED = {True: "as derived", False: "[red]stale[/]", None: "-"}
ORIGINS = {"generated": "generated", "source": "loaded from files", "receiver": "created by a receiver of the application"}
NULL = "null"


def show_explanation(out: Console, one: RowExplanation) -> None:
    """Where the row comes from, its columns, and who refers to it."""
    say(out, f"[bold]{escape(one.table)} {escape(one.key)}[/]: {_standing(one)}")
    for name, words in _origin(one):
        say(out, f"  {name:<9} {escape(words)}")
    if one.note:
        say(out, f"\nIts columns are not shown: {escape(one.note)}.")
    if one.columns:
        _show_columns(out, one.columns)
    if one.is_there is not None:
        _show_referring(out, one.referring)


def _standing(one: RowExplanation) -> str:
    if one.rolled_back_at is not None:
        return f"seeded, and rolled back by run {one.rolled_back_in} at {moment(one.rolled_back_at)}"
    if one.is_there is False:
        return "seeded; in the database: [red]missing[/]"
    differing = ", ".join(each.column for each in one.differing)
    return f"seeded; [red]not as seeded[/]: {escape(differing)}" if differing else "seeded"


def _origin(one: RowExplanation) -> Iterator[tuple[str, str]]:
    """What the ledger says of the row."""
    asked = f", requested by {one.requested_by}" if one.requested_by else ""
    yield "run", f"{one.run} ({one.command}), {moment(one.seeded_at)} UTC, by {one.account}{asked}, in {one.environment}"
    yield "batch", str(one.batch)
    yield "seeder", f"{one.seeder}, row index {one.index:,}"
    yield "origin", ORIGINS.get(one.origin, one.origin)
    can = f"cannot be repeated: {one.obstacle}" if one.obstacle else "can be repeated now"
    yield "version", f"{one.generator_version}; {can}"
    yield "dataset", f"seed {one.seed}, as of {one.as_of}" + (f", profile {one.profile[:12]}" if one.profile else "")


def _show_columns(out: Console, columns: Sequence[ExplainedColumn]) -> None:
    say(out, "")
    table = table_for(out, ("column", "from", "generated", "in the database", "state", "more"), ())
    for one in columns:
        expected = _text(one.expected) if one.is_known else "-"
        found = _text(one.found)
        more = "; ".join(_more(one))
        state = (DERIVED if one.role is Role.DERIVED else STATES)[one.is_same]
        table.add_row(escape(one.column), one.role, escape(expected), escape(found), state, escape(more))
    out.print(table)


def _more(one: ExplainedColumn) -> Iterator[str]:
    yield from (_parent(parent) for parent in one.parents)
    if one.found_parent is not None:
        yield f"now {_parent(one.found_parent)}"
    if one.is_personal:
        yield "personal"
    if one.rule:
        yield f"rule {short(one.rule)}"
    if one.note:
        yield one.note


def _parent(one: ParentRow) -> str:
    index = "not seeded" if one.index is None else f"row index {one.index:,}"
    gone = ", which is gone" if one.is_there is False else ""
    return f"→ {one.table}{f' {one.key}' if one.key else ''} ({index}){gone}"


def _show_referring(out: Console, referring: Sequence[ReferringRows]) -> None:
    if not referring:
        say(out, "\nNothing refers to it.")
        return
    say(out, "\nReferred to by")
    for one in referring:
        counts = [
            f"{count:,} {kind} ({', '.join(keys)}{', …' if count > len(keys) else ''})" if keys else f"{count:,} {kind}"
            for count, kind, keys in ((one.seeded, "seeded", one.seeded_keys), (one.real, "real", one.real_keys))
            if count
        ]
        say(out, f"  {escape(f'{one.table}.{one.column}')}: {escape(one.problem or ', '.join(counts))}")


def _text(value: str | None) -> str:
    return NULL if value is None else short(value)
