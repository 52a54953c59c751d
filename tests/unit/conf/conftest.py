"""Nothing of the process's own environment reaches a test of the configuration."""

from __future__ import annotations

import os

import pytest

from tests.support.databases import OURS


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [one for one in os.environ if one.startswith(OURS)]:
        monkeypatch.delenv(variable)
