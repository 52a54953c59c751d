"""Completion as a shell asks for it: a line, a place in it, and the words that may stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import Manage


@pytest.mark.parametrize(
    ("line", "some", "all_"),
    [
        ("manage.py seed_ro", {"seed_rollback "}, True),
        ("python manage.py seed --dry", {"--dry-run "}, True),
        ("manage.py seed --table=invo", {"invoiceLineItems", "invoice_payments", "invoices"}, True),
        ("manage.py seed_rollback --table clients,ord", {"clients,orders", "clients,order_line_items"}, False),
        ("manage.py seed_explain invoi", {"invoiceLineItems", "invoice_payments", "invoices"}, True),
        ("manage.py seed --env ", {"dev", "staging", "production"}, False),
        ("manage.py seed_check --database=d", {"default "}, True),
        ("manage.py seed --size=", {"small", "medium", "large"}, True),
    ],
)
def test_a_shell_is_told_how_a_line_may_go_on(manage: Manage, tmp_path: Path, line: str, some: set[str], all_: bool) -> None:  # noqa: FBT001
    answer = tmp_path / "answer"
    asking = {
        "_ARGCOMPLETE": "2" if line.startswith("python") else "1",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(:",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }

    manage(variables=asking)

    told = set(answer.read_text().split("\x0b"))
    assert told == some if all_ else told >= some
