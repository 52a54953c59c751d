"""Which tables are not touched, and why: on SQLite as it is, for other servers from the facts that they would tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test.utils import isolate_apps

from seeding.example.models import Order, Product
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.example.seeders.sales import OrderSeeder
from seeding.exceptions import SchemaError
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.safety import LEDGER, Refusal, Survey, Touch, survey, touched
from seeding.safety import table_checks as tables
from seeding.safety.catalogues import Catalogue, Relation
from seeding.safety.triggers import Trigger
from seeding.schema.references import NamingField, Reference
from seeding.schema.tables import RelationKind
from tests.support.databases import Database

SEED, UNDO = Touch.INSERT | Touch.DELETE, Touch.DELETE
MASK = Touch.UPDATE | Touch.MASK
ENABLED = "disable or drop it for the command, or leave the table out"
BYPASS = "use an account that bypasses it (BYPASSRLS)"

with isolate_apps():

    class Plant(models.Model):
        """Descends from another one."""

        parent: Any = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")

        class Meta:
            app_label = "orchard"

    class Timed(models.Model):
        """Is known by a moment, too."""

        at = models.DateTimeField(unique=True)

        class Meta:
            app_label = "orchard"

    class Label(models.Model):
        """Holds the name of a product and not its key."""

        product = models.ForeignKey(Product, models.CASCADE, to_field="name", related_name="+")

        class Meta:
            app_label = "orchard"

    class Tariff(models.Model):
        """Holds the moment of a review, which no seeder can name."""

        review = models.ForeignKey(Timed, models.CASCADE, to_field="at", related_name="+")

        class Meta:
            app_label = "orchard"

    class Goods(models.Model):
        """The products of the shop under another key."""

        code = models.AutoField(primary_key=True)

        class Meta:
            app_label = "orchard"
            db_table = "shop_product"

    class Sticker(models.Model):
        """Names a product by its name."""

        name = NamingField(max_length=80, targets={"": ("shop.Product", "name")})

        class Meta:
            app_label = "orchard"

    class Comment(models.Model):
        """About anything."""

        content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
        object_id = models.IntegerField()
        of = GenericForeignKey("content_type", "object_id")

        class Meta:
            app_label = "orchard"


def reasons(shop: Database, touch: Touch, *statements: str, table: str = "shop_product") -> list[str]:
    """Why a table of a real database is not touched, after these statements."""
    for one in statements:
        shop.query(one)
    return [str(one) for one in survey(shop.alias, {table: touch}).refusals.get(table, ())]


def of(
    relation: Relation, touch: Touch = SEED, mirrors: Sequence[type[models.Model]] = (Product,), **facts: Any
) -> list[tuple[str, str]]:
    """Why the table `lots` is not touched of which a server tells these facts: causes and remedies."""
    kinds = {"lots": facts.pop("kind", RelationKind.TABLE)}
    return list(tables._relation(Catalogue(relations={"lots": relation}, **facts), kinds, "lots", touch, mirrors))


def lots(**facts: Any) -> Relation:
    return Relation(**{"name": "lots", "key": ("id",), **facts})


def trigger(body: str, timing: str = "AFTER", events: Touch = Touch.INSERT) -> Trigger:
    return Trigger(name="t", timing=timing, events=events, language="sql", body=body)


def test_an_ordinary_table_is_touched(shop: Database) -> None:
    every = Touch.INSERT | Touch.UPDATE | Touch.DELETE | Touch.MASK

    assert survey(shop.alias, {**dict.fromkeys(("shop_product", "shop_review", "shop_order"), every), **LEDGER}) == Survey()


def test_a_table_that_is_not_there_is_no_refusal(shop: Database) -> None:
    assert survey(shop.alias, {"nothing": SEED}) == Survey()
    assert survey(shop.alias, {}) == Survey()


def test_every_refusal_is_told_and_nothing_was_touched() -> None:
    found = Survey(
        refusals={
            "lots": (Refusal(subject="lots", cause="is a view", remedy="leave it out"),),
            "bills": (Refusal(subject="bills", cause="is a view", remedy="leave it out"),),
        }
    )

    with pytest.raises(SchemaError) as error:
        found.refuse_any()
    assert str(error.value) == "lots is a view; leave it out. bills is a view; leave it out. Nothing was changed."
    with pytest.raises(SchemaError, match=r"^bills is a view; leave it out\. Nothing was changed\.$"):
        found.refuse_any({"bills"})
    found.refuse_any({"orders"})
    Survey().refuse_any()


@pytest.mark.parametrize(
    ("statements", "touch", "said"),
    [
        (
            ["ALTER TABLE shop_product RENAME TO goods", "CREATE VIEW shop_product AS SELECT * FROM goods"],
            SEED,
            "shop_product is a view, and only ordinary tables are touched; put the table under that name, or leave it out.",
        ),
        (
            ["ALTER TABLE shop_product RENAME TO goods", "ALTER TABLE goods RENAME TO SHOP_PRODUCT"],
            SEED,
            "shop_product is spelled SHOP_PRODUCT in this database; spell it so where it is named.",
        ),
        (
            ["CREATE TRIGGER t BEFORE INSERT ON shop_product BEGIN SELECT RAISE(IGNORE); END"],
            SEED,
            f"shop_product has the trigger t (BEFORE INSERT), which may change what is written or keep it out; {ENABLED}.",
        ),
        (
            ["CREATE TRIGGER t AFTER DELETE ON shop_product BEGIN DELETE FROM shop_review; END"],
            UNDO,
            f"shop_product has the trigger t (AFTER DELETE), which may change other rows; {ENABLED}.",
        ),
        (
            ["CREATE TRIGGER t AFTER UPDATE ON shop_product BEGIN INSERT INTO log VALUES (OLD.name); END"],
            MASK,
            f"shop_product has the trigger t (AFTER UPDATE), which may copy the values of before; {ENABLED}.",
        ),
    ],
)
def test_a_table_of_sqlite_that_cannot_be_relied_on_is_refused(
    shop: Database, statements: list[str], touch: Touch, said: str
) -> None:
    assert reasons(shop, touch, *statements) == [said]


def test_a_trigger_counts_for_what_it_is_set_off_by_and_is_watched_anyway(shop: Database) -> None:
    shop.query("CREATE TRIGGER t AFTER UPDATE ON shop_product BEGIN DELETE FROM shop_review; END")
    shop.query("CREATE TRIGGER u AFTER INSERT ON shop_order BEGIN SELECT 1; END")

    found = survey(shop.alias, {"shop_product": SEED, "shop_order": SEED, "shop_customer": SEED})

    both = frozenset({"shop_product", "shop_order"})
    assert found == Survey(watched=both, deferring=both)


@pytest.mark.parametrize("touch", [UNDO, SEED])
def test_a_row_that_is_referred_to_from_a_view_cannot_go(shop: Database, touch: Touch) -> None:
    shop.query("ALTER TABLE shop_review RENAME TO notes")
    shop.query("CREATE VIEW shop_review AS SELECT * FROM notes")

    assert reasons(shop, touch) == [
        (
            "shop_product is referred to by shop_review.product_id, and shop_review is a view; "
            "point that model at the table behind it."
        )
    ]
    assert reasons(shop, Touch.INSERT) == []


def test_a_view_that_only_shows_rows_is_told_and_stops_nothing(shop: Database) -> None:
    shop.query("ALTER TABLE shop_review RENAME TO notes")
    shop.query("CREATE VIEW shop_review AS SELECT DISTINCT * FROM notes")

    found = survey(shop.alias, {"shop_product": SEED})

    assert found.refusals == {}
    assert [one.partition(":")[0] for one in found.unseen] == [
        "Models refer to these tables through views that only show rows (shop_review)"
    ]


def test_every_reason_against_a_table_is_given() -> None:
    own: dict[str, Any] = {"key": ("a", "b"), "hides_rows": True, "engine": "MyISAM", "cascading": "k"}
    relation = lots(**own, rules=("r", "s"), relatives=("y", "x", "y"), copies=("m", "m"), resolves=True)

    assert of(relation, Touch.UPDATE | Touch.MASK, ()) == [
        ("hides rows from this account by row-level security", BYPASS),
        ("has the storage engine MyISAM, which has no reliable transactions", "convert it: ALTER TABLE lots ENGINE=InnoDB"),
        (
            "is part of the cascading foreign key k, and this replication group changes no such table",
            "switch the group to single-primary mode",
        ),
        ("replaces or leaves out rows in conflict by its own declaration (ON CONFLICT)", "leave it out"),
        ("has the rule r, s, which rewrites what is written", "drop or disable it"),
        ("shares rows by inheritance with x, y", "leave it out, or turn the inheritance into partitions"),
        ("is shown by the materialised view m, which keeps what it has read", "drop the view, and create it again afterwards"),
    ]
    assert of(lots(copies=("m",)), SEED) == []


@pytest.mark.parametrize(
    ("key", "mirrors", "cause"),
    [
        ((), (Product,), "has no primary key"),
        (("code",), (Product,), "has the primary key (code), where the model Product has the primary key (id)"),
        (("id",), (Product, Goods), "has the primary key (id), where the model Goods has the primary key (code)"),
        (("ID",), (Product,), ""),
        (("code",), (), ""),
    ],
)
def test_the_key_is_one_column_and_that_of_every_model(
    key: tuple[str, ...], mirrors: Sequence[type[models.Model]], cause: str
) -> None:
    assert [said for said, _ in of(lots(key=key), mirrors=mirrors)] == ([cause] if cause else [])


def test_keys_of_new_rows_come_from_a_counter_that_can_be_moved() -> None:
    relation = lots(counter="f(), which is not the next value of a sequence")
    cause = "takes the keys of new rows from f(), which is not the next value of a sequence"

    assert [said for said, _ in of(relation)] == [cause]
    assert of(relation, UNDO) == []
    assert of(relation, mirrors=(ContentType,)) == [(cause, of(relation)[0][1])]
    assert of(relation, mirrors=()) == []


def test_a_reference_by_a_column_of_another_type_than_integers_and_texts_cannot_be_seeded() -> None:
    assert of(lots(), mirrors=(Label, Tariff)) == [
        (
            "refers to orchard_timed by at (review_id), which is neither an integer nor a text",
            "leave the table out, or let the reference name the primary key",
        )
    ]
    assert of(lots(), UNDO, (Tariff,)) == []


@pytest.mark.parametrize(
    ("touch", "refused"), [(SEED, False), (UNDO, True), (MASK, True), (Touch.INSERT, False), (SEED | Touch.MASK, True)]
)
def test_tables_that_cannot_be_seen_matter_where_rows_go_that_others_may_name(touch: Touch, *, refused: bool) -> None:
    found = [said for said, _ in of(lots(), touch, is_complete=False)]

    assert found == (["may be referred to by tables that this account has no right to see"] if refused else [])


def test_hidden_rows_that_refer_keep_rows_from_going() -> None:
    relation = lots(referred_to_unseen=("notes",))

    assert of(relation) == [("is referred to by notes (row-level security), whose rows cannot be looked at", BYPASS)]
    assert of(relation, Touch.INSERT) == []


def test_a_table_that_keeps_its_history_is_seeded_and_rolled_back_and_not_masked() -> None:
    assert of(lots(), kind=RelationKind.VERSIONED) == of(lots(), UNDO, kind=RelationKind.VERSIONED) == []
    assert of(lots(), MASK, kind=RelationKind.VERSIONED) == [
        (
            "keeps the history of its rows (it is system-versioned), and with it the values of before",
            "drop its history, and add versioning again afterwards: ALTER TABLE lots DROP SYSTEM VERSIONING",
        )
    ]


def test_of_a_trigger_the_worst_that_it_may_do_is_told() -> None:
    both = lots(triggers=(trigger("SET NEW.id = (SELECT f(1))", "BEFORE"), trigger("INSERT INTO log VALUES (1)")))

    assert [said for said, _ in of(both)] == [
        "has the trigger t (BEFORE INSERT), which may change what is written or keep it out"
    ]
    assert of(both, UNDO) == []


@pytest.mark.parametrize(
    ("kinds", "table", "cause"),
    [
        ({"Lots": RelationKind.TABLE}, "Lots", ""),
        ({"LOTS": RelationKind.TABLE, "Lots": RelationKind.TABLE}, "lots", "is spelled LOTS in this database"),
        ({"lots": RelationKind.TABLE, "Lots": RelationKind.TABLE}, "lots", ""),
    ],
)
def test_a_name_must_mean_one_table(kinds: dict[str, RelationKind], table: str, cause: str) -> None:
    found = list(tables._name(kinds, table))

    assert [said for said, _ in found] == ([cause] if cause else [])


@pytest.mark.parametrize(
    ("kind", "relation", "cause"),
    [
        (RelationKind.TABLE, Relation(name="shop_order"), ""),
        (RelationKind.REPORT, Relation(name="shop_order"), ""),
        (RelationKind.INDEX, Relation(name="shop_order"), ""),
        (
            RelationKind.FOREIGN,
            Relation(name="shop_order"),
            "is referred to by shop_order.x_id, and shop_order is a foreign table",
        ),
        (
            RelationKind.TABLE,
            Relation(name="shop_order", hides_rows=True),
            "is referred to by shop_order.x_id, and row-level security hides rows of shop_order from this account",
        ),
        (RelationKind.FOREIGN, None, ""),
    ],
)
def test_rows_of_models_that_refer_must_be_seen(kind: RelationKind, relation: Relation | None, cause: str) -> None:
    catalogue = Catalogue(relations={"shop_order": relation} if relation else {})

    found = list(tables._referring(catalogue, {"shop_order": kind}, [(Order, Reference(column="x_id", target=Product))]))

    assert [said for said, _ in found] == ([cause] if cause else [])


def test_a_table_is_named_by_keys_by_names_and_by_whatever_names_anything() -> None:
    found = tables._naming(["shop_product", "shop_order"], [Label, Sticker, Comment, Order])

    named = {
        table: [(model.__name__, one.column, one.by, one.when, one.textual) for model, one in every]
        for table, every in found.items()
    }
    anywhere = ("Comment", "object_id", None, ("content_type_id", ""), False)
    assert named == {
        "shop_product": [("Label", "product_id", "name", None, False), ("Sticker", "name", "name", None, False), anywhere],
        "shop_order": [anywhere],
    }


def test_what_cannot_be_seen_is_told() -> None:
    blind = Catalogue(relations={}, shows_triggers=False, sees_elsewhere=False)

    assert [one.partition(":")[0] for one in tables._unseen(blind)] == [
        "This account may not see triggers (the right TRIGGER)",
        "This account may not see foreign keys of tables in other databases to which it has no right (the right PROCESS)",
    ]
    assert list(tables._unseen(Catalogue(relations={}))) == []


def test_where_triggers_cannot_be_seen_every_table_is_watched(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    blind = Catalogue(relations={"shop_product": Relation(name="shop_product", key=("id",))}, shows_triggers=False)
    monkeypatch.setattr(tables, "read_catalogue", lambda *_: blind)  # of SQLite everything is seen

    assert survey(shop.alias, {"shop_product": SEED}).watched == {"shop_product"}


class PlantSeeder(BaseSeeder):
    config = SeederConfig(model=Plant, record_count=RecordCount.fixed(1))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame()


class LaterSeeder(PlantSeeder):
    config = SeederConfig(model=Order, record_count=RecordCount.fixed(1), postponed=("customer_id",))


@pytest.mark.parametrize(
    ("seeders", "touches"),
    [
        ([ProductSeeder()], {"shop_product": SEED}),
        ([ReviewSeeder(), ProductSeeder()], {"shop_review": SEED, "shop_product": SEED}),
        ([OrderSeeder()], {"shop_order": SEED | Touch.UPDATE}),
        ([PlantSeeder()], {"orchard_plant": SEED | Touch.UPDATE}),
        ([LaterSeeder()], {"shop_order": SEED | Touch.UPDATE}),
        ([], {}),
    ],
)
def test_a_table_is_updated_where_something_is_derived_postponed_or_refers_to_itself(
    seeders: list[BaseSeeder], touches: dict[str, Touch]
) -> None:
    assert touched(seeders) == touches


def test_what_one_of_two_seeders_does_to_a_table_counts() -> None:
    class Plain(LaterSeeder):
        config = SeederConfig(model=Order, record_count=RecordCount.fixed(1))

    assert touched([Plain()]) == {"shop_order": SEED}
    assert touched([LaterSeeder(), Plain()]) == touched([Plain(), LaterSeeder()]) == {"shop_order": SEED | Touch.UPDATE}
