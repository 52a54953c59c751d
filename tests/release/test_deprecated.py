"""What 0.1 had documented is found where it was: it warns where it has moved, and is the same thing as at the new place."""

from __future__ import annotations

import json
import re
import runpy
import warnings
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.databases import Database
from tests.support.processes import Manage

MOVED = {
    "seeding.seeders": "BaseSeeder SeederConfig RecordCount Dataset Derivation Condition RowRule",
    "seeding.rows": "Rows decimals numerals take only divide remembered Integers Floats Mask Words",
    "seeding.references": "TypedReferenceField NamingField ReferencingJSONField",
    "seeding.invariants": "invariant unless Seeded Invariant Check Breaking",
    "seeding.contracts": "SeederContract DatabaseContract generated",
    "seeding.registry": "Registry Selection",
    "seeding.discovery": "BrokenModule",
    "seeding.events": "Event Sink",
    "seeding.results": "SeederState SeederResult RunSummary exit_code Kept Modified RollbackResult RollbackSummary "
    "MaskingResult LeftColumn MaskingSummary Verdict Difference ClassifiedColumn CheckReport ValidationError ValidationResult",
}
"""Module → the names that the page "API" of 0.1.0 had of it."""
HOMES = {
    **dict.fromkeys(MOVED["seeding.contracts"].split(), "seeding.testing"),
    "SelectedSeeders": "seeding.generation.registry",
    "BrokenModule": "seeding.generation.discovery",
    "exit_code": "seeding.orchestration.results",
    "LeftColumn": "seeding.masking.results",
    "ClassifiedColumn": "seeding.masking.results",
}
"""Where they are now, if not in `seeding`."""
RENAMED = {"Selection": "SelectedSeeders"}
NAMES = [pytest.param(module, name, id=f"{module}.{name}") for module, names in MOVED.items() for name in names.split()]
STAYED = {
    "seeding.masking": "MaskingStrategy InventedStrategy Drawn Mode Cipher",
    "seeding.masking.strategies.invented_words": "tag TAG_LENGTH",
    "seeding.models": "SeedRun MaskedBatch SeedingMetadata",
    "seeding.exceptions": "SeedingError ConfigurationError MisdeclaredSeederError RefusedError LockError LockHeldError "
    "LockLostError DatabaseUnavailableError UnsafeServerError SchemaError UnclassifiedError GenerationError SourceError "
    "InsertionError IncoherentError RollbackError Terminated",
}
"""The same for what has not moved."""
SEEDERS = """
from __future__ import annotations

import polars as pl

from seeding.rows import Rows, numerals
from seeding.seeders import BaseSeeder, RecordCount, SeederConfig
from terpseed.models import Brand


class HouseBrandSeeder(BaseSeeder):
    config = SeederConfig(
        model=Brand,
        group="house",
        record_count=RecordCount(small=3, medium=30, large=300),
        dependencies=("vendors",),
        not_pii=("name", "description"),
    )

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": "House " + numerals(rows.index, 4), "vendorId": rows.index})
"""
INVARIANTS = """
from seeding.invariants import Breaking, Seeded, invariant, unless
from terpseed.models import Brand


@invariant(Brand)
def a_brand_has_no_description(seeded: Seeded) -> Breaking:
    return unless(seeded.rows, description=None)
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Where a test writes the module of somebody who imports."""
    return tmp_path / "author.py"


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_name_that_has_moved_warns_whoever_imports_it_and_is_what_it_is_now(module: str, name: str, written: Path) -> None:
    written.write_text(f"\nfrom {module} import {name} as found\n", encoding="utf-8")
    new = RENAMED.get(name, name)
    home = HOMES.get(new, "seeding")

    with pytest.warns() as caught:
        found = runpy.run_path(str(written))["found"]

    assert found is getattr(import_module(home), new)
    assert [(one.category, one.filename, one.lineno) for one in caught] == [(DeprecationWarning, str(written), 2)]
    said = str(caught[0].message)
    assert said.startswith(f"{module}.{name} is deprecated and goes with 0.3")
    assert f"import {new} from {home}." in said


@pytest.mark.parametrize("module", MOVED)
def test_a_module_that_has_moved_does_not_warn_before_a_name_is_taken(module: str, written: Path) -> None:
    first = MOVED[module].split()[0]
    written.write_text(f"import {module} as old\n\n\ndef use():\n    return old.{first}\n", encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use = runpy.run_path(str(written))["use"]

    with pytest.warns(DeprecationWarning, match=f"^{module}.{first} is deprecated") as caught:
        use()

    assert [(one.filename, one.lineno) for one in caught] == [(str(written), 5)]
    with pytest.raises(ImportError, match="nothing_of_the_kind"):
        exec(f"from {module} import nothing_of_the_kind")  # noqa: S102 - our own words


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in STAYED.items() for name in names.split()])
def test_a_name_that_has_not_moved_warns_nobody(module: str, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert getattr(import_module(module), name) is not None


def test_an_app_that_was_written_for_0_1_seeds_and_is_checked(sqlite: Database, tmp_path: Path, manage: Manage) -> None:
    app = tmp_path / "house"
    app.mkdir()
    for name, text in (("__init__", ""), ("seeders", SEEDERS), ("invariants", INVARIANTS)):
        (app / f"{name}.py").write_text(text, encoding="utf-8")
    variables = {"DATABASE_URL": sqlite.url, "SEEDING_APPS": "house", "PYTHONPATH": str(tmp_path)}

    seeded = manage("seed", "--table=house", "--json", variables={**variables, "PYTHONWARNINGS": "always"})
    checked = manage("seed_check", "--invariants", "--json", variables=variables)

    assert seeded.returncode == checked.returncode == 0, seeded.stderr + checked.stderr
    assert sqlite.query("SELECT name, vendorId FROM brands ORDER BY id") == [
        (f"House {number:04}", key) for number, (key,) in enumerate(sqlite.query("SELECT id FROM vendors ORDER BY id")[:3])
    ]
    assert "a-brand-has-no-description" in {one["rule"] for one in json.loads(checked.stdout)["verdicts"] if not one["broken"]}
    warned = set(re.findall(r"^(\S+\.py):\d+: DeprecationWarning: (seeding\.\w+\.\w+) is", seeded.stderr, re.MULTILINE))
    assert warned == {
        *((str(app / "seeders.py"), f"seeding.{name}") for name in ("rows.Rows", "rows.numerals")),
        *((str(app / "seeders.py"), f"seeding.seeders.{name}") for name in ("BaseSeeder", "RecordCount", "SeederConfig")),
    }
