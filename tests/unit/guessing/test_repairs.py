"""What is done about rows that an application rejects."""

from __future__ import annotations

from seeding.guessing.columns import Guess
from seeding.guessing.trials.repairs import REFUSALS, Findings, Rejected, best_repair

OPTIONAL = 'only(rows.skewed("parent_id", 5), rows.chance("parent_id/filled", 0.85))'


def rejected(findings: Findings, wrong: dict[tuple[str, str], int], **options: object) -> Rejected:
    """Rows with 9 complaints, or as many as `wrong` says of (column, expression)."""
    expressions = {"parent_id": OPTIONAL, "kind": 'rows.choose("kind", ("a", "b", "c"))', "note": "first"}
    known = {
        "findings": findings,
        "expressions": expressions,
        "choices": {"parent_id": (), "kind": ("a", "b", "c"), "note": ()},
        "complaints": lambda column, text: wrong.get((column, text), 9),
        "guessed": lambda _: iter([Guess(expression="first"), Guess(expression="second")]),
        "empty": (),
        "required": ("kind", "note"),
        "links": ("parent_id",),
        "words": "no",
    }
    return Rejected(**{**known, **options})  # type: ignore[arg-type]  # one mapping of all


def test_what_takes_least_from_the_rows_comes_first() -> None:
    findings = Findings(wanted=set())
    wrong = {
        ("parent_id", 'rows.skewed("parent_id", 5)'): 3,
        ("parent_id", ""): 3,
        ("kind", 'rows.choose("kind", ("a",))'): 4,
        ("note", "second"): 3,
    }

    best = best_repair(rejected(findings, wrong), 9)

    assert best is not None
    assert (best.column, best.expression, findings.whole) == ("parent_id", 'rows.skewed("parent_id", 5)', {"parent_id"})
    assert (findings.dropped, findings.members, findings.refused) == ({}, {}, {})


def test_of_the_choices_those_stay_with_which_the_fewest_rows_are_wrong() -> None:
    findings = Findings(wanted=set())
    alone = {("kind", f'rows.choose("kind", ("{one}",))'): 0 if one in "ac" else 9 for one in "abc"}

    best = best_repair(rejected(findings, {**alone, ("kind", 'rows.choose("kind", ("a", "c"))'): 0}), 9)

    assert best is not None
    assert findings.members == {"kind": ["a", "c"]}


def test_a_repair_is_made_once_and_none_that_leaves_as_many_complaints() -> None:
    findings = Findings(wanted=set())
    wrong = {("note", "second"): 1}

    assert best_repair(rejected(findings, wrong), 9) is not None
    assert findings.refused == {"note": {"first"}}
    assert best_repair(rejected(findings, wrong), 9) is None
    assert best_repair(rejected(Findings(wanted=set()), {}), 9) is None


def test_a_column_is_settled_when_nothing_new_is_refused_or_too_much_was() -> None:
    findings = Findings(wanted=set())

    assert findings.refuse("note", ["first"])
    assert findings.settled == set()
    assert not findings.refuse("note", ["first"])
    assert findings.settled == {"note"}
    assert findings.refuse("title", map(str, range(REFUSALS)))
    assert "title" in findings.settled
