"""The ledger to look at: runs and batches, listed, filtered, searched, and never changed by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join

from seeding.models import SeedingMetadata, SeedRun

NOT_SHOWN = frozenset({"duration", "exit_code", "success"})
"""What a run's table of results leaves out."""


class ReadOnlyAdmin(admin.ModelAdmin):
    """Whoever may view may look; nobody may add, change or delete."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(SeedRun)
class SeedRunAdmin(ReadOnlyAdmin):
    """Runs, the newest first."""

    list_display = (
        "id",
        "command",
        "state",
        "environment",
        "rows",
        "duration",
        "started_at",
        "user",
        "host",
        "exit_code",
    )
    list_filter = ("state", "environment", "command", "started_at")
    search_fields = ("=id", "user", "host", "error")
    date_hierarchy = "started_at"
    exclude = ("results",)
    readonly_fields = ("seeders",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SeedRun]:
        """With the number of rows of each run, in the same query."""
        runs: models.QuerySet[SeedRun] = super().get_queryset(request)
        return runs.annotate(row_count=models.Sum("batches__record_count", default=0))

    @admin.display(description="rows", ordering="row_count")
    def rows(self, run: Any) -> str:
        """Rows that the run inserted."""
        return number_format(run.row_count, use_l10n=True, force_grouping=True)

    @admin.display(description="seeders")
    def seeders(self, run: SeedRun) -> str:
        """The results of the run as a table."""
        told = [name for result in run.results for name in result if name not in NOT_SHOWN]
        columns = list(dict.fromkeys(told))
        head = format_html_join("", "<th>{}</th>", ((name.removeprefix("records_"),) for name in columns))
        rows = ((format_html_join("", "<td>{}</td>", ((result.get(name, ""),) for name in columns)),) for result in run.results)
        return format_html("<table><tr>{}</tr>{}</table>", head, format_html_join("", "<tr>{}</tr>", rows))

    @admin.display(description="duration")
    def duration(self, run: SeedRun) -> str:
        """Seconds, once the run has ended."""
        return f"{(run.finished_at - run.started_at).total_seconds():.1f} s" if run.finished_at else ""


@admin.register(SeedingMetadata)
class SeedingMetadataAdmin(ReadOnlyAdmin):
    """Committed batches, the newest first."""

    list_display = (
        "id",
        "table_name",
        "seeder_name",
        "first_index",
        "record_count",
        "skipped_count",
        "keys",
        "live",
        "run",
        "created_at",
        "rolled_back_at",
        "rolled_back_in",
    )
    list_filter = ("live", "table_name", "seeder_name", "environment", "created_at")
    search_fields = ("table_name", "seeder_name", "=run__id")
    list_select_related = ("run", "rolled_back_in")
    ordering = ("-id",)

    @admin.display(description="primary keys")
    def keys(self, batch: SeedingMetadata) -> str:
        """The ranges of keys, as first-last."""
        return ", ".join(f"{key}-{key + count - 1}" for _, count, key in batch.key_ranges)
