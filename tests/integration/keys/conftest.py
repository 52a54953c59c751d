"""The models here are installed, and there is a database of them on each server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

from tests.integration.keys.stages import INSTALLED, Stage
from tests.servers import Server
from tests.support.databases import SERVERS, Database


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        ContentType.objects.clear_cache()
        yield


@pytest.fixture(params=SERVERS)
def stage(request: pytest.FixtureRequest, running: Callable[[str], Server], make_database: Callable[..., Database]) -> Stage:
    """Such a database."""
    made = make_database(request.param, ready=False)
    call_command("migrate", "contenttypes", database=made.alias, verbosity=0)
    call_command("migrate", database=made.alias, run_syncdb=True, verbosity=0)
    return Stage(made, None if request.param == "sqlite" else running(request.param))
