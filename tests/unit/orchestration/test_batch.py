"""A batch before it is written: what a seeder may make, and which of its rows are left out with which others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.db import OperationalError, connections

from seeding import BaseSeeder, Dataset, Registry, Rows, ValidationError
from seeding.example.models import Review
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import ConfigurationError, GenerationError, UnclassifiedError
from seeding.generation.seeders import RowRule
from seeding.keys import KeyMap
from seeding.ledger.parent_values import NotKnownYetError
from seeding.ledger.queries import Ledger
from seeding.ledger.reference_resolution import Resolver
from seeding.orchestration.pipeline.batch import Batch, Preparation
from seeding.schema.tables import expected
from seeding.schema.validation import SchemaValidator
from tests.support.databases import AS_OF
from tests.unit.orchestration.categories import Category, CategorySeeder, PostponingSeeder

DATASET = Dataset(seed=42, as_of=AS_OF)
NOTHING = KeyMap.of(())
INDEX = np.arange(6)
KEYS = np.arange(11, 17)


def preparation(seeder: BaseSeeder, rules: Sequence[RowRule] = (), **options: Any) -> Preparation:
    """No database is asked: the keys of a table that refers to itself are given."""
    resolver = Resolver(Registry([seeder]), Ledger("default"), DATASET)
    validator = SchemaValidator(expected(Category, connections["default"]))
    return Preparation(seeder, DATASET, resolver, validator, rules, **options)


def changed(change: Callable[[pl.DataFrame], pl.DataFrame], **options: Any) -> BaseSeeder:
    """A seeder whose rows are changed after they were made."""

    class ChangedSeeder(CategorySeeder):
        config = replace(CategorySeeder.config, **options)

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return change(super().generate_data(rows))

    return ChangedSeeder()


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise error

    return fail


def test_a_seeder_is_asked_for_the_rows_of_the_index() -> None:
    data = preparation(CategorySeeder()).generate(np.array([0, 4, 5]))

    assert data.rows() == [("C0", None), ("C4", 3), ("C5", 4)]


@pytest.mark.parametrize(("change", "words"), [
    (raising(ValueError("oh")), "ValueError: oh"),
    (lambda data: data.head(1), "1 rows were generated for 6 indexes."),
    (lambda data: data.drop("name"), "name: missing column (expected a value: it is required, actual none)"),
    (
        lambda data: data.with_columns(name=pl.lit(1), hue=pl.lit("red")),
        (
            "hue: unknown column (expected a column of shop_category, actual hue); "
            "name: wrong type (expected text, actual Int32)"
        ),
    ),
])  # fmt: skip
def test_what_a_seeder_must_not_make_is_named_with_its_rows(change: Callable[[pl.DataFrame], pl.DataFrame], words: str) -> None:
    with pytest.raises(GenerationError) as raised:
        preparation(changed(change)).generate(INDEX)

    assert str(raised.value) == f"ChangedSeeder, rows 0 to 5: {words}"


def test_a_failure_of_the_engines_own_is_raised_as_it_is() -> None:
    error = ConfigurationError("no key")

    with pytest.raises(ConfigurationError) as raised:
        preparation(changed(raising(error))).generate(INDEX)

    assert raised.value is error


def test_a_failure_on_real_rows_is_told_without_its_words() -> None:
    with pytest.raises(GenerationError) as raised:
        preparation(changed(raising(ValueError("Ann Smith")), masking="full")).generate(INDEX)

    assert str(raised.value) == "ChangedSeeder, rows 0 to 5: ValueError"
    assert "Ann" not in str(raised.value.__cause__)


def test_a_column_that_nobody_has_classified_is_refused_if_it_is_made() -> None:
    words = {"name": "shop_category.name is open.", "email": "shop_category.email is open."}

    with pytest.raises(UnclassifiedError, match=r"^shop_category\.name is open\.$"):
        preparation(CategorySeeder(), unclassified=words).generate(INDEX)
    del words["name"]
    assert preparation(CategorySeeder(), unclassified=words).generate(INDEX).height == 6


def test_a_postponed_column_is_left_empty() -> None:
    assert preparation(PostponingSeeder()).generate(INDEX)["parent_id"].null_count() == 6


def prepared(seeder: BaseSeeder | None = None, *, index: Any = INDEX, there: KeyMap = NOTHING, **options: Any) -> Batch:
    rules, refused = options.get("rules", ()), options.get("refused", {})
    making = preparation(seeder or CategorySeeder(), rules)
    return making.prepare(making.generate(index), index, KEYS[: len(index)], there, refused=refused)


def test_rows_are_ready_with_their_keys_and_those_of_the_rows_they_refer_to() -> None:
    batch = prepared()

    assert batch.ready.select("id", "parent_id").rows() == [(11, None), (12, 11), (13, 12), (14, 13), (15, 14), (16, 15)]
    assert batch.generated["parent_id"].to_list() == [None, 0, 1, 2, 3, 4]
    assert (batch.errors, batch.reasons, batch.rejected_ranges()) == ((), {}, [])


def test_rows_that_are_there_already_can_be_referred_to() -> None:
    batch = prepared(index=np.array([3, 4]), there=KeyMap.of([(0, 3, 1)]))

    assert batch.ready.select("id", "parent_id").rows() == [(11, 3), (12, 11)]


def test_a_row_that_is_left_out_takes_its_descendants_along() -> None:
    batch = prepared(refused={2: "the database does not want it"})

    assert batch.accepted.tolist() == [True, True, False, False, False, False]
    assert (batch.accepted_index.tolist(), batch.accepted_keys.tolist()) == ([0, 1], [11, 12])
    assert batch.ready["id"].to_list() == batch.rows["id"].to_list() == [11, 12]
    assert batch.reasons == {
        "row: the database does not want it": 1,
        "row: its parent in this batch is left out": 3,
    }


def test_a_reference_to_a_row_that_is_not_there_costs_the_row() -> None:
    batch = prepared(index=np.array([0, 3, 4, 5]))

    assert batch.accepted_index.tolist() == [0]
    assert batch.reasons == {"parent_id: reference to nothing": 1, "row: its parent in this batch is left out": 2}


def test_what_is_left_out_is_told_as_ranges_of_indexes() -> None:
    alone = changed(lambda data: data.with_columns(parent_id=pl.lit(None)))

    batch = prepared(alone, refused=dict.fromkeys((0, 3, 4), "no"))

    assert batch.rejected_ranges() == [[0, 1], [3, 2]]


def unlucky(row: Any) -> ValidationError:
    return ValidationError(field="name", issue="unlucky", expected="luck", actual="?", row=row)


def test_a_rule_of_the_project_sees_the_seeder_and_resolved_rows() -> None:
    seen: list[tuple[str, list[int | None]]] = []

    def house_rule(seeder: BaseSeeder, rows: pl.DataFrame) -> list[ValidationError]:
        seen.append((seeder.name, rows["parent_id"].to_list()))
        return [unlucky(5)]

    batch = prepared(rules=[house_rule])

    assert seen == [("CategorySeeder", [None, 11, 12, 13, 14, 15])]
    assert (batch.accepted_index.tolist(), batch.reasons) == ([0, 1, 2, 3, 4], {"name: unlucky": 1})


def test_an_error_in_no_row_in_particular_costs_the_batch() -> None:
    batch = prepared(rules=[lambda *_: [unlucky(None)]])

    assert not batch.accepted.any()
    assert batch.reasons == {"name: unlucky": 6}


def test_the_seeders_own_rules_are_asked() -> None:
    class StrictSeeder(CategorySeeder):
        config = CategorySeeder.config

        def faults(self, index: Any) -> list[ValidationError]:
            return [unlucky(index.tolist().index(5))]

        def validate_data(self, data: pl.DataFrame) -> list[ValidationError]:
            return [unlucky(data["id"].to_list().index(15))]

    assert prepared(StrictSeeder()).accepted_index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(("rule", "words"), [
    (raising(ValueError("oh")), "ValueError: oh"),
    (lambda *_: None, "TypeError: 'NoneType' object is not iterable"),
    (lambda *_: ["unlucky"], "it found a str, which is not a ValidationError."),
    (lambda *_: [unlucky(6)], "it found an error in row 6; they count from 0 to 5."),
    (lambda *_: [unlucky(-1)], "it found an error in row -1; they count from 0 to 5."),
    (lambda *_: [unlucky("0")], "it found an error in row '0'; they count from 0 to 5."),
])  # fmt: skip
def test_a_rule_that_fails_is_named_with_the_rows(rule: Any, words: str) -> None:
    def house_rule(seeder: BaseSeeder, rows: pl.DataFrame) -> Any:
        return rule(seeder, rows)

    with pytest.raises(GenerationError) as raised:
        prepared(rules=[house_rule])

    assert str(raised.value) == f"house_rule, rows 0 to 5 of shop_category: {words}"


@pytest.mark.parametrize("error", [OperationalError(1213, "Deadlock found"), ConfigurationError("no key")])
def test_a_rule_that_asks_the_database_may_be_tried_again(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        prepared(rules=[raising(error)])

    assert raised.value is error


@pytest.mark.parametrize(("lost", "orphans"), [(set(), []), ({2}, [3]), ({0, 4, 9}, [1, 5])])
def test_an_orphan_refers_to_a_lost_row(lost: set[int], orphans: list[int]) -> None:
    making = preparation(CategorySeeder())

    found = making.orphans(making.generate(INDEX), lost)

    assert np.flatnonzero(found).tolist() == orphans


def test_rows_that_refer_to_nothing_are_no_orphans() -> None:
    making = preparation(CategorySeeder())

    assert not making.orphans(pl.DataFrame({"name": ["a", "b"]}), {0, 1}).any()
    assert making.primary_key == "id"


def test_a_thread_that_may_not_ask_the_database_is_told_that_it_would_have_to() -> None:
    resolver = Resolver(Registry([ProductSeeder(), ReviewSeeder()]), Ledger("default"), DATASET)
    validator = SchemaValidator(expected(Review, connections["default"]))
    offline = Preparation(ReviewSeeder(), DATASET, resolver, validator).offline()

    data = offline.generate(np.arange(2))

    with pytest.raises(NotKnownYetError):
        offline.prepare(data, np.arange(2), KEYS[:2], NOTHING)
    alone = preparation(CategorySeeder()).offline()  # of a table that refers to itself all keys are known
    assert alone.prepare(alone.generate(INDEX), INDEX, KEYS, NOTHING).accepted.all()
