"""Copies of personal values, rows under keys of others, references whose rows are gone: none is taken for what it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.test import override_settings

from seeding import api
from seeding.conf import CheckConfig, Environment, MaskingConfig, ResetConfig, SnapshotConfig, VerifyConfig
from seeding.generation.registry import Registry
from seeding.keys import KeySet
from seeding.models import SeedRun, SeedSnapshot
from seeding.restoration.results import ResetSummary
from seeding.verification.textual_references import textual_verdicts
from tests.support.databases import Database
from tests.support.runs import run, undo

INSTALLED = override_settings(
    INSTALLED_APPS=["django.contrib.contenttypes", "seeding", "tests.integration.copied"], DATABASE_ROUTERS=[]
)
with INSTALLED:
    from tests.integration.copied import personal_data
    from tests.integration.copied.models import Category, Customer, Remark, Subscription, Ticket, Visit
    from tests.integration.copied.seeders import Categories, Customers, Letters, Tickets, Visits

KEY = "a key for tests, of some length"
PEOPLE = ("copied_customer", "copied_ticket")


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


@pytest.fixture(params=["sqlite", "mariadb", "postgresql"])
def database(request: pytest.FixtureRequest, make_database: Callable[..., Database]) -> Database:
    made = make_database(request.param, ready=False)
    call_command("migrate", "contenttypes", database=made.alias, verbosity=0)
    call_command("migrate", database=made.alias, run_syncdb=True, verbosity=0)
    return made


@pytest.fixture
def desk(database: Database) -> Registry:
    """The seeders of customers, categories and tickets, whose rows are there."""
    registry = Registry([Categories(), Customers(), Tickets()])
    assert run(database, registry=registry)[0].exit_code == 0
    return registry


def of(database: Database, model: Any, place: int) -> Any:
    """One row: servers begin to count keys anywhere."""
    rows = model._base_manager.using(database.alias)
    return rows.filter(pk=list(rows.order_by("pk").values_list("pk", flat=True))[place])


def values(database: Database, model: Any, *names: str) -> list[Any]:
    """What the columns hold, row by row."""
    return list(model._base_manager.using(database.alias).order_by("pk").values_list(*names))


@contextmanager
def called(model: Any, name: str) -> Iterator[None]:
    """Let the model's table have another name; its fields remember the one of their first query."""
    before = model._meta.db_table
    try:
        _call(model, name)
        yield
    finally:
        _call(model, before)


def _call(model: Any, name: str) -> None:
    model._meta.db_table = name
    for field in model._meta.concrete_fields:
        vars(field).pop("cached_col", None)


def mask(database: Database, registry: Registry, *tables: str) -> tuple[int, int]:
    """The exit code, and how many values were masked."""
    config = MaskingConfig(database=database.alias, environment=Environment.DEV, key=KEY, force=True, tables=tables)
    summary = api.mask(config, registry=registry)
    return summary.exit_code, sum(one.masked for one in summary.results)


def reset(database: Database, registry: Registry, *tables: str) -> ResetSummary:
    return api.reset(ResetConfig(database=database.alias, force=True, tables=tables), registry=registry)


def snapshots(database: Database, registry: Registry) -> Any:
    return api.snapshots(SnapshotConfig(database=database.alias, force=True), registry=registry)


def test_a_copy_of_a_personal_value_is_masked_with_it(database: Database, desk: Registry) -> None:
    of(database, Customer, 2).update(name="Bertha Realperson")
    of(database, Ticket, 4).update(customer_name="Bertha Realperson")  # as the next derivation would
    of(database, Ticket, 10).update(customer_name="Typed Realperson")
    names = values(database, Ticket, "contact")

    masked, again = mask(database, desk, *PEOPLE), mask(database, desk, *PEOPLE)

    assert (masked, again) == ((0, 1 + 20), (0, 0))
    told = [*values(database, Customer, "name"), *values(database, Ticket, "contact", "customer_name")]
    assert not [one for row in told for one in row if "Realperson" in one]
    assert values(database, Ticket, "contact") == names


@pytest.fixture
def letters(database: Database) -> Registry:
    """Ten, of which the third is thrown away, with another writer, and the seventh has another text."""
    registry = Registry([Letters()])
    assert run(database, registry=registry)[0].exit_code == 0
    first = min(key for (key,) in database.query("SELECT id FROM copied_letter"))
    database.query("UPDATE copied_letter SET writer = 'Ann Realperson', thrown_away = %s WHERE id = %s", True, first + 2)
    database.query("UPDATE copied_letter SET text = %s WHERE id = %s", '{"pages": true}', first + 6)
    return registry


def test_what_a_manager_hides_is_looked_at_and_masked(database: Database, letters: Registry) -> None:
    verified = api.verify(VerifyConfig(database=database.alias), registry=letters)

    masked = mask(database, letters, "copied_letter")

    assert [(one.table, one.edited) for one in verified.tables] == [("copied_letter", 2)]
    assert masked == (0, 1)
    assert database.query("SELECT COUNT(*) FROM copied_letter WHERE writer LIKE '%%Realperson%%'") == [(0,)]


