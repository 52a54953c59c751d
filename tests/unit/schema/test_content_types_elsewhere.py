"""Content types that are read from another database than the one that holds the rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.example.models import Product, Review
from seeding.schema import references as module
from seeding.schema.references import content_types_elsewhere
from tests.support.databases import Database
from tests.unit.schema.models import Comment

HERE = cast("BaseDatabaseWrapper", SimpleNamespace(alias="rows"))


def test_they_are_read_if_a_model_has_a_generic_reference(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.query("CREATE TABLE django_content_type (id INTEGER PRIMARY KEY, app_label TEXT, model TEXT)")
    shop.query("INSERT INTO django_content_type VALUES (7, 'shop', 'product')")
    monkeypatch.setattr(module, "router", SimpleNamespace(db_for_read=lambda _: shop.alias))

    assert content_types_elsewhere(HERE, [Review, Comment]) == {7: Product}


def test_no_other_database_is_asked_if_no_model_has_a_generic_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Any) -> str:
        raise AssertionError

    monkeypatch.setattr(module, "router", SimpleNamespace(db_for_read=refuse))

    assert content_types_elsewhere(HERE, [Review, Product]) == {}
