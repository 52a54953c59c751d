"""What has become of a seeder's rows: every planned one is counted once, and no message quotes what none may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.db import IntegrityError, OperationalError

from seeding.example.seeders.catalogue import ReviewSeeder
from seeding.exceptions import GenerationError, SchemaError, SeedingError, UnclassifiedError
from seeding.orchestration.pipeline.batch import Batch
from seeding.orchestration.pipeline.row_accounting import Outcome
from seeding.orchestration.results import SeederState
from seeding.schema.results import ValidationError
from seeding.telemetry.events import Event
from seeding.writing import Refusal

DUPLICATE = IntegrityError(1062, "Duplicate entry 'Ann Smith' for key 'author'")


class RealSeeder(ReviewSeeder):
    config = replace(ReviewSeeder.config, masking="full", masking_key="abcd1234")

    def origin(self, index: int) -> str:
        return f"reviews.csv, line {index + 2}"


class Counted(Outcome):
    """An outcome of ten planned reviews, with what it tells."""

    def __init__(self, seeder: ReviewSeeder | None = None) -> None:
        self.told: list[Event] = []
        super().__init__(seeder or ReviewSeeder(), 10, self.told.append)

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.inserted, self.existing, self.skipped

    def closed(self, *, audit: bool = True) -> Any:
        return self.close(*self.verdict(), duration=1.5, audit=audit)


def batch(accepted: str = "yyyy", *errors: ValidationError, **reasons: int) -> Batch:
    """Four reviews, the rows 4 to 7; of the accepted ones, marked with y, the texts are a, an empty one, None and d."""
    frame = pl.DataFrame(
        {"author": ["Ann", "Ben", "Cat", "Dan"], "text": ["a", " ", None, "d"], "stars": [1, 2, 3, 4], "id": [1, 2, 3, 4]}
    )
    mask = np.array([one == "y" for one in accepted])
    kept = frame.filter(pl.Series(mask))
    return Batch(
        generated=frame, ready=kept, rows=kept, index=np.arange(4, 8), keys=np.arange(1, 5), accepted=mask, errors=errors,
        reasons=reasons,
    )  # fmt: skip


def test_a_batch_that_was_stored_is_counted() -> None:
    outcome = Counted()
    outcome.existing = 3

    outcome.enter(batch(), [])

    assert (outcome.counts, outcome.done) == ((4, 3, 0), 7)
    assert outcome.told == []


def test_rejected_and_refused_rows_are_skipped() -> None:
    outcome = Counted()

    outcome.enter(batch("yyny", **{"stars: out of range": 1}), [Refusal(row=2, error=DUPLICATE)])

    assert (outcome.counts, outcome.done) == ((2, 0, 2), 4)
    assert [(event.operation, event.level, event.message) for event in outcome.told] == [
        ("skip", "warn", "1 rows of shop_review are not valid"),
        ("skip", "warn", "The database refused a row of shop_review, index 7: IntegrityError 1062 for author"),
    ]


def test_reasons_of_batches_without_a_rejected_row_do_not_count() -> None:
    outcome = Counted()

    outcome.enter(batch("ynnn", **{"stars: out of range": 2, "text: too long": 3}), [])
    outcome.enter(batch("nyyy", **{"stars: out of range": 1}), [Refusal(row=0, error=DUPLICATE)])
    outcome.enter(batch("yyyy", never=9), [])
    outcome.closed()

    rejected = next(event for event in outcome.told if event.operation == "reject")
    assert (rejected.message, rejected.record_count, rejected.level) == ("5 rows of shop_review were rejected", 5, "debug")
    assert rejected.context["reasons"] == {
        "stars: out of range": 3,
        "text: too long": 3,
        "IntegrityError 1062 for author": 1,
    }


def error(field: str, row: int | None = 1) -> ValidationError:
    return ValidationError(field=field, issue="bad", expected="good", actual="Ann Smith", row=row)


def test_an_error_quotes_no_personal_value() -> None:
    outcome = Counted()

    outcome.enter(batch("ynnn", error("stars"), error("author"), error("stars|text"), error("stars", None)), [])

    told = outcome.told[0].context["errors"]
    assert [one["actual"] for one in told] == ["Ann Smith", "[redacted]", "[redacted]", "Ann Smith"]
    assert not any("origin" in one for one in told)


def test_of_real_rows_no_value_is_quoted_and_the_line_is_named() -> None:
    outcome = Counted(RealSeeder())

    outcome.enter(batch("ynyy", error("stars"), error("stars", None)), [Refusal(row=1, error=DUPLICATE)])

    errors, refused = outcome.told[0].context["errors"], outcome.told[1].context
    assert [(one["actual"], one.get("origin")) for one in errors] == [
        ("[redacted]", "reviews.csv, line 7"),  # the second row of the batch, which begins at index 4
        ("[redacted]", None),
    ]
    assert refused["origin"] == "reviews.csv, line 8"  # the second of the accepted ones
    assert set(refused["data"].values()) == {"[redacted]"}


def test_a_refused_row_is_shown_without_what_is_personal() -> None:
    outcome = Counted()

    outcome.enter(batch(), [Refusal(row=3, error=DUPLICATE)])

    (event,) = outcome.told
    assert event.context["data"] == {"author": "[redacted]", "text": "[redacted]", "stars": 4, "id": 4}
    assert event.context["statement"] == "INSERT INTO shop_review (author, text, stars, id)"
    assert event.context["origin"] is None
    assert "Ann" not in f"{event.message} {event.error}"


def test_rows_that_the_ledger_has_after_all_are_ours_or_were_there() -> None:
    outcome = Counted()

    outcome.find(batch().generated, np.array([True, True, True, False]), np.array([True, False, False, False]))

    assert outcome.counts == (1, 2, 0)
    assert masked(outcome.closed()) == {"author": 1, "text": 1}


@pytest.mark.parametrize(("failure", "state", "code"), [
    (SchemaError("x"), SeederState.REFUSED, 3),
    (UnclassifiedError("x"), SeederState.REFUSED, 3),
    (GenerationError("x"), SeederState.FAILED, 4),
    (SeedingError("x"), SeederState.FAILED, 1),
    (RuntimeError("x"), SeederState.FAILED, 5),
])  # fmt: skip
def test_a_failure_leaves_out_all_that_was_not_done(failure: Exception, state: SeederState, code: int) -> None:
    outcome = Counted()
    outcome.inserted, outcome.existing, outcome.skipped = 3, 2, 1

    assert outcome.fail(failure) == (state, "x", code)
    assert outcome.counts == (3, 2, 5)
    assert (outcome.told[0].level, outcome.told[0].message) == ("error", f"ReviewSeeder {state}: x")


@pytest.mark.parametrize(("counts", "verdict"), [
    ((10, 0, 0), (SeederState.SEEDED, "", 0)),
    ((1, 9, 0), (SeederState.SEEDED, "", 0)),
    ((0, 10, 0), (SeederState.EXISTING, "", 0)),
    ((0, 0, 0), (SeederState.EXISTING, "", 0)),
    ((9, 0, 1), (SeederState.PARTIAL, "1 rows were refused; the log names each.", 5)),
    ((0, 0, 10), (SeederState.PARTIAL, "10 rows were refused; the log names each.", 5)),
])  # fmt: skip
def test_a_seeder_ends_as_its_rows_do(counts: tuple[int, int, int], verdict: tuple[SeederState, str, int]) -> None:
    outcome = Counted()
    outcome.inserted, outcome.existing, outcome.skipped = counts

    assert outcome.verdict() == verdict


def masked(result: Any) -> dict[str, int]:
    return {one["column"]: one["count"] for one in result.masking.get("fields", ())}


def test_the_audit_counts_what_was_masked_of_inserted_rows() -> None:
    outcome = Counted(RealSeeder())

    outcome.enter(batch("yyny"), [Refusal(row=2, error=DUPLICATE)])  # stored are the first two; the second text is blank
    result = outcome.closed()

    assert masked(result) == {"author": 2, "text": 1}
    assert (result.masking["table"], result.masking["mode"], result.masking["key"]) == ("shop_review", "full", "abcd1234")
    assert [event.message for event in outcome.told if event.operation == "mask"] == [
        "shop_review masked (full): author (person_name, 2), text (free_text, 1)"
    ]


def test_nothing_personal_inserted_is_nothing_to_audit() -> None:
    outcome = Counted()
    outcome.enter(batch("nnnn"), [])

    assert outcome.closed().masking == {}
    stored = Counted()
    stored.enter(batch(), [])
    assert stored.closed(audit=False).masking == {}


def test_the_result_holds_the_counts() -> None:
    outcome = Counted()
    outcome.enter(batch("yyny"), [])
    outcome.existing = 6

    result = outcome.closed()

    assert (result.seeder, result.table, result.state) == ("ReviewSeeder", "shop_review", "partial")
    assert (result.records_planned, result.records_inserted, result.records_existing, result.records_skipped) == (10, 3, 6, 1)
    assert (result.duration, result.exit_code) == (1.5, 5)
    assert outcome.told[-1].message == "shop_review partial"
    assert outcome.told[-1].context == {"table": "shop_review", "planned": 10}


@pytest.mark.parametrize(("seeder", "failure", "kept"), [
    (ReviewSeeder(), ValueError("Ann"), True),
    (RealSeeder(), ValueError("Ann"), False),
    (RealSeeder(), GenerationError("ours"), True),
    (RealSeeder(), OperationalError(1205, "Lock wait"), True),
])  # fmt: skip
def test_a_librarys_failure_on_real_rows_loses_its_words(seeder: ReviewSeeder, failure: Exception, *, kept: bool) -> None:
    found = Counted(seeder).discreet(failure)

    assert (found is failure) is kept
    assert kept or str(found) == "ValueError"
