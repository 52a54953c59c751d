"""The engine imports what it declares, and docs/dependencies.md knows all that is pinned."""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions

from tests.bench.dependencies import FILES, ROOT, Pinned, canonical, imports, pinned

FOR_TESTS = {"pytest", "pytest_django", "tests"}
"""`seeding.testing` is for those who have pytest, and its plugin for those who have pytest-django as well."""


def pins() -> dict[str, Pinned]:
    return {name: one for file in FILES for name, one in pinned(file.read_text(encoding="utf-8")).items()}


def test_every_pin_is_read_and_told_to_be_direct_or_not() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in FILES)

    assert pins().keys() == {canonical(name) for name in re.findall(r"^([\w.-]+)(?:\[.*\])?==", text, re.MULTILINE)}
    assert pins()["polars"].via == ()
    assert pins()["polars-runtime-32"].via == ("polars",)
    assert pins()["tzdata"].via[:2] == ("django", "faker")


def test_the_engine_imports_only_what_it_declares() -> None:
    names = packages_distributions()
    tops = {module.partition(".")[0] for _, module in imports()} - sys.stdlib_module_names - FOR_TESTS - {"seeding"}

    used = {canonical(name) for top in tops for name in names[top]}

    assert used <= {name for name, pin in pins().items() if not pin.via}


def test_every_pinned_distribution_stands_in_the_docs() -> None:
    document = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")

    assert {name for name in pins() if f"`{name}`" not in document} == set()
