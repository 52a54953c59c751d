"""A database with the tables of the models here, on any server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import override_settings

from seeding.orchestration.results import RunSummary
from seeding.rollbacks.results import RollbackSummary
from tests.servers import Server
from tests.support.databases import Database
from tests.support.dumps import dumped_rows

INSTALLED = override_settings(
    INSTALLED_APPS=["django.contrib.contenttypes", "seeding", "tests.integration.keys"], DATABASE_ROUTERS=[]
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A database with these tables."""

    database: Database
    host: Server | None

    def dump(self) -> list[str]:
        """Its rows, as the server writes them."""
        return dumped_rows(self.database, self.host)

    def of(self, model: Any) -> Any:
        """The rows of a model."""
        return model.objects.using(self.database.alias)


def ok(summary: RunSummary | RollbackSummary) -> None:
    """Nothing has failed."""
    failed = {one.table: one.error for one in summary.results if one.error}
    assert not failed, failed
    assert summary.exit_code == 0
