"""The admin's seeding pages: the dashboard and its live parts, a run, a batch, a row and its origin.

Nothing here writes. A view queries the ledger and passes frozen values to a template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from seeding.exceptions import SeedingError
from seeding.explanation.provenance import Provenance, model_of
from seeding.explanation.provenance import provenance as provenance_of
from seeding.generation.own_tables import own_table
from seeding.models import SeedingMetadata, SeedRun
from seeding.templatetags.figures import grouped, span
from seeding.web import batch_rows, charts, run_history, table_counts
from seeding.web.access import actions_of, demand_view, ledger_database, may_view
from seeding.web.run_history import RunFigures

RUNS = 20
"""Number of runs in the dashboard's charts and list."""
SHOWN_APART = frozenset({"error", "success", "exit_code"})
"""Values that a run's table of results omits."""

RANGES = 100
"""Maximum number of key ranges that the page of a batch lists."""
KINDS = {"state": "state", "duration": "seconds"}
"""Kinds of result values that are neither plain text nor plain numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value of a result, or the heading of its column."""

    name: str
    value: Any
    kind: str
    """number, seconds, state or text."""

    @property
    def aligned(self) -> bool:
        """Whether it is a figure, which is right-aligned."""
        return self.kind in ("number", "seconds")


class RowForm(forms.Form):
    """Selects a row by table and primary key."""

    table = forms.ChoiceField()
    key = forms.CharField(label="Primary key", widget=forms.TextInput(attrs={"size": 12}))

    def __init__(self, tables: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["table"] = forms.ChoiceField(choices=[(table, table) for table in tables])


def figures_of(runs: Sequence[SeedRun]) -> list[RunFigures]:
    """Current figures of the runs."""
    return run_history.figures(runs, ledger_database(), datetime.now(UTC))


def show_dashboard(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The seeded tables, the last runs, and the one in progress."""
    demand_view(request, SeedRun)
    context = {**_overview(), **site.each_context(request), "title": "Seeding dashboard", "actions": actions_of(request)}
    return TemplateResponse(request, "seeding/dashboard.html", context)


def tell_dashboard(request: HttpRequest) -> JsonResponse:
    """The live parts of the dashboard."""
    demand_view(request, SeedRun)
    context = _overview()
    return parts_of(request, context, "progress", "state", "tables", "charts")


def show_row(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """A seeded row and its batch, with the form that finds them by table and key."""
    demand_view(request, SeedingMetadata)
    using = ledger_database()
    asked, table = request.GET if "key" in request.GET else None, request.GET.get("table")
    form = RowForm(batch_rows.seeded_tables(using), asked, initial={"table": table})
    context: dict[str, Any] = {"form": form, "title": "Find a seeded row", "actions": actions_of(request)}
    if form.is_valid():
        context |= _row(request, site, using, **form.cleaned_data)
    return TemplateResponse(request, "seeding/row.html", {**site.each_context(request), **context})


def account(run: SeedRun) -> dict[str, Any]:
    """Everything that the page of a run shows."""
    using = ledger_database()
    (figures,) = figures_of([run])
    fate = run_history.fate(run, using)
    return {
        "figures": figures,
        "progress": run_history.progress(figures, using) if len(run.results) < len(run.plan.get("steps", ())) else None,
        "plan": list(_plan(run.plan)),
        "failures": [result for result in run.results if result.get("error")],
        "skipped": run_history.skipped(run, using),
        "masked": run_history.masked(run, using),
        "fate": fate,
        "there": any(share.run is None for share in fate),
        "undone": run_history.undone(run, using),
        **results_of(run.results),
    }


def batch(entry: SeedingMetadata) -> dict[str, Any]:
    """Everything that the page of a batch shows."""
    ranges = batch_rows.ranges_of(entry)
    return {"batch": entry, "ranges": ranges[:RANGES], "more": len(ranges[RANGES:])}


def _plan(plan: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The requested options, by name."""
    for key, value in plan.items():
        name = key.replace("_", " ")
        if name == "steps":
            yield "rows", sum(step["rows"] for step in value)
        elif isinstance(value, list):
            yield name, ", ".join(map(str, value)) or "all"
        elif isinstance(value, dict):
            yield name, ", ".join(f"{one} {held}" if isinstance(held, str) else one for one, held in value.items())
        elif value not in (None, False):
            yield name, value


def results_of(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The results of any command as columns and rows: all their plain values, in their order."""
    names = [name for result in results for name, value in result.items() if not isinstance(value, (dict, list))]
    columns = [name for name in dict.fromkeys(names) if name not in SHOWN_APART]
    numbers = {name for name in columns if all(isinstance(result.get(name, 0), (int, float)) for result in results)}
    kinds = {name: KINDS.get(name, "number" if name in numbers else "text") for name in columns}
    return {
        "columns": [Field(name=name.removeprefix("records_"), value=None, kind=kinds[name]) for name in columns],
        "results": [[Field(name=name, value=result.get(name, ""), kind=kinds[name]) for name in columns] for result in results],
    }


def _overview() -> dict[str, Any]:
    using = ledger_database()
    runs = figures_of(list(SeedRun.objects.using(using)[:RUNS]))
    running = next((one for one in runs if one.run.state == SeedRun.State.RUNNING), None)
    held = table_counts.table_counts(using)
    return {
        "runs": runs,
        "progress": run_history.progress(running, using) if running else None,
        "holdings": held,
        "seeded": sum(one.seeded for one in held),
        "rows": sum(one.rows for one in held),
        "largest": max((one.seeded for one in held), default=0),
        "charts": _charts([one for one in reversed(runs) if one.run.finished_at]),
    }


def _charts(runs: Sequence[RunFigures]) -> list[charts.Chart]:
    def bar(one: RunFigures, value: float, words: str) -> charts.Bar:
        kind = one.run.command if one.run.state == SeedRun.State.SUCCEEDED else "failed"
        return charts.Bar(name=str(one.run.pk), value=value, words=words, kind=kind)

    return [
        charts.columns("Duration of each run", "seconds", [bar(one, one.seconds, span(one.seconds)) for one in runs]),
        charts.columns(
            "Rate of each run",
            "rows per second",
            [bar(one, one.rate or 0.0, f"{grouped(one.rate)} rows per second") for one in runs],
        ),
    ]


def parts_of(request: HttpRequest, context: dict[str, Any], *names: str) -> JsonResponse:
    """The parts of a page about a run, and whether it still goes on; none if it does not."""
    going = context["progress"] is not None and context["progress"].alive
    parts = {name: render_to_string(f"seeding/parts/{name}.html", context, request) for name in names} if going else {}
    return JsonResponse({"running": going, "parts": parts})


def _row(request: HttpRequest, site: AdminSite, using: str, table: str, key: str) -> dict[str, Any]:
    from seeding.schema.introspection import lacking  # imported late, as every command loads the admin

    found = provenance_of(using, table, key)
    context: dict[str, Any] = {"table": table, "key": key, "found": found, "title": f"Row {key} of {table}"}
    model = model_of(table)
    if found is None or not found.entry.live:
        return context
    if model is None or lacking(connections[using], (own_table(model),))[table]:
        return {**context, "unknown": True}
    if not may_view(request, site, model):
        return {**context, "forbidden": f"{model._meta.app_label}.view_{model._meta.model_name}"}
    context |= _explained(request, site, using, found)
    explanation = context.get("explanation")
    explained = {one.column: one for one in explanation.columns} if explanation else {}
    context["cells"] = batch_rows.cells(using, model, found.number, found.entry, explained)
    if site.is_registered(model) and context["cells"] is not None and (single := found.single_key):
        context["admin_key"] = quote(single)
        context["elsewhere"] = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return context


def _explained(request: HttpRequest, site: AdminSite, using: str, found: Provenance) -> dict[str, Any]:
    """What `seed_explain` says of a row, and of which referring rows this person may see the keys; or why it says nothing."""
    from seeding.explanation.explainer import explain  # imported late, as every command loads the admin
    from seeding.generation.registry import Registry
    from seeding.scaffold import recalled

    try:
        registry = Registry.discover()
        if found.entry.seeder_name not in registry.by_name:
            registry = recalled(using, registry)
        explanation = explain(using, registry.within(using), found, reads_values=False)
    except SeedingError as error:
        return {"unexplained": str(error)}
    models_of = {one.table: model_of(one.table) for one in explanation.referring}
    named = {table for table, model in models_of.items() if model is not None and may_view(request, site, model)}
    return {"explanation": explanation, "referring": [(one, one.table in named) for one in explanation.referring]}
