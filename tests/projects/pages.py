"""The admin's pages of rows, requested by Django's test client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, reverse


def failing(user: Any, registered: Iterable[type[models.Model]]) -> dict[tuple[str, str], str]:
    """(Label of a model, page) → why the page failed: an exception, or a status of 500 and more."""
    client = Client(raise_request_exception=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for model in registered:
        for page, address in _addresses(model):
            try:
                status = client.get(address).status_code
                if status >= 500:
                    found[model._meta.label, page] = f"status {status}"
            except Exception as error:  # noqa: BLE001 - whatever it raises, it counts
                found[model._meta.label, page] = f"{type(error).__name__}: {error}"[:300]
    return found


def registered_models() -> list[type[models.Model]]:
    """The models that have pages in the admin, without the engine's; none if the project has no admin."""
    return (
        []
        if not apps.is_installed("django.contrib.admin")
        else [model for model in admin.site._registry if model._meta.app_label != "seeding"]
    )


def _addresses(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """The pages that the model has: an admin may leave some out."""
    base, keys = f"admin:{model._meta.app_label}_{model._meta.model_name}", model._base_manager.order_by("-pk")
    wanted: list[tuple[str, str, list[str]]] = [("list", "changelist", []), ("add", "add", [])]
    wanted += [(f"change {place}", "change", [quote(key)]) for place, key in enumerate(keys.values_list("pk", flat=True)[:3])]
    for page, name, args in wanted:
        with suppress(NoReverseMatch):
            yield page, reverse(f"{base}_{name}", args=args)
