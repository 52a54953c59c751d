"""What a comparison and a validation say."""

from __future__ import annotations

import pytest

from seeding.schema.results import Difference, ValidationError, ValidationResult

ERROR = ValidationError(field="age", issue="out of range", expected="0 to 9", actual=12, row=3)


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (
            Difference(table="grades", column="", issue="missing table", expected="a table", actual="none", fix="Make it."),
            "The table grades is missing. Make it.",
        ),
        (
            Difference(table="grades", column="name", issue="shorter", expected="9 characters", actual="5 characters"),
            (
                "grades.name: shorter (expected 9 characters, actual 5 characters). "
                "Run the application's migrations, or bring the model up to date."
            ),
        ),
        (
            Difference(table="grades", column="", issue="unknown check", expected="none", actual="c: x > 0", fix="Declare it."),
            "grades: unknown check (expected none, actual c: x > 0). Declare it.",
        ),
    ],
)
def test_a_difference_names_the_place_and_the_fix(difference: Difference, words: str) -> None:
    assert str(difference) == words


def test_an_error_names_the_field_and_not_the_row() -> None:
    assert str(ERROR) == "age: out of range (expected 0 to 9, actual 12)"


def test_a_result_is_valid_without_errors() -> None:
    assert ValidationResult().valid
    assert not ValidationResult(errors=(ERROR,)).valid
