"""The options of `seed_rollback`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seeding.conf.rollback import RollbackConfig, Strategy, audit_file, load_rollback
from seeding.exceptions import ConfigurationError
from tests.unit.conf.options import ROLLBACK


def loaded(variables: dict[str, str] | None = None, **options: Any) -> RollbackConfig:
    return load_rollback({**ROLLBACK, **options}, variables or {}, terminal=False)


def problems(variables: dict[str, str] | None = None, **options: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(variables, **options)
    return list(caught.value.problems)


def test_nothing_named_means_everything() -> None:
    assert loaded() == RollbackConfig(audit_file=Path("seeding-audit.log"))


def test_every_option_has_its_field() -> None:
    config = loaded(table="shop_review", run=3, strategy="truncate", cascade=True, keep_modified=True, before="2026-03-02")

    assert config == RollbackConfig(
        tables=("shop_review",),
        run=3,
        strategy=Strategy.TRUNCATE,
        cascade=True,
        keep_modified=True,
        before=datetime(2026, 3, 2, 0, 0, tzinfo=UTC),
        audit_file=Path("seeding-audit.log"),
    )


def test_a_condition_is_split_at_its_first_equals_sign() -> None:
    config = loaded(table="shop_product", where=["name__startswith=a=b", " price__gt =5", "name="])

    assert config.where == (("name__startswith", "a=b"), ("price__gt", "5"), ("name", ""))


@pytest.mark.parametrize("condition", ["name", "=5", ""])
def test_a_condition_needs_a_field_and_an_equals_sign(condition: str) -> None:
    assert problems(table="shop_product", where=["name=x", condition]) == [
        f"--where={condition}: write FIELD__LOOKUP=VALUE, like --where name__startswith=Test."
    ]


@pytest.mark.parametrize("table", [None, "shop_product,shop_review"])
def test_a_condition_needs_one_table(table: str | None) -> None:
    assert problems(table=table, where=["name=x"]) == ["--where looks at the rows of one table: name it with --table."]


@pytest.mark.parametrize("run", [0, -1])
def test_a_run_has_a_number_from_one_on(run: int) -> None:
    assert problems(run=run) == [f"--run={run}: give the number of a run."]
    assert loaded(run=1).run == 1


def test_an_unknown_strategy_is_refused_with_those_there_are() -> None:
    assert problems(strategy="burn") == ["--strategy=burn: give one of delete, truncate, none."]


@pytest.mark.parametrize(
    ("strategy", "dry_run", "reports"),
    [("delete", False, False), ("truncate", False, False), ("none", False, True), ("delete", True, True)],
)
def test_a_dry_run_and_no_strategy_only_report(strategy: str, dry_run: bool, reports: bool) -> None:  # noqa: FBT001
    assert loaded(strategy=strategy, dry_run=dry_run).only_reports is reports


def test_the_audit_log_lies_with_the_logs_unless_it_has_a_place_of_its_own(settings: Any) -> None:
    settings.SEEDING_LOG_FOLDER = "/var/log"

    places = [audit_file({}), audit_file({"SEEDING_AUDIT_FILE": "mine.log"}), audit_file({"SEEDING_AUDIT_FILE": ""})]

    assert places == [Path("/var/log/seeding-audit.log"), Path("mine.log"), Path("seeding-audit.log")]


def test_the_audit_log_may_not_be_the_log_of_which_old_lines_go(tmp_path: Path) -> None:
    log, same = tmp_path / "seeding.log", tmp_path / "logs" / ".." / "seeding.log"

    assert problems({"SEEDING_LOG_FILE": str(log), "SEEDING_AUDIT_FILE": str(same)}) == [
        f"SEEDING_AUDIT_FILE={same} is the log's file, of which old lines go: name another."
    ]


def test_all_that_is_wrong_with_a_rollback_is_told_at_once() -> None:
    found = problems(env="moon", where=["x"], strategy="burn", before="never", run=0)

    assert [problem.split(" ")[0] for problem in found] == [
        "--env=moon:", "--where=x:", "--strategy=burn:", "--before=never:", "--where", "--run=0:",
    ]  # fmt: skip
