"""The ledger in the admin, read-only: runs and batches, with filters and search."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_deny

from seeding.models import MaskedBatch, SeedingMetadata, SeedRun
from seeding.templatetags.figures import grouped, span

if TYPE_CHECKING:
    from seeding.web import access, batch_rows, views
    from seeding.web.jobs import pages as job_pages
else:  # Django imports this module for every command, and only a server needs the pages
    access = SimpleLazyObject(partial(import_module, "seeding.web.access"))
    job_pages = SimpleLazyObject(partial(import_module, "seeding.web.jobs.pages"))
    views = SimpleLazyObject(partial(import_module, "seeding.web.views"))
    batch_rows = SimpleLazyObject(partial(import_module, "seeding.web.batch_rows"))

BADGE = '<span class="seeding-badge seeding-{}">{}</span>'
RANGES_SHOWN = 3
"""How many key ranges the list shows per batch."""


class ReadOnlyAdmin(admin.ModelAdmin):
    """Read-only: the view permission applies; adding, changing and deleting are disabled."""

    change_list_template = "seeding/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the ways to what the account may start."""
        return super().changelist_view(request, {**(extra_context or {}), "actions": access.actions_of(request)})

    def page(self, route: str, view: str, name: str, **values: Any) -> URLPattern:
        """An additional page under the model's URLs, for every user with access to the admin; `view` as module.function."""
        module, _, function = view.rpartition(".")

        def show(request: HttpRequest, **parts: Any) -> HttpResponse:
            answer: HttpResponse = getattr(import_module(f"seeding.web.{module}"), function)(request, **parts, **values)
            return answer

        return path(route, self.admin_site.admin_view(xframe_options_deny(show)), name=name)


class RunList(ChangeList):
    """The runs of one page of the list, each with its figures."""

    def get_results(self, request: HttpRequest) -> None:
        """Django's hook: adds its figures to each run on the page."""
        super().get_results(request)
        runs: list[Any] = list(self.result_list)
        for run, figures in zip(runs, views.figures_of(runs), strict=True):
            run.figures = figures
        self.result_list = runs


@admin.register(SeedRun)
class SeedRunAdmin(ReadOnlyAdmin):
    """Runs, newest first."""

    list_display = ("id", "command", "standing", "rows", "duration", "rate", "started", "environment", "started_by")
    list_filter = ("state", "environment", "command", "started_at")
    search_fields = ("=id", "user", "host", "error")
    date_hierarchy = "started_at"
    change_form_template = "seeding/run.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """A list whose runs have their figures."""
        return RunList

    def get_urls(self) -> list[URLPattern]:
        """The dashboard, what can be started, and the live parts of pages."""
        site = self.admin_site
        undoing = ("rollback", "seed_rollback"), ("reset", "seed_reset"), ("mask", "seed_mask"), ("restore", "seed_snapshot")
        return [
            self.page("dashboard/", "views.show_dashboard", "seeding_dashboard", site=site),
            self.page("dashboard/live/", "views.tell_dashboard", "seeding_dashboard_live"),
            self.page("<int:key>/live/", "jobs.pages.tell_run", "seeding_run_live"),
            self.page("<int:key>/again/", "jobs.asking.ask_run_again", "seeding_run_again", site=site),
            self.page("dataset/", "dataset.pages.show_dataset", "seeding_dataset", site=site),
            self.page("dataset/table/", "dataset.pages.show_table", "seeding_dataset_table", site=site),
            self.page("new/", "jobs.asking.show_new_run", "seeding_new_run", site=site),
            *(
                self.page(f"{name}/", "jobs.asking.show_request", f"seeding_{name}", site=site, command=one)
                for name, one in undoing
            ),
            self.page("job/<str:token>/", "jobs.pages.show_job", "seeding_job", site=site),
            self.page("job/<str:token>/live/", "jobs.pages.tell_job", "seeding_job_live"),
            self.page("job/<str:token>/start/", "jobs.pages.start_job", "seeding_job_start", site=site),
            self.page("job/<str:token>/stop/", "jobs.pages.stop_job", "seeding_job_stop", site=site),
            self.page("job/<str:token>/again/", "jobs.asking.ask_again", "seeding_job_again", site=site),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The run's report, in place of a form."""
        run = kwargs["obj"]
        context.update(views.account(run), **job_pages.of_run(request, run))
        context.update(title=f"Run {run.pk}: {run.command}", subtitle=None)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="state", ordering="state")
    def standing(self, run: SeedRun) -> str:
        """The state, in its colour."""
        return format_html(BADGE, run.state, run.state)

    @admin.display(description="rows")
    def rows(self, run: Any) -> str:
        """Rows that the run inserted, rolled back or examined."""
        return grouped(run.figures.rows)

    @admin.display(description="duration", ordering=models.F("finished_at") - models.F("started_at"))
    def duration(self, run: Any) -> str:
        """How long it took, or has taken so far."""
        return span(run.figures.seconds)

    @admin.display(description="rows/s")
    def rate(self, run: Any) -> str:
        """Rows per second."""
        return grouped(run.figures.rate)

    @admin.display(ordering="started_at")
    def started(self, run: SeedRun) -> str:
        """When it began."""
        return _moment(run.started_at)

    @admin.display(description="by", ordering="user")
    def started_by(self, run: SeedRun) -> str:
        """Account and host."""
        return f"{run.user}@{run.host}"