def test_what_a_manager_hides_and_a_truth_that_was_a_number_are_kept_as_changed(database: Database, letters: Registry) -> None:
    undone, _ = undo(database, *letters.ordered, keep_modified=True)

    assert (undone.exit_code, undone.records_deleted) == (6, 8)
    assert sorted(columns for one in undone.modified for columns in one.examples.values()) == [
        ("text",),
        ("thrown_away", "writer"),
    ]


def test_a_real_row_is_not_derived_for_the_sake_of_another_table(database: Database, desk: Registry) -> None:
    key = of(database, Ticket, 10).get().pk
    of(database, Ticket, 10).delete()
    real = Ticket(
        pk=key, category=of(database, Category, 1).get(), contact="Of a call", customer_name="Real name", status="new"
    )
    real.save(using=database.alias, force_insert=True)
    of(database, Customer, 9).delete()

    summary = reset(database, desk, "copied_customer")

    assert Ticket._base_manager.using(database.alias).get(pk=key).customer_name == "Real name"
    assert [(one.table, one.count) for one in summary.left] == [("copied_ticket", 1)]
    assert summary.exit_code == 5
    assert len(values(database, Customer, "pk")) == 10


@pytest.mark.parametrize("others_are_there", [True, False])
def test_a_word_of_a_short_list_does_not_tell_a_row_from_another(database: Database, *, others_are_there: bool) -> None:
    registry = Registry([Visits()])
    run(database, registry=registry)
    rows = Visit._base_manager.using(database.alias)
    seeded = rows.filter(status="cancelled").order_by("pk").first()
    assert seeded is not None
    (rows.filter(pk=seeded.pk) if others_are_there else rows.all()).delete()
    real = Visit(pk=seeded.pk, status="cancelled", reason="REAL patient called in sick", amount=777_777)
    real.save(using=database.alias, force_insert=True)

    summary = reset(database, registry)

    assert (rows.get(pk=seeded.pk).reason, rows.get(pk=seeded.pk).amount) == (real.reason, real.amount)
    assert summary.exit_code == 5
    assert rows.count() == 2_000


def test_a_value_by_which_other_rows_refer_is_not_restored(database: Database, desk: Registry) -> None:
    category = of(database, Category, 1)
    manager = snapshots(database, desk)

    def rename(code: str) -> None:
        before = category.get().code
        category.update(code=code)
        Ticket._base_manager.using(database.alias).filter(category_id=before).update(category_id=code)

    real = Ticket(category=category.get(), contact="Of a call", status="new")
    real.save(using=database.alias)
    rename("OLD")
    manager.save("renamed")
    rename("NEW")

    summary = manager.restore("renamed")

    real.refresh_from_db(using=database.alias)
    assert (category.get().code, real.category) == ("NEW", category.get())
    assert any("code is to hold another value, and other rows refer to it" in one for one in summary.kept)


def test_a_reference_to_a_row_that_is_gone_is_not_called_as_seeded(database: Database, desk: Registry) -> None:
    stranger = Customer(name="Not seeded")
    stranger.save(using=database.alias)
    gone = of(database, Customer, 2).get().pk
    for place in (4, 5):
        of(database, Ticket, place).update(customer=stranger, customer_name=stranger.name)
    config = VerifyConfig(database=database.alias, tables=("copied_ticket",))
    edited = api.verify(config, registry=desk)
    undone, _ = undo(database, *desk.by_name.values(), tables=("copied_customer",), where=(("id", str(gone)),))

    report, summary = api.verify(config, registry=desk), reset(database, desk)

    assert (edited.is_as_seeded, undone.records_deleted) == (False, 1)
    (ticket,) = report.tables
    assert (report.is_as_seeded, ticket.fingerprint, sum(ticket.unverifiable.values())) == (False, "", 2)
    assert (summary.exit_code, [(one.table, one.count) for one in summary.left]) == (5, [("copied_ticket", 2)])
    assert [of(database, Ticket, place).get().customer_id for place in (4, 5)] == [stranger.pk] * 2


def test_a_row_in_another_schema_keeps_what_only_its_model_says_that_it_refers_to(database: Database, desk: Registry) -> None:
    undo(database, *desk.by_name.values(), tables=("copied_ticket",))
    real = Ticket(category=of(database, Category, 1).get(), customer=of(database, Customer, 2).get(), status="new")
    real.save(using=database.alias)
    elsewhere = {
        "sqlite": ('"main"."copied_ticket"',),
        "postgresql": ('"crm"."copied_ticket"', "CREATE SCHEMA crm", "ALTER TABLE copied_ticket SET SCHEMA crm"),
        "mariadb": (
            f"`{database.alias}_crm`.`copied_ticket`",
            f"CREATE DATABASE {database.alias}_crm",
            f"RENAME TABLE copied_ticket TO {database.alias}_crm.copied_ticket",
        ),
    }
    name, *statements = elsewhere[database.server]
    for statement in statements:
        database.query(statement)
    with called(Ticket, name):
        assert Ticket._base_manager.using(database.alias).get().customer == real.customer

        summary, _ = undo(database)

    assert summary.exit_code == 6
    assert [(one.table, one.count) for one in summary.kept] == [("copied_category", 1), ("copied_customer", 1)]
    assert (values(database, Category, "code"), values(database, Customer, "pk")) == ([("C1",)], [(real.customer.pk,)])


