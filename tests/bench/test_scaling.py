"""docs/scaling.md has the table that the simulation prints, and the simulation does what its inputs say."""

from __future__ import annotations

import pytest

from tests.bench.scaling import BEGIN, CHUNK_ROWS, END, GALERA, NODE_CORES, POSTGRESQL, Setup, seconds, table
from tests.support.databases import ROOT


def test_the_documentation_has_the_table() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")

    assert page.partition(BEGIN)[2].partition(END)[0].strip().splitlines() == list(table())


def test_the_inputs_stand_in_the_documentation() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")

    for words, costs in (
        ("sent", (POSTGRESQL.making, GALERA.making)),
        ("given them", (POSTGRESQL.writing, GALERA.writing)),
    ):
        assert f"{words} | {' | '.join(f'{cost * 1e6:.0f}' for cost in costs)} |" in page
    assert f"each other node | | {GALERA.applying * 1e6:.0f} |" in page
    assert f"first process | {POSTGRESQL.task:.3f} | {GALERA.task:.3f} |" in page


@pytest.mark.parametrize("rows", [1_000_000, 1_000_000_000])
def test_one_worker_takes_what_its_rows_cost_and_many_what_the_server_can(rows: int) -> None:
    setup = Setup(name="one", costs=POSTGRESQL, nodes=1)
    of_a_row = POSTGRESQL.making + POSTGRESQL.writing + POSTGRESQL.task / CHUNK_ROWS

    assert seconds(setup, 1, rows) == pytest.approx(rows * of_a_row, rel=0.001)
    assert seconds(setup, 1_000, rows) == pytest.approx(
        rows * max(POSTGRESQL.writing / NODE_CORES, POSTGRESQL.task / CHUNK_ROWS), rel=0.1
    )


def test_nodes_that_apply_everything_are_no_more_than_the_cores_allow() -> None:
    three, work = Setup(name="three", costs=GALERA, nodes=3), GALERA.writing + 2 * GALERA.applying

    assert seconds(three, 1_000, 10**9) == pytest.approx(10**9 * work / (3 * NODE_CORES), rel=0.1)
