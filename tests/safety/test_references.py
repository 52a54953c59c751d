"""Real rows that name a seeded one in ways that no foreign key declares: each keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl
import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from seeding.generation.rows import Rows, numerals
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.safety import Touch, survey
from seeding.schema.references import namings
from tests.support.databases import SERVERS, Database
from tests.support.runs import run, undo

LINKED = override_settings(INSTALLED_APPS=["django.contrib.contenttypes", "seeding", "tests.safety"], DATABASE_ROUTERS=[])

with LINKED:
    from tests.safety.models import Comment, Item, Label, Note, Shelf, Tag


class ItemSeeder(BaseSeeder):
    config = SeederConfig(model=Item, record_count=RecordCount.fixed(20), not_pii=("name",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": "Item " + numerals(rows.index), "number": 900 + rows.index})


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with LINKED:
        yield


@pytest.fixture(params=SERVERS)
def seeded(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    """A database with twenty seeded items."""
    database = make_database(request.param, ready=False)
    call_command("migrate", "contenttypes", database=database.alias, verbosity=0)
    call_command("migrate", database=database.alias, run_syncdb=True, verbosity=0)
    run(database, ItemSeeder())
    ContentType.objects.clear_cache()
    return database


def kept(database: Database) -> tuple[list[str], int, set[str]]:
    """The items that a rollback leaves, its exit code, and by which columns they are held."""
    summary, _ = undo(database, ItemSeeder())
    names = Item.objects.using(database.alias).order_by("name").values_list("name", flat=True)
    return list(names), summary.exit_code, {one.by for one in summary.kept}


def test_generic_foreign_keys_by_number_and_by_text(seeded: Database) -> None:
    using, items = seeded.alias, list(Item.objects.using(seeded.alias).order_by("pk"))
    of_items = ContentType.objects.db_manager(using).get_for_model(Item)
    of_others = ContentType.objects.db_manager(using).get_for_model(Shelf)
    Comment.objects.using(using).create(content_type=of_items, object_id=items[3].pk)
    Note.objects.using(using).create(content_type=of_items, object_id=str(items[14].pk))
    Note.objects.using(using).create(content_type=of_items, object_id="no number")
    Note.objects.using(using).create(content_type=of_others, object_id=str(items[5].pk))

    assert kept(seeded) == (["Item 14", "Item 3"], 6, {"linked_comment.object_id", "linked_note.object_id"})


def test_tables_between_two_that_no_key_declares(seeded: Database) -> None:
    shelf = Shelf.objects.using(seeded.alias).create()
    shelf.items.add(Item.objects.using(seeded.alias).get(name="Item 7"))

    assert kept(seeded) == (["Item 7"], 6, {"linked_shelf_items.item_id"})


def test_references_by_another_column_than_the_primary_key(seeded: Database) -> None:
    Label.objects.using(seeded.alias).create(item_id=912)

    assert kept(seeded) == (["Item 12"], 6, {"linked_label.item_id"})


def test_columns_that_django_joins_by(seeded: Database) -> None:
    Tag.objects.using(seeded.alias).create(item_key=Item.objects.using(seeded.alias).get(name="Item 4").pk)

    assert kept(seeded) == (["Item 4"], 6, {"linked_tag.item_key"})


def test_a_column_with_a_percent_sign(seeded: Database) -> None:
    quoted = connections[seeded.alias].ops.quote_name("item (50%)")
    key = "integer" if seeded.server == "sqlite" else "bigint"
    seeded.query(f"CREATE TABLE legacy (id {key} PRIMARY KEY, {quoted} {key} REFERENCES linked_item (id))".replace("%", "%%"))
    seeded.query("INSERT INTO legacy SELECT 1, id FROM linked_item WHERE name = 'Item 9'")

    assert kept(seeded)[:2] == (["Item 9"], 6)


@pytest.mark.parametrize("seeded", ["sqlite"], indirect=True)
def test_a_key_held_as_a_text(seeded: Database) -> None:
    seeded.query("CREATE TABLE scraps (tenant int, id int, item_id varchar(20) REFERENCES linked_item (id) ON DELETE CASCADE, "
                 "PRIMARY KEY (tenant, id))")  # fmt: skip
    seeded.query("CREATE TABLE rests (item_id FLOAT REFERENCES linked_item (id) ON DELETE CASCADE)")
    for number, name in enumerate(("Item 0", "Item 4", "Item 14")):
        seeded.query("INSERT INTO scraps SELECT 1, %s, id FROM linked_item WHERE name = %s", number, name)
    seeded.query("INSERT INTO scraps SELECT 2, 1, id || '.0' FROM linked_item WHERE name = 'Item 7'")
    ((key,),) = seeded.query("SELECT id FROM linked_item WHERE name = 'Item 9'")
    seeded.query("PRAGMA foreign_keys = OFF")  # as most programs have it
    seeded.query("INSERT INTO rests VALUES (%s)", key)
    seeded.query("PRAGMA foreign_keys = ON")

    assert kept(seeded)[:2] == (["Item 0", "Item 14", "Item 4", "Item 7", "Item 9"], 6)
    assert (len(seeded.query("SELECT * FROM scraps")), len(seeded.query("SELECT * FROM rests"))) == (4, 1)


@pytest.mark.parametrize("seeded", ["sqlite", "mariadb"], indirect=True)
def test_names_in_other_letters_than_the_model_has(seeded: Database) -> None:
    seeded.query("DROP TABLE linked_label")
    table = "LINKED_LABEL" if seeded.server == "sqlite" else "linked_label"
    key = "integer" if seeded.server == "sqlite" else "bigint"
    seeded.query(f"CREATE TABLE {table} (ID {key} PRIMARY KEY, ITEM_ID integer)")
    seeded.query("INSERT INTO linked_label VALUES (1, 905)")

    assert kept(seeded)[:2] == (["Item 5"], 6)


def test_what_only_looks_like_a_reference_is_none(seeded: Database) -> None:
    assert (namings(Item), namings(Comment)) == ((), ())


def test_ordinary_tables_with_keys_of_any_kind_are_none_of_its_business(seeded: Database) -> None:
    everything = Touch.INSERT | Touch.UPDATE | Touch.DELETE | Touch.MASK
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]

    found = survey(seeded.alias, dict.fromkeys(tables, everything)).refusals

    assert {"linked_code", "linked_draft", "linked_shelf_items", "django_content_type"} <= set(tables)
    assert found == {}
