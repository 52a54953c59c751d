"""Apps that declare personal data, and databases with people in them."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.conf import settings
from django.test import override_settings

from seeding import MaskingConfig, Registry
from seeding.conf import Environment
from seeding.masking import STRATEGIES, Cipher, Mode, PIIMasker
from seeding.masking.in_place import InPlaceMasking
from seeding.masking.results import MaskingSummary
from seeding.telemetry.events import Event
from tests.support.databases import Database

KEY = "a key for tests, of some length"
People = list[tuple[Any, ...]]
_numbers = itertools.count(1)
Declare = Callable[[Mapping[str, Mapping[str, str]] | str], None]


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _installed: None) -> Iterator[Declare]:
    """Install an app whose module `personal_data` has these TABLES, or this code."""
    with ExitStack() as installed:

        def declare(content: Mapping[str, Mapping[str, str]] | str) -> None:
            app = tmp_path / f"declaring{next(_numbers)}"
            app.mkdir()
            (app / "__init__.py").touch()
            code = content if isinstance(content, str) else f"TABLES = {content!r}"
            (app / "personal_data.py").write_text(code, encoding="utf-8")
            monkeypatch.syspath_prepend(tmp_path)
            installed.enter_context(override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, app.name]))

        yield declare
    for name in [name for name in sys.modules if name.startswith("declaring")]:
        del sys.modules[name]


@pytest.fixture
def people(shop: Database) -> Database:
    """Three customers of the application's: Ann, Ben and one without a name."""
    shop.query(
        "INSERT INTO shop_customer (id, name, email, joined_at) VALUES (1, 'Ann Example', 'ann@corp.test', '2026-03-02'), "
        "(2, 'Ben Example', 'ben@corp.test', '2026-03-02'), (5, ' ', 'cid@corp.test', '2026-03-02')"
    )
    return shop


def mask(
    shop: Database, *, registry: Registry | None = None, told: list[Event] | None = None, **options: Any
) -> MaskingSummary:
    """Mask in place; of the shop's customers alone, unless told otherwise."""
    given = {"environment": Environment.DEV, "key": KEY, "force": True, **options}
    config = MaskingConfig(database=shop.alias, **given)
    events: list[Event] = [] if told is None else told
    registry = registry or Registry(one for one in Registry.discover().ordered if one.name == "CustomerSeeder")
    return InPlaceMasking(config, registry, STRATEGIES, tell=events.append, ask=input).run()


def customers(shop: Database) -> People:
    return shop.query("SELECT id, name, email FROM shop_customer ORDER BY id")


def expected(rows: People, mode: Mode = Mode.FULL) -> People:
    """The masks by the strategies themselves; a blank name stays."""
    data = pl.DataFrame(rows, schema=["id", "name", "email"], orient="row")
    masker = PIIMasker(Cipher.of(KEY), mode)
    return masker.mask_data(data, {"name": "person_name", "email": "email"}, {"name": 80, "email": 254}).rows()