def test_keys_that_are_personal_are_told_nowhere(database: Database, desk: Registry) -> None:
    customer = of(database, Customer, 2).get()
    Subscription(email="ann.real@clinic.test", customer=customer).save(using=database.alias)

    summary, told = undo(database, *desk.by_name.values())
    undo(database, *desk.by_name.values(), tables=("copied_customer",), where=(("name", customer.name),))

    (kept,) = [one for one in summary.kept if one.by]
    assert (kept.by, kept.referring, kept.referring_count) == ("copied_subscription.customer_id", ("[redacted]",), 1)
    assert not [one for one in told if "ann.real" in str(one)]
    plans = [run.plan for run in SeedRun.objects.using(database.alias).filter(command="seed_rollback")]
    assert not [plan for plan in plans if customer.name in str(plan)]


@pytest.mark.parametrize(
    ("column", "words"), [("category_id", "category_id is a foreign key"), ("subject", "other rows refer to subject")]
)
def test_what_only_models_know_as_a_reference_is_not_masked(
    database: Database, desk: Registry, monkeypatch: pytest.MonkeyPatch, column: str, words: str
) -> None:
    before = values(database, Ticket, "category", "subject")
    monkeypatch.setattr(personal_data, "TABLES", {"copied_ticket": {column: "free_text"}})
    config = MaskingConfig(database=database.alias, environment=Environment.DEV, key=KEY, force=True, tables=("copied_ticket",))

    summary = api.mask(config, registry=desk)

    assert summary.exit_code == 3
    assert words in " ".join(one.error for one in summary.results)
    assert values(database, Ticket, "category", "subject") == before


def test_what_the_project_calls_personal_is_shown_by_nobody(
    database: Database, desk: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    of(database, Ticket, 3).update(subject="Jane Roe has called")
    shown = [one.found for one in api.verify(VerifyConfig(database=database.alias), registry=desk).tables[2].cells]
    monkeypatch.setattr(personal_data, "TABLES", {"copied_ticket": {"subject": "free_text"}})

    cells = api.verify(VerifyConfig(database=database.alias), registry=desk).tables[2].cells

    assert (shown, [one.found for one in cells]) == (["Jane Roe has called"], ["[redacted]"])


def test_generic_references_by_texts_are_followed(database: Database, desk: Registry) -> None:
    ContentType.objects.clear_cache()
    kind = ContentType.objects.db_manager(database.alias).get_for_model(Category)
    keys = [one for (one,) in values(database, Category, "pk")]
    for text in (str(keys[0]), f" {keys[1]}", "nothing", str(max(keys) + 1)):
        Remark(content_type=kind, object_id=text).save(using=database.alias)
    rows = KeySet.of((one, one) for (one,) in values(database, Remark, "pk"))

    (verdict,) = textual_verdicts(database.alias, Remark, rows, None, {kind.pk: Category, kind.pk + 1: Customer})

    assert (verdict.rule, verdict.looked_at, verdict.broken) == ("copied_remark.object_id leads to copied_category", 4, 2)
    assert desk.by_table.keys() >= {"copied_category"}


def test_a_rule_that_cannot_be_asked_is_no_rule_that_holds(database: Database, desk: Registry) -> None:
    database.query("DROP TABLE copied_customer")

    report = api.check(CheckConfig(database=database.alias, checks=("references",)), registry=desk)

    assert report.unreadable == (
        "copied_ticket.customer_id leads to copied_customer could not be asked: the database has no copied_customer.",
    )
    with pytest.raises(CommandError, match="Not everything was checked") as failed:
        call_command("seed_check", "--references", database=database.alias, verbosity=0)
    assert failed.value.returncode == 4


def test_snapshots_forget_what_nobody_can_classify_any_more(database: Database, desk: Registry, tmp_path: Path) -> None:
    of(database, Ticket, 3).update(contact="Angela Realperson")
    manager, others = snapshots(database, desk), Registry([Categories(), Customers()])
    manager.save("worked")
    held = SeedSnapshot.objects.using(database.alias).filter(name="worked")
    assert ["Realperson" in one for one in (held.get().document, held.get().whole)] == [False, True]

    snapshots(database, others).export("worked", tmp_path / "worked.json")
    assert mask(database, others)[0] == 3  # columns of tickets are not classified

    assert "Realperson" not in (tmp_path / "worked.json").read_text(encoding="utf-8")
    assert "Realperson" not in held.get().document
    assert held.get().whole == ""
