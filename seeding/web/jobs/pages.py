"""The page of something that was started from the browser: its preview, its progress, its end, and its buttons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import AdminSite
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from seeding.db.connection import database_name
from seeding.exceptions import INTERRUPTED, TERMINATED, SeedingError
from seeding.jobs import launching
from seeding.jobs.actions import Action
from seeding.jobs.records import Job
from seeding.jobs.standing import JobState, Standing, job_of
from seeding.jobs.starting import folder
from seeding.models import SeedRun
from seeding.web import run_history
from seeding.web.access import actions_of, demand_view, ledger_database, requested
from seeding.web.jobs.outcomes import outcome
from seeding.web.jobs.requests import asked_by_plan
from seeding.web.views import account, figures_of, parts_of

LINES = 15
"""How many lines of the log are shown."""
AGAIN = "Start it again: it resumes where it stopped, and nothing is done twice."
REMEDIES: Mapping[int | None, str] = {
    1: "Nothing was changed. Change what the message names, and ask again.",
    2: f"Another run holds the lock, or the database cannot be reached. Wait for it. {AGAIN}",
    3: "A table differs from its model. Apply the application's migrations, then start it again.",
    4: f"A seeder has failed; the log has the details for its author. Other tables are complete. {AGAIN}",
    5: "The database or a rule has rejected rows; the log says what was expected of each. Correct that, and start it again.",
    6: "Some rows stay, for the reasons that are listed.",
    INTERRUPTED: AGAIN,
    TERMINATED: AGAIN,
    None: f"Its process was killed, or could not begin: the last lines of the log may say why. {AGAIN}",
}
"""Exit code, None if there is none → what to do."""


def show_job(request: HttpRequest, site: AdminSite, token: str, refused: str = "") -> HttpResponse:
    """What was asked for, how far it is or how it ended, and of a preview what it would do."""
    state = requested(request, token)
    context = {**_account(request, site, state), **site.each_context(request), "refused": refused}
    return TemplateResponse(request, "seeding/job.html", {**context, "title": _title(state.job)})


def tell_job(request: HttpRequest, token: str) -> JsonResponse:
    """The live parts of the page."""
    state = requested(request, token)
    context = _moving(state)
    names = {
        "facts": "job_facts",
        "progress": "job_progress",
        "log": "log",
        **({"steps": "steps"} if context["progress"] else {}),
    }
    parts = {name: render_to_string(f"seeding/parts/{file}.html", context, request) for name, file in names.items()}
    return JsonResponse({"running": state.is_running, "parts": parts if state.is_running else {}})


def tell_run(request: HttpRequest, key: int) -> JsonResponse:
    """The live parts of a run's page; an unknown run counts as not running."""
    demand_view(request, SeedRun)
    run = SeedRun.objects.using(ledger_database()).filter(pk=key).first()
    if run is None:
        return parts_of(request, {"progress": None})
    context = {**account(run), **of_run(request, run)}
    return parts_of(request, context, "progress", "steps", *(["log"] if context["job"] else []))


@require_POST
def start_job(request: HttpRequest, site: AdminSite, token: str) -> HttpResponse:
    """Carry a preview out, if the database's name was typed."""
    state = requested(request, token)
    name, account = database_name(state.job.database), request.user.get_username()
    try:
        job = launching.carry_out(state, typed=request.POST.get("database", ""), name=name, account=account)
    except SeedingError as error:
        return show_job(request, site, token, refused=str(error))
    return HttpResponseRedirect(reverse("admin:seeding_job", args=[job.token]))


@require_POST
def stop_job(request: HttpRequest, site: AdminSite, token: str) -> HttpResponse:
    """Ask the process to end."""
    state = requested(request, token)
    try:
        launching.stop(state.job)
    except SeedingError as error:
        return show_job(request, site, token, refused=str(error))
    return HttpResponseRedirect(reverse("admin:seeding_job", args=[token]))


def of_run(request: HttpRequest, run: SeedRun) -> dict[str, Any]:
    """What the page of a run adds: what to do, and the log if a job of this host has made it and the account may start such."""
    actions = actions_of(request)
    job = job_of(run) if actions else None
    job = job if job is not None and job.action in actions else None
    remedy = REMEDIES.get(run.exit_code, "") if run.exit_code or run.state != SeedRun.State.SUCCEEDED else ""
    return {
        "actions": actions,
        "job": job,
        "lines": folder().log(job.token, LINES) if job else [],
        "remedy": "" if run.state == SeedRun.State.RUNNING else remedy,
        "again": _again(run, job, actions),
    }


def _again(run: SeedRun, job: Job | None, actions: frozenset[Action]) -> str:
    """The address that previews once more what a run did not complete; empty if there is none."""
    if run.state == SeedRun.State.SUCCEEDED:
        return ""
    if job is not None:
        return reverse("admin:seeding_job_again", args=[job.token])
    is_plain = run.command in actions and asked_by_plan(run) is not None
    return reverse("admin:seeding_run_again", args=[run.pk]) if is_plain else ""


def _title(job: Job) -> str:
    return f"{'Preview of' if job.is_preview else 'Request for'} {job.action}"


def _moving(state: JobState) -> dict[str, Any]:
    progress = None
    if state.run is not None:
        (figures,) = figures_of([state.run])
        progress = run_history.progress(figures, state.job.database)
    return {"state": state, "progress": progress, "lines": folder().log(state.job.token, LINES)}


def _account(request: HttpRequest, site: AdminSite, state: JobState) -> dict[str, Any]:
    context = {**_moving(state), "live": state.is_running, "actions": actions_of(request)}
    if state.standing is not Standing.ENDED or state.exit_code:
        context["remedy"] = "" if state.is_running else REMEDIES.get(state.exit_code, AGAIN)
    if state.standing is Standing.ENDED:
        context |= outcome(site, state.job.action, state.output)
    if state.is_repeatable:
        context["again"] = reverse("admin:seeding_job_again", args=[state.job.token])
    if state.is_startable:
        try:
            context["database"] = database_name(state.job.database)
        except Error as error:
            context["refused"] = str(error)
    return context
