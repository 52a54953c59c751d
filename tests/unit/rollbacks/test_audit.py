"""The audit log: what a line of it holds, and that nothing is done without it."""

from __future__ import annotations

import json
import logging
import logging.handlers
from pathlib import Path

import polars as pl
import pytest

from seeding.exceptions import ConfigurationError
from seeding.ledger.row_identity import NUMBER, RowIdentity
from seeding.models import SeedRun
from seeding.runs.audit import AuditLog, auditing
from seeding.schema.row_keys import KeyColumn
from seeding.telemetry.log_files import LogFile
from tests.unit.rollbacks.conftest import keys

FOUND = RowIdentity(using="default", number="id")
RUN = SeedRun(pk=12, user="ann", host="desk", environment="dev")


class Broken(logging.Formatter):
    """Of a disk that is full, say."""

    def format(self, record: logging.LogRecord) -> str:
        raise OSError(28, "No space left on device")


def test_a_line_tells_what_goes_and_who_says_so(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    log = AuditLog(RUN, "shop")

    with auditing(file):
        log.record(FOUND, "shop_order", "OrderSeeder", keys(3, 4, 5, 9))
        log.record(FOUND, "shop_order", "OrderSeeder", keys(9), operation="not deleted")

    first, second = (json.loads(line) for line in file.read_text().splitlines())
    told = {"table": "shop_order", "seeder": "OrderSeeder", "recordCount": 4, "keys": [[3, 5], [9, 9]], "run": 12}
    assert told.items() <= first.items()
    assert {"user": "ann", "host": "desk", "database": "shop", "environment": "dev"}.items() <= first.items()
    assert (first["operation"], second["operation"], second["keys"]) == ("delete", "not deleted", [[9, 9]])


def test_keys_that_the_server_does_not_count_are_told_one_by_one(tmp_path: Path) -> None:
    file, others = tmp_path / "audit.log", (KeyColumn(name="code", dtype=pl.String), KeyColumn(name="place"))
    rows = pl.DataFrame({NUMBER: [3, 4, 5], "code": ["a", "b", "c"], "place": [1, 1, 2]})

    with auditing(file):
        AuditLog(RUN, "shop").record(
            RowIdentity(using="default", number="", others=others, rows=rows), "line", "Lines", keys(3, 5)
        )

    assert json.loads(file.read_text())["keys"] == [["a", 1], ["c", 2]]


def test_lines_are_appended_and_nothing_is_written_after_the_block(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    file.write_text("what was there\n")

    with auditing(file):
        AuditLog(RUN, "shop").record(FOUND, "shop_order", "OrderSeeder", keys(1))
    AuditLog(RUN, "shop").record(FOUND, "shop_order", "OrderSeeder", keys(2))

    lines = file.read_text().splitlines()
    assert (lines[0], len(lines), json.loads(lines[1])["keys"]) == ("what was there", 2, [[1, 1]])


def test_a_file_that_cannot_be_written_is_refused_before_anything_happens(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"^The audit log cannot be written \(.*\), and nothing is changed without it\. "
                                                r"Set SEEDING_AUDIT_FILE\.$"),
        auditing(tmp_path),
    ):  # fmt: skip
        pytest.fail("the block was entered")


def test_a_line_that_cannot_be_written_stops_the_transaction_that_it_tells_of(tmp_path: Path) -> None:
    with auditing(tmp_path / "audit.log"):
        (file,) = (one for one in logging.getLogger("seeding.audit").handlers if isinstance(one, LogFile))
        file.setFormatter(Broken())
        with pytest.raises(ConfigurationError, match="The audit log cannot be written"):
            AuditLog(RUN, "shop").record(FOUND, "shop_order", "OrderSeeder", keys(1))


def test_lines_go_to_no_other_log(tmp_path: Path) -> None:
    other, parent = logging.handlers.BufferingHandler(10), logging.getLogger("seeding")
    parent.addHandler(other)
    try:
        with auditing(tmp_path / "audit.log"):
            AuditLog(RUN, "shop").record(FOUND, "shop_order", "OrderSeeder", keys(1))
    finally:
        parent.removeHandler(other)

    assert other.buffer == []
