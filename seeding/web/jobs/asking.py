"""The pages that ask for a command: a new run, and what is to be rolled back, reset, masked or restored. A preview answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from seeding.conf import SeedConfig
from seeding.db.redaction import without_credentials
from seeding.exceptions import SeedingError
from seeding.generation.registry import Registry
from seeding.jobs import launching
from seeding.jobs.actions import Action
from seeding.jobs.standing import state_of
from seeding.jobs.starting import folder
from seeding.models import SeedRun
from seeding.orchestration.forecast import Forecast
from seeding.web.access import actions_of, demand, ledger_database, requested
from seeding.web.batch_rows import seeded_tables
from seeding.web.jobs.requests import FORMS, NewRunForm, RequestForm, RestoreForm, RollBackForm, asked_again, asked_by_plan

WHOLE_PREVIEW = 50_000
"""The most missing rows that a preview generates; of a larger run it generates the smallest size."""
UNGROUPED = "other tables"
PAGES: Mapping[Action, str] = {
    Action.ROLL_BACK: "seeding_rollback",
    Action.RESET: "seeding_reset",
    Action.MASK: "seeding_mask",
    Action.RESTORE: "seeding_restore",
}
"""The action → the name of its page."""
LATEST = 8
"""How many of the last requests the page of a new run lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChoice:
    """A table that can be seeded."""

    table: str
    needs: tuple[str, ...]
    """The tables that come along."""
    chosen: bool


