"""Generic foreign keys, proxies, multi-table children, automatic tables and one-to-one parents: seeded, verified, kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections, models
from django.test import override_settings

from seeding.generation.registry import Registry
from seeding.generation.rows import Rows, numerals
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.safety import Touch, touched
from seeding.verification.checker import Checker
from tests.safety.test_references import LINKED
from tests.support.databases import Database
from tests.support.runs import run, undo

with LINKED:
    from tests.safety.models import Deed, Lease, Place, Remark, Restaurant, Tour, Venue, Visit

MODELS = (Place, Restaurant, Visit, Lease, Deed, Tour, Remark)
FIVE = RecordCount.fixed(5)


class PlaceSeeder(BaseSeeder):
    config = SeederConfig(model=Place, record_count=FIVE, not_pii=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": "Place " + numerals(rows.index)})


class VenueSeeder(PlaceSeeder):
    config = SeederConfig(model=Venue, record_count=FIVE, not_pii=("name",))


class VisitSeeder(BaseSeeder):
    config = SeederConfig(model=Visit, record_count=FIVE, dependencies=("places",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"venue_id": 4 - rows.index, "after_id": [index - 1 if index else None for index in rows.index]})


class LeaseSeeder(BaseSeeder):
    config = SeederConfig(model=Lease, record_count=FIVE, dependencies=("places",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"place_id": 4 - rows.index})


class RemarkSeeder(BaseSeeder):
    config = SeederConfig(model=Remark, record_count=FIVE, not_pii=("text",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"text": "Remark " + numerals(rows.index)})


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with LINKED:
        yield


@pytest.fixture(params=["mariadb", "postgresql"])
def database(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    """The tables of the models and of the content types, and three rows before the first seeded one."""
    made = make_database(request.param, ready=False)
    for app in ("contenttypes", "seeding"):
        call_command("migrate", app, database=made.alias, verbosity=0)
    with connections[made.alias].schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    for number in range(3):
        made.query("INSERT INTO places (name) VALUES (%s)", f"Real {number}")
    ContentType.objects.clear_cache()
    return made


def dump(database: Database, *tables: str) -> list[Any]:
    return [database.query(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608


def key(database: Database, name: str) -> int:
    found: int = database.query("SELECT id FROM places WHERE name = %s", name)[0][0]
    return found


def kept(database: Database, *seeders: BaseSeeder, tables: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """Exit code of a rollback and the seeded places that it leaves; the rows of `tables` stay, and of the real places."""
    before = dump(database, *tables)
    summary, _ = undo(database, *seeders)
    assert dump(database, *tables) == before
    assert database.query("SELECT COUNT(*) FROM places WHERE name LIKE 'Real%%'") == [(3,)]
    found = database.query("SELECT name FROM places WHERE name LIKE 'Place%%' ORDER BY 1")
    return summary.exit_code, [name for (name,) in found]


def kind_of(database: Database, model: type[models.Model]) -> ContentType:
    return ContentType.objects.db_manager(database.alias).get_for_model(model, for_concrete_model=False)


@pytest.mark.parametrize("model", [Place, Venue], ids=["model", "proxy"])
def test_a_remark_on_a_seeded_row_keeps_it(database: Database, model: type[models.Model]) -> None:
    seeded, _ = run(database, PlaceSeeder())
    Remark.objects.using(database.alias).create(content_type=kind_of(database, model), object_id=key(database, "Place 2"))
    Remark.objects.using(database.alias).create(content_type=kind_of(database, Tour), object_id=key(database, "Place 3"))

    assert seeded.exit_code == 0
    assert kept(database, PlaceSeeder(), tables=("remarks",)) == (6, ["Place 2"])


def test_a_remark_by_way_of_a_multi_table_child_keeps_the_row(database: Database) -> None:
    run(database, PlaceSeeder())
    database.query("INSERT INTO restaurants (place_ptr_id, stars) VALUES (%s, 3)", key(database, "Place 1"))
    Remark.objects.using(database.alias).create(content_type=kind_of(database, Restaurant), object_id=key(database, "Place 1"))

    assert kept(database, PlaceSeeder(), tables=("remarks", "restaurants")) == (6, ["Place 1"])


def test_remarks_are_seeded_without_what_they_are_about(database: Database) -> None:
    seeded, _ = run(database, RemarkSeeder())

    assert (seeded.exit_code, seeded.records_inserted) == (0, 5)
    assert database.query("SELECT COUNT(*) FROM remarks WHERE object_id IS NULL AND content_type_id IS NULL") == [(5,)]
    assert undo(database, RemarkSeeder())[0].records_deleted == 5


def test_row_indexes_are_no_keys_of_just_any_table(database: Database) -> None:
    class About(RemarkSeeder):
        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return super().generate_data(rows).with_columns(pl.Series("object_id", rows.index))

    seeded, _ = run(database, About())

    assert (seeded.exit_code, dump(database, "remarks")) == (3, [[]])
    assert (
        "remarks.object_id refers to a row of any table (GenericForeignKey). Name the model that its" in seeded.results[0].error
    )


class Elsewhere:
    """Content types are read and written in another database."""

    alias = ""

    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str | None:
        return self.alias if model is ContentType else None

    db_for_write = db_for_read

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        return True


@pytest.mark.parametrize("is_here", [False, True], ids=["only there", "in both"])
def test_content_types_of_another_database_are_understood(
    database: Database, make_database: Callable[..., Database], *, is_here: bool
) -> None:
    other = make_database("sqlite", ready=False)
    call_command("migrate", "contenttypes", database=other.alias, verbosity=0)
    other.query("DELETE FROM django_content_type")
    other.query(
        "INSERT INTO django_content_type (id, app_label, model) VALUES (901, 'linked', 'place'), (902, 'linked', 'tour')"
    )
    run(database, PlaceSeeder())
    if is_here:
        database.query("DELETE FROM django_content_type")
        database.query("INSERT INTO django_content_type (id, app_label, model) VALUES (901, 'linked', 'tour')")
    else:
        database.query("DROP TABLE django_content_type")
    for number, name in ((901, "Place 2"), (902, "Place 3")):
        database.query(
            "INSERT INTO remarks (content_type_id, object_id, text) VALUES (%s, %s, '')", number, key(database, name)
        )

    Elsewhere.alias = other.alias
    with override_settings(DATABASE_ROUTERS=["tests.safety.test_model_shapes.Elsewhere"]):
        assert kept(database, PlaceSeeder(), tables=("remarks",)) == (6, ["Place 2"])


def test_where_content_types_are_unknown_every_number_counts(database: Database) -> None:
    run(database, PlaceSeeder())
    database.query("DROP TABLE django_content_type")
    about = key(database, "Place 2")
    database.query("INSERT INTO remarks (content_type_id, object_id, text) VALUES (77, %s, '')", about)

    assert kept(database, PlaceSeeder(), tables=("remarks",)) == (6, ["Place 2"])


@pytest.mark.parametrize("parent", [PlaceSeeder(), VenueSeeder()], ids=["model", "proxy"])
def test_references_to_a_proxy_are_its_table_s(database: Database, parent: BaseSeeder) -> None:
    seeders = (parent, VisitSeeder())

    seeded, _ = run(database, *seeders, batch_size=2)
    verdicts = [one for one in Checker(database.alias, "", Registry(seeders)).references() if one.table == "visits"]
    joined = "SELECT v.id, p.name, v.after_id FROM visits v JOIN places p ON p.id = v.venue_id ORDER BY 1"
    rows = database.query(joined)

    assert (seeded.exit_code, seeded.records_inserted) == (0, 10)
    assert [name for _, name, _ in rows] == [f"Place {4 - index}" for index in range(5)]
    assert [after for _, _, after in rows] == [None, *(number for number, _, _ in rows[:-1])]
    assert all(one.broken == 0 and one.looked_at for one in verdicts if "restaurant" not in one.rule)
    database.query("DELETE FROM places WHERE name = 'Place 4'")
    broken = {one.rule: one.broken for one in Checker(database.alias, "", Registry(seeders)).references()}
    assert broken["visits.venue_id leads to places"] == 1
    assert undo(database, *seeders)[0].records_deleted == 9
    assert dump(database, "visits") == [[]]


def test_a_reference_to_a_proxy_of_its_own_table_is_one_to_itself() -> None:
    assert touched([VisitSeeder()])["visits"] & Touch.UPDATE
    assert not touched([LeaseSeeder()])["leases"] & Touch.UPDATE


def test_a_real_visit_keeps_the_seeded_rows_that_it_names(database: Database) -> None:
    run(database, PlaceSeeder(), VisitSeeder())
    ((visit, venue),) = database.query("SELECT id, venue_id FROM visits ORDER BY id LIMIT 1")
    database.query("INSERT INTO visits (venue_id, after_id) VALUES (%s, %s)", key(database, "Real 1"), visit)
    database.query("INSERT INTO visits (venue_id) VALUES (%s)", key(database, "Place 0"))

    code, places = kept(database, PlaceSeeder(), VisitSeeder())

    assert (code, places) == (6, ["Place 0", "Place 4"])
    assert database.query("SELECT venue_id FROM visits WHERE id = %s", visit) == [(venue,)]
    assert database.query("SELECT COUNT(*) FROM visits") == [(3,)]


def test_a_seeded_place_that_the_application_has_made_a_restaurant_stays(database: Database) -> None:
    run(database, PlaceSeeder())
    database.query("INSERT INTO restaurants (place_ptr_id, stars) VALUES (%s, 3)", key(database, "Place 1"))
    visited = key(database, "Place 1")
    database.query("INSERT INTO visits (venue_id, restaurant_id) VALUES (%s, %s)", key(database, "Real 0"), visited)

    assert kept(database, PlaceSeeder(), tables=("restaurants", "visits")) == (6, ["Place 1"])


@pytest.mark.parametrize("table", ["tours_places", "tours_venues"], ids=["constraint", "no constraint"])
def test_automatic_tables_keep_what_they_join(database: Database, table: str) -> None:
    run(database, PlaceSeeder())
    database.query("INSERT INTO tours (id, title) VALUES (1, '')")
    column = "place_id" if table == "tours_places" else "venue_id"
    database.query(f"INSERT INTO {table} (tour_id, {column}) VALUES (1, %s)", key(database, "Place 3"))  # noqa: S608

    assert kept(database, PlaceSeeder(), tables=("tours", table)) == (6, ["Place 3"])


class TourSeeder(BaseSeeder):
    config = SeederConfig(model=Tour, record_count=FIVE, not_pii=("title",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"title": "Tour " + numerals(rows.index)})


def joining(through: Any, column: str) -> BaseSeeder:
    """A seeder of the automatic table between tours and places."""

    class Joining(BaseSeeder):
        config = SeederConfig(model=through, record_count=FIVE, dependencies=("tours", "places"))

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"tour_id": rows.index, column: 4 - rows.index})

    return Joining()


@pytest.mark.parametrize("column", ["place_id", "venue_id"], ids=["constraint", "no constraint"])
def test_automatic_tables_are_seeded_and_verified(database: Database, column: str) -> None:
    through: Any = Tour.places.through if column == "place_id" else Tour.venues.through
    table, seeders = through._meta.db_table, (PlaceSeeder(), TourSeeder(), joining(through, column))

    seeded, _ = run(database, *seeders)
    joined = database.query(
        f"SELECT t.title, p.name FROM {table} j JOIN tours t ON t.id = j.tour_id JOIN places p ON p.id = j.{column} ORDER BY 1"  # noqa: S608
    )
    verdicts = [one for one in Checker(database.alias, "", Registry(seeders)).references() if one.table == table]

    assert (seeded.exit_code, seeded.records_inserted) == (0, 15)
    assert joined == [(f"Tour {index}", f"Place {4 - index}") for index in range(5)]
    assert [(one.looked_at, one.broken) for one in verdicts] == [(5, 0)] * 2
    assert kept(database, *seeders) == (0, [])
    assert dump(database, table, "tours") == [[], []]


def test_a_tour_of_tours_keeps_the_seeded_one(database: Database) -> None:
    run(database, TourSeeder())
    database.query("INSERT INTO tours (id, title) VALUES (100, 'Real')")
    database.query("INSERT INTO tours_tours (from_tour_id, to_tour_id) SELECT 100, id FROM tours WHERE title = 'Tour 3'")

    assert kept(database, TourSeeder(), tables=("tours_tours",)) == (6, [])
    assert database.query("SELECT title FROM tours ORDER BY 1") == [("Real",), ("Tour 3",)]


def test_one_to_one_parents_are_seeded_verified_and_kept(database: Database) -> None:
    seeders = (PlaceSeeder(), LeaseSeeder())
    seeded, _ = run(database, *seeders)
    joined = database.query("SELECT p.name FROM leases l JOIN places p ON p.id = l.place_id ORDER BY l.id")
    verdicts = [one for one in Checker(database.alias, "", Registry(seeders)).references() if one.table == "leases"]
    database.query("INSERT INTO deeds (place_id) VALUES (%s)", key(database, "Place 2"))
    database.query("DELETE FROM leases WHERE place_id = %s", key(database, "Place 1"))
    database.query("INSERT INTO leases (place_id) VALUES (%s)", key(database, "Place 1"))

    assert (seeded.exit_code, seeded.records_inserted) == (0, 10)
    assert [name for (name,) in joined] == [f"Place {4 - index}" for index in range(5)]
    assert [(one.looked_at, one.broken) for one in verdicts] == [(5, 0)]
    assert kept(database, *seeders, tables=("deeds",)) == (6, ["Place 1", "Place 2"])
    assert database.query("SELECT place_id FROM leases") == [(key(database, "Place 1"),)]