class StandingFilter(admin.SimpleListFilter):
    """Live batches, or rolled-back ones."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """The two states."""
        return [("live", "live"), ("undone", "rolled back")]

    def queryset(self, request: HttpRequest, batches: models.QuerySet[SeedingMetadata]) -> models.QuerySet[SeedingMetadata]:
        """The batches in the chosen state; all if none is chosen."""
        live: dict[str | None, bool | None] = {"live": True, "undone": None}
        return batches.filter(live=live[self.value()]) if self.value() in live else batches


@admin.register(SeedingMetadata)
class SeedingMetadataAdmin(ReadOnlyAdmin):
    """Committed batches, newest first."""

    list_display = (
        "id",
        "table_name",
        "standing",
        "rows",
        "skipped",
        "keys",
        "seeder_name",
        "first_index",
        "run",
        "created",
        "rolled_back",
        "rolled_back_in",
    )
    list_filter = (StandingFilter, "table_name", "environment", "created_at")
    search_fields = ("table_name", "seeder_name", "=run__id")
    list_select_related = ()  # see get_queryset; with False, Django would join by itself
    ordering = ("-id",)
    change_form_template = "seeding/batch.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SeedingMetadata]:
        """Prefetches the runs: MySQL would start a join at the runs and sort every batch for one page."""
        return super().get_queryset(request).prefetch_related("run", "rolled_back_in")

    def get_urls(self) -> list[URLPattern]:
        """The page of a row."""
        return [
            self.page("row/", "views.show_row", "seeding_row", site=self.admin_site),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The batch with links to its rows, in place of a form."""
        batch = kwargs["obj"]
        context.update(views.batch(batch), title=f"Batch {batch.pk}: {batch.table_name}", subtitle=None)
        context.update(actions=access.actions_of(request))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="state", ordering="live")
    def standing(self, batch: SeedingMetadata) -> str:
        """Whether its rows are in the database."""
        return format_html(BADGE, *(("live", "live") if batch.live else ("undone", "rolled back")))

    @admin.display(description="rows", ordering="record_count")
    def rows(self, batch: SeedingMetadata) -> str:
        """Rows inserted."""
        return grouped(batch.record_count)

    @admin.display(description="skipped", ordering="skipped_count")
    def skipped(self, batch: SeedingMetadata) -> str:
        """Rows rejected."""
        return grouped(batch.skipped_count)

    @admin.display(ordering="created_at")
    def created(self, batch: SeedingMetadata) -> str:
        """When it was committed."""
        return _moment(batch.created_at)

    @admin.display(ordering="rolled_back_at")
    def rolled_back(self, batch: SeedingMetadata) -> str:
        """When it was rolled back."""
        return _moment(batch.rolled_back_at)

    @admin.display(description="primary keys")
    def keys(self, batch: SeedingMetadata) -> str:
        """The ranges of keys, as first-last."""
        more = ", …" if len(batch.key_ranges) > RANGES_SHOWN else ""
        named = [one.shown for one in batch_rows.ranges_of(batch)[:RANGES_SHOWN]]
        if batch.key_recipe:
            return ", ".join(f"{first} … {last}" if first != last else first for first, last in named if first) + more
        return ", ".join(f"{first}-{last}" if first != last else first for first, last in named) + more


@admin.register(MaskedBatch)
class MaskedBatchAdmin(ReadOnlyAdmin):
    """What `seed_mask` did, newest first: fields and counts, never a value."""

    list_display = (
        "id",
        "table_name",
        "first_key",
        "last_key",
        "mode",
        "key_fingerprint",
        "fields_masked",
        "run",
        "created_at",
    )
    list_filter = ("mode", "table_name", "created_at")
    search_fields = ("table_name", "=run__id")
    list_select_related = ("run",)
    ordering = ("-id",)
    exclude = ("seals",)

    @admin.display(description="values masked")
    def fields_masked(self, batch: MaskedBatch) -> str:
        """Column and count."""
        return ", ".join(f"{column} {count}" for column, count in batch.fields.items())


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
