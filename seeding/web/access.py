"""Who may open a page or press its buttons."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import models, router
from django.http import Http404, HttpRequest

from seeding.jobs.actions import Action, allowed
from seeding.jobs.standing import JobState, state_of
from seeding.jobs.starting import folder
from seeding.models import SeedRun
from seeding.runs.lifecycle import production


def ledger_database() -> str:
    """The alias of the database whose ledger is shown."""
    return router.db_for_read(SeedRun)


def demand_view(request: HttpRequest, model: type[models.Model]) -> None:
    """Raise PermissionDenied unless the account may view the model."""
    if not request.user.has_perm(f"seeding.view_{model._meta.model_name}"):
        raise PermissionDenied


def actions_of(request: HttpRequest) -> frozenset[Action]:
    """What the account may start here."""
    return allowed(request.user, ledger_database())


def demand(request: HttpRequest, action: Action) -> None:
    """Raise PermissionDenied unless the account may start the action here."""
    if not request.user.has_perm(action.permission):
        raise PermissionDenied(f"This needs the permission {action.permission}.")
    if words := production(ledger_database()):
        raise PermissionDenied(f"{words} Nothing can be started from the browser here.")


def requested(request: HttpRequest, token: str) -> JobState:
    """What was asked for in the browser, of this database; raises Http404 if it is not here, PermissionDenied as `demand`."""
    job = folder().load(token)
    if job is None or job.database != ledger_database():
        raise Http404("There is no such request on this host, or not any more.")
    demand(request, job.action)
    return state_of(job)


def may_view(request: HttpRequest, site: AdminSite, model: type[models.Model]) -> bool:
    """Whether the account may see rows of the model: its own admin decides, if it has one."""
    if site.is_registered(model):
        return site.get_model_admin(model).has_view_permission(request)
    return request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