def show_new_run(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The tables by group, with what they need; what is asked for is previewed, and nothing is written."""
    demand(request, Action.SEED)
    return _new_run(request, site, request.POST if request.method == "POST" else None)


def show_request(request: HttpRequest, site: AdminSite, command: str) -> HttpResponse:
    """What is to be rolled back, reset, masked or restored; a preview says what would go and what would stay."""
    action = Action(command)
    demand(request, action)
    return _request(request, site, action, request.POST if request.method == "POST" else None)


@require_POST
def ask_again(request: HttpRequest, site: AdminSite, token: str) -> HttpResponse:
    """Preview once more what was asked for: a run that was stopped resumes where it stopped."""
    job = requested(request, token).job
    asked = asked_again(job.options)
    return _new_run(request, site, asked) if job.action is Action.SEED else _request(request, site, job.action, asked)


@require_POST
def ask_run_again(request: HttpRequest, site: AdminSite, key: int) -> HttpResponse:
    """The same of a run of `seed` that a shell has started; raises Http404 if there is none of which the ledger says enough."""
    demand(request, Action.SEED)
    run = SeedRun.objects.using(ledger_database()).filter(pk=key).first()
    asked = asked_by_plan(run) if run is not None else None
    if asked is None:
        raise Http404("There is no such run of seed.")
    return _new_run(request, site, asked)


def _new_run(request: HttpRequest, site: AdminSite, asked: Any) -> HttpResponse:
    using = ledger_database()
    registry = Registry.discover().within(using)
    form = NewRunForm(registry.by_table, *_profiles(using), asked)
    if form.is_valid():
        try:
            foreseen = _foreseen(using, form.options())
            return _previewed(request, Action.SEED, form.arguments(), _examples_of(form, foreseen), foreseen)
        except (SeedingError, Error) as error:
            form.add_error(None, without_credentials(str(error)))
    actions = actions_of(request)
    lately = (job for job in folder().latest(LATEST) if job.database == using and job.action in actions)
    context = {
        "form": form,
        "groups": _groups(registry, frozenset(form["tables"].value() or ())),
        "jobs": [state_of(job) for job in lately],
        "title": "New run",
        "actions": actions,
    }
    return TemplateResponse(request, "seeding/new_run.html", {**site.each_context(request), **context})


def _request(request: HttpRequest, site: AdminSite, action: Action, asked: Any) -> HttpResponse:
    form = _form(action, ledger_database(), request, asked)
    if form.is_valid():
        try:
            return _previewed(request, action, form.arguments())
        except SeedingError as error:
            form.add_error(None, str(error))
    address = reverse(f"admin:{PAGES[action]}")
    context = {"form": form, "action": action, "title": FORMS[action], "address": address, "actions": actions_of(request)}
    return TemplateResponse(request, "seeding/request.html", {**site.each_context(request), **context})


def _form(action: Action, using: str, request: HttpRequest, asked: Any) -> RequestForm | RestoreForm:
    if action is Action.RESTORE:
        return RestoreForm(using, asked)
    if action is Action.MASK:
        return RequestForm(sorted(Registry.discover().within(using).by_table), asked)
    tables = seeded_tables(using)
    initial = {"tables": request.GET.getlist("table"), "run": request.GET.get("run")}
    return RollBackForm(using, tables, asked, initial=initial) if action is Action.ROLL_BACK else RequestForm(tables, asked)


def _previewed(
    request: HttpRequest, action: Action, options: list[str], instead: list[str] | None = None, foreseen: Any = None
) -> HttpResponse:
    job = launching.preview(
        action,
        options,
        database=ledger_database(),
        account=request.user.get_username(),
        instead=instead or (),
        forecast=foreseen,
    )
    messages.info(request, "This is a preview: nothing has been written.")
    return HttpResponseRedirect(reverse("admin:seeding_job", args=[job.token]))


def _examples_of(form: NewRunForm, foreseen: Mapping[str, Any]) -> list[str]:
    """The arguments of the dry run, if the run is too large to be generated for a preview."""
    if foreseen["missing"] <= WHOLE_PREVIEW or form.cleaned_data["profile"]:
        return []
    kept = [one for one in form.arguments() if not one.startswith(("--size=", "--scale="))]
    return [*kept, "--size=small"]


def _foreseen(using: str, options: Mapping[str, Any]) -> dict[str, Any]:
    from seeding import api

    return told(api.forecast(SeedConfig(database=using, patience=0, **options)))


def told(forecast: Forecast) -> dict[str, Any]:
    """The forecast in plain values: each step, and all of them together."""
    steps = [
        {**step.as_dict(), "missing": step.missing, "seconds": forecast.seconds.get(step.seeder, 0.0),
         "bytes": forecast.sizes.get(step.seeder), "added": step.table in forecast.added}
        for step in forecast.steps
    ]  # fmt: skip
    return {
        "size": forecast.size,
        "scale": forecast.scale,
        "steps": steps,
        "rows": sum(step.rows for step in forecast.steps),
        "existing": sum(step.existing for step in forecast.steps),
        "missing": sum(step.missing for step in forecast.steps),
        "seconds": sum(forecast.seconds.values()),
        "bytes": sum(forecast.sizes.values()),
        "doubts": list(forecast.doubts.items()),
        "left_out": list({**forecast.left_out, **forecast.unfillable}.items()),
    }


def _groups(registry: Registry, chosen: frozenset[str]) -> list[tuple[str, list[TableChoice]]]:
    """Group → its tables, in the order in which they are seeded."""
    found: dict[str, dict[str, TableChoice]] = {}
    for seeder in registry.ordered:
        table, group = seeder.config.table_name, seeder.config.group or UNGROUPED
        known = found.setdefault(group, {}).get(table)
        parents = [*(known.needs if known else ()), *(one.config.table_name for one in registry.parents(seeder))]
        needs = tuple(name for name in dict.fromkeys(parents) if name != table)
        found[group][table] = TableChoice(table=table, needs=needs, chosen=table in chosen)
    return [(group, list(tables.values())) for group, tables in found.items()]


def _profiles(using: str) -> tuple[Mapping[str, str], Mapping[str, Sequence[str]]]:
    """Of each profile what it is for, and its own sizes."""
    from seeding import api
    from seeding.profiles.loading import own_sizes

    try:
        config = SeedConfig(database=using)
        return api.profiles(config), own_sizes(config.environment)
    except SeedingError:
        return {}, {}
