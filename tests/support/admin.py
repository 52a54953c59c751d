"""Helpers that request and read the admin's pages."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client


class LedgerRouter:
    """Routes the ledger and TERP's models to one database."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._alias if model._meta.app_label in {"seeding", "terpseed"} else None

    db_for_write = db_for_read


def page(client: Client, address: str) -> str:
    """The text of a page, without tags and runs of white space."""
    answer = client.get(f"/admin/seeding/{address}")
    assert answer.status_code == 200
    content = re.sub(r"(?s)^.*<main.*?>|</main>.*$", "", answer.content.decode())
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", content).split()))
