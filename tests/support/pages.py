"""The pages of the documentation."""

from __future__ import annotations

from tests.support.databases import ROOT


def page(name: str) -> str:
    """A page of the documentation."""
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
