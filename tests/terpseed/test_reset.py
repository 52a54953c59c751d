"""What was done to TERP's seeded rows is undone by `seed_reset`, by the servers' own dumps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from seeding import api
from seeding.conf import ResetConfig, VerifyConfig
from seeding.generation.registry import Registry
from seeding.generation.seeder_columns import derived_columns
from seeding.ledger.queries import Ledger
from seeding.restoration.differences import HELD
from terpseed.models import Batch, Bill, CalendarEvent, Order
from terpseed.models import CalendarEventParticipant as Participant
from tests.servers import Server
from tests.support.databases import SERVERS, Database
from tests.support.dumps import dumped_rows
from tests.support.edits import MOST, Edit, Editor, Kind
from tests.support.share import IS_SHARED
from tests.terpseed.ordinary_actions import do_all

LEAST, MOST_EDITS = 10 if IS_SHARED else 1, 30
SEVERAL = settings(
    max_examples=1 if IS_SHARED else 25,
    derandomize=IS_SHARED,
    phases=[Phase.generate],  # a simpler example would be looked for in minutes, in a database that is not as before
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@pytest.mark.parametrize("server", SERVERS)
def test_everything_is_as_before(make_database: Callable[..., Database], running: Callable[[str], Server], server: str) -> None:
    database = make_database(server, seeded="small")
    host, using = None if server == "sqlite" else running(server), database.alias
    do_all(using)  # real rows, which stay as they are
    api.reset(ResetConfig(database=using, force=True))
    editor, derived, before = Editor(using), derived_of_tables(using), dumped_rows(database, host)
    places = st.integers(0, MOST)
    edits = st.builds(
        Edit, table=st.sampled_from(editor.tables), row=places, column=places, other=places, kind=st.sampled_from(Kind)
    )

    @SEVERAL
    @given(st.lists(edits, min_size=LEAST, max_size=MOST_EDITS, unique_by=editor.place))
    def undone(edits: list[Edit]) -> None:
        done = [one for edit in edits if (one := editor.apply(edit)) is not None]
        assert (dumped_rows(database, host) != before) is bool(done)
        gone = [one for one in done if not one.column]
        edited = [one for one in done if one.column and one.column not in derived[one.table]]

        found = api.verify(VerifyConfig(database=using))
        summary = api.reset(ResetConfig(database=using, force=True))

        assert found.is_as_seeded is not bool(done), done
        missing, changed = (sum(getattr(one, of) for one in found.tables) for of in ("missing", "edited"))
        if gone:  # others may have gone with them, edited ones as well; a reference to a row that is gone could be anything
            assert (missing >= len(gone), changed <= len(edited)) == (True, True)
        else:
            assert (missing, changed) == (0, len(edited))
        assert (summary.left, summary.exit_code) == ((), 0)
        assert api.verify(VerifyConfig(database=using)).is_as_seeded
        assert sum(one.others for one in summary.results) > 5
        assert set(dumped_rows(database, host)) ^ set(before) == set()

    undone()


@pytest.mark.parametrize("server", SERVERS)
def test_defaults_and_documents_are_put_back_as_they_were(
    make_database: Callable[..., Database], running: Callable[[str], Server], server: str
) -> None:
    database = make_database(server, seeded="small")
    host, using = None if server == "sqlite" else running(server), database.alias
    before = dumped_rows(database, host)
    event, part, batch, bill = (one.objects.using(using).earliest("pk") for one in (CalendarEvent, Participant, Batch, Bill))
    CalendarEvent.objects.using(using).filter(pk=event.pk).update(is_recurring=True)
    Participant.objects.using(using).filter(pk=part.pk).update(notify_on_update=False)
    Batch.objects.using(using).filter(pk=batch.pk).update(publishEcom=1, version=7)
    Bill.objects.using(using).filter(pk=bill.pk).update(taxAmount=1)
    Order.objects.using(using).filter(pk=Order.objects.using(using).latest("pk").pk).update(items=[])

    found = api.verify(VerifyConfig(database=using))
    api.reset(ResetConfig(database=using, force=True))

    after = api.verify(VerifyConfig(database=using))
    unlike = {one.table for one, other in zip(found.tables, after.tables, strict=True) if one.fingerprint != other.fingerprint}
    assert unlike == {"calendar_events", "calendar_event_participants", "batches", "bills", "orders"}
    cells = {(one.table, cell.column, cell.expected) for one in found.tables for cell in one.cells}
    assert {one for one in cells if not one[1].startswith(("updated", "items"))} == {  # which MySQL and MariaDB set
        ("calendar_events", "is_recurring", "False"), ("calendar_event_participants", "notify_on_update", "True"),
        ("batches", "publishEcom", "0"), ("batches", "version", "1"), ("bills", "taxAmount", "0.00"),
    }  # fmt: skip
    assert set(dumped_rows(database, host)) ^ set(before) == set()


def derived_of_tables(using: str) -> dict[str, frozenset[str]]:
    dataset = Ledger(using).dataset()
    assert dataset is not None
    found = Registry.discover().by_table.items()
    return {table: frozenset().union(*(derived_columns(one, dataset) for one in seeders)) for table, seeders in found}


def test_reference_data_that_somebody_has_entered_again_is_not_doubled(sqlite: Database) -> None:
    sqlite.seed(table="strains")
    (key, name), (other, _) = sqlite.query("SELECT id, name FROM strains ORDER BY id LIMIT 2")
    sqlite.query("DELETE FROM strains WHERE id IN (%s, %s)", key, other)
    sqlite.query("INSERT INTO strains (name, standardizedName, createdAt) VALUES (%s, 'own', '2026-01-01 00:00:00')", name)

    summary = api.reset(ResetConfig(database=sqlite.alias, force=True, tables=("strains",)))

    assert [(one.table, one.count, one.reason) for one in summary.left] == [("strains", 1, HELD)]
    assert (summary.exit_code, sum(one.records_inserted for one in summary.results)) == (5, 1)
    assert sqlite.query("SELECT COUNT(*) FROM strains WHERE name = %s", name) == [(1,)]
