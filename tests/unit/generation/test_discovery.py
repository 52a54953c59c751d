"""The modules of a package of one name in every installed app, and those that cannot be imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.test import override_settings

from seeding.generation.discovery import BrokenModule, modules


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Write apps, each as a mapping of its files to what they say, and install them in that order."""
    known = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    with ExitStack() as changed:

        def install(**files: dict[str, str]) -> None:
            for app, content in files.items():
                for name, text in {"__init__.py": "", **content}.items():
                    file = tmp_path / app / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text, encoding="utf-8")
            changed.enter_context(override_settings(INSTALLED_APPS=list(files)))

        yield install
    for name in set(sys.modules) - known:
        del sys.modules[name]


def found() -> tuple[list[str], list[BrokenModule]]:
    there, broken = modules("parts")
    return [module.__name__ for module in there], broken


def test_the_package_comes_first_and_then_its_modules_in_the_order_of_the_apps(apps: Callable[..., None]) -> None:
    apps(
        found_b={"parts/__init__.py": "", "parts/z.py": "", "parts/a.py": ""},
        found_a={"parts.py": ""},  # a single module will do
        without={"other.py": "raise RuntimeError"},
    )

    assert found() == (["found_b.parts", "found_b.parts.a", "found_b.parts.z", "found_a.parts"], [])


def test_a_broken_module_costs_nothing_but_itself(apps: Callable[..., None]) -> None:
    apps(partly={"parts/__init__.py": "", "parts/bad.py": "raise ValueError('no')", "parts/good.py": ""})

    names, broken = found()

    assert names == ["partly.parts", "partly.parts.good"]
    assert [(one.module, repr(one.error)) for one in broken] == [("partly.parts.bad", "ValueError('no')")]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("raise ValueError('no')", "ValueError('no')"),
        ("import missing_library", "ModuleNotFoundError(\"No module named 'missing_library'\")"),
    ],
)
def test_a_broken_package_is_told_once_and_its_modules_are_left_out(apps: Callable[..., None], text: str, error: str) -> None:
    apps(broken_app={"parts/__init__.py": text, "parts/good.py": ""}, whole_app={"parts.py": ""})

    names, broken = found()

    assert names == ["whole_app.parts"]
    assert [(one.module, repr(one.error)) for one in broken] == [("broken_app.parts", error)]
