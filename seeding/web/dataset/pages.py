"""The picture of the dataset: tables by their references, seeded and real rows, and the distribution of one table's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from seeding.explanation.provenance import model_of
from seeding.generation.own_tables import own_table
from seeding.generation.registry import Registry
from seeding.jobs.actions import Action
from seeding.jobs.standing import state_of
from seeding.jobs.starting import folder
from seeding.masking.classification import inventory
from seeding.models import SeedRun
from seeding.schema.references import references
from seeding.web import table_counts
from seeding.web.access import actions_of, demand_view, ledger_database, may_view
from seeding.web.batch_rows import seeded_tables
from seeding.web.dataset.distributions import distributions, personal_columns
from seeding.web.dataset.graph import Node, graph

NOT_PERSONAL = "nothing personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableNode:
    """A table of the picture, with its rows."""

    node: Node
    seeded: int
    real: int
    kept: int | None
    """Seeded rows that a rollback of everything would keep, by its last preview; None if there is none."""

    @property
    def rows(self) -> int:
        """All of them."""
        return self.seeded + self.real


def show_dataset(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """All tables that are or can be seeded."""
    demand_view(request, SeedRun)
    using = ledger_database()
    drawn = graph(_references(using))
    live = {one.table: one.seeded for one in table_counts.table_counts(using)}
    totals = table_counts.count_rows(using, (node.table for node in drawn.nodes))
    at, kept = _kept(using)
    nodes = [
        TableNode(
            node=node,
            seeded=live.get(node.table, 0),
            real=max(0, (totals.get(node.table) or 0) - live.get(node.table, 0)),
            kept=kept.get(node.table, 0) if at else None,
        )
        for node in drawn.nodes
    ]
    context = {"graph": drawn, "nodes": nodes, "kept_at": at, "title": "Dataset", "actions": actions_of(request)}
    return TemplateResponse(request, "seeding/dataset.html", {**site.each_context(request), **context})


def show_table(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """How the values of one table are distributed, for whoever may view its rows."""
    demand_view(request, SeedRun)
    using, table = ledger_database(), request.GET.get("table", "")
    model = model_of(table)
    if model is None or table not in seeded_tables(using):
        raise Http404("No seeded rows are known of a table of that name.")
    context: dict[str, Any] = {"table": table, "title": f"Values of {table}", "actions": actions_of(request)}
    if may_view(request, site, model):
        classified: dict[str, list[str]] = {}
        for one in inventory(Registry.discover().within(using)):
            if one.holds != NOT_PERSONAL:
                classified.setdefault(one.table, []).append(one.column)
        context["found"] = distributions(using, own_table(model), personal_columns(using, table, classified))
    else:
        context["forbidden"] = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return TemplateResponse(request, "seeding/distributions.html", {**site.each_context(request), **context})


def _references(using: str) -> Mapping[str, Sequence[str]]:
    """Table → the tables that it refers to: of those with a seeder, and of those with seeded rows."""
    found = {table: seeders[0].config.model for table, seeders in Registry.discover().within(using).by_table.items()}
    found |= {table: model for table in seeded_tables(using) if (model := model_of(table)) is not None}
    return {table: list(dict.fromkeys(one.target_table for one in references(model))) for table, model in sorted(found.items())}


def _kept(using: str) -> tuple[datetime | None, Mapping[str, int]]:
    """When a rollback of everything was previewed last on this host, and the rows that it would keep."""
    for job in folder().latest():
        if job.is_preview and job.action is Action.ROLL_BACK and not job.options and job.database == using:
            results = state_of(job).output.get("results")
            if results is not None:
                return job.at, {str(one["table"]): int(one.get("records_kept", 0)) for one in results}
    return None, {}
