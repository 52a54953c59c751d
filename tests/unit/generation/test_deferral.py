"""Imports that wait until somebody asks for something."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from seeding.generation.deferral import DeferredModule, deferred


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Write a module that says in the list `loaded` of `sys` that it was loaded."""
    names: list[str] = []
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "loaded", [], raising=False)

    def write(name: str) -> None:
        names.append(name)
        text = "import sys\nsys.loaded.append(__name__)\nVALUE = [1]\n"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")

    yield write
    for name in names:
        sys.modules.pop(name, None)


def loaded() -> list[str]:
    return list(vars(sys)["loaded"])


def test_nothing_is_loaded_until_a_name_is_asked_for(written: Callable[[str], None]) -> None:
    written("waiting")

    with deferred("waiting"):
        module = import_module("waiting")
        assert loaded() == []
        assert module.VALUE == [1]

    assert loaded() == ["waiting"]
    assert import_module("waiting").VALUE is module.VALUE  # loaded once
    assert vars(module)["VALUE"] is module.VALUE  # and not asked again


def test_a_module_may_be_asked_after_the_block(written: Callable[[str], None]) -> None:
    written("later")
    with deferred("later"):
        module = import_module("later")

    assert "later" not in sys.modules
    assert module.VALUE == [1]
    assert loaded() == ["later"]


def test_what_is_loaded_already_stays_as_it_is(written: Callable[[str], None]) -> None:
    written("there")
    before = import_module("there")

    with deferred("there"):
        assert import_module("there") is before

    assert sys.modules["there"] is before


def test_a_waiting_module_is_installed_for_whoever_asks(written: Callable[[str], None]) -> None:
    written("installed")

    with deferred("installed"):
        assert isinstance(sys.modules["installed"], DeferredModule)
        assert find_spec("installed") is not None

    assert loaded() == []


def test_an_exception_within_the_block_leaves_no_waiting_module(written: Callable[[str], None]) -> None:
    written("left")

    with pytest.raises(KeyError), deferred("left"):
        raise KeyError

    assert "left" not in sys.modules


def test_a_name_that_the_module_lacks_is_an_attribute_error(written: Callable[[str], None]) -> None:
    written("lacking")
    with deferred("lacking"):
        module = import_module("lacking")

    with pytest.raises(AttributeError, match="module 'lacking' has no attribute 'nothing'"):
        _ = module.nothing
