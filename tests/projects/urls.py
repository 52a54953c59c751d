"""The admin if there is one, and the pages that a project's models link to."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls)] if apps.is_installed("django.contrib.admin") else []
places: dict[str, str] = getattr(settings, "PROJECT_URLS", {})
for place, module in places.items():
    oscar: Any = apps.get_app_config("oscar") if module == "oscar" else None  # its addresses belong to its app
    urlpatterns.append(path(place, include(import_module(module) if oscar is None else oscar.urls[0])))
