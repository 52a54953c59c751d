"""Who refers to whom, asked of a database: by keys, by other columns, in JSON and in texts."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import connections

from seeding.keys import KeySet
from seeding.schema.introspection import all_tables
from seeding.schema.relations import Relation
from seeding.verification import referring_rows as module
from seeding.verification.referring_rows import Pairs, Tracer
from tests.support.databases import Database
from tests.unit.rollbacks.conftest import keys, script

TABLES = """
CREATE TABLE box (id INTEGER PRIMARY KEY, code TEXT UNIQUE);
CREATE TABLE note (id INTEGER PRIMARY KEY, box_id INTEGER, kind TEXT, code TEXT, items TEXT, text TEXT);
INSERT INTO box VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO note (id, box_id, kind) VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'x'), (4, NULL, 'x'), (5, 3, 'y');
"""


@pytest.fixture
def tracer(shop: Database) -> Tracer:
    script(shop, TABLES)
    return Tracer(shop.alias)


def link(column: str = "box_id", target_column: str = "id", **values: object) -> Relation:
    given: dict[str, object] = {"declared": True, "nullable": True, "key": "id", **values}
    return Relation(table="note", column=column, target="box", target_key="id", target_column=target_column, **given)  # type: ignore[arg-type]  # fields of any type


def pairs(found: Iterable[Pairs]) -> list[tuple[object, int]]:
    return sorted((one, int(target)) for part in found for one, target in zip(part.referring, part.targets, strict=True))


def test_rows_that_refer_are_told_with_what_they_refer_to(tracer: Tracer) -> None:
    assert pairs(tracer.referring(link(), keys(1, 2))) == [(1, 1), (2, 1), (3, 2)]
    assert pairs(tracer.referring(link(), keys())) == []
    assert pairs(tracer.referring(link(), keys(9))) == []


def test_our_own_rows_are_left_out(tracer: Tracer) -> None:
    assert pairs(tracer.referring(link(), keys(1, 2, 3), apart_from=keys(1, 5))) == [(2, 1), (3, 2)]
    assert pairs(tracer.referring(link(), keys(1), apart_from=keys(1, 2))) == []


def test_our_own_rows_are_left_out_though_no_statement_can_name_them_all(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RANGES_PER_STATEMENT", 1)

    assert pairs(tracer.referring(link(), keys(1, 2, 3), apart_from=keys(1, 3, 5))) == [(2, 1)]


def test_only_rows_of_the_kind_that_is_meant_count(tracer: Tracer) -> None:
    assert pairs(tracer.referring(link(when=("kind", "x")), keys(1, 2, 3))) == [(1, 1), (3, 2)]


def test_a_reference_to_another_column_leads_to_the_key(tracer: Tracer, shop: Database) -> None:
    shop.query("UPDATE note SET code = 'b' WHERE id IN (1, 4)")
    by_code = link("code", "code")

    assert pairs(tracer.referring(by_code, keys(1, 2))) == [(1, 2), (4, 2)]
    assert tracer.parents(by_code, keys(1, 2), keys(1, 2, 3)).ranges == [(2, 2)]


def test_a_table_without_a_key_has_rows_without_a_name(tracer: Tracer) -> None:
    assert [one.referring for one in tracer.referring(link(key=""), keys(1))] == [[None, None]]


def test_children_and_parents_are_found_among_the_given_rows_alone(tracer: Tracer) -> None:
    assert tracer.children(link(), keys(1, 2), keys(2, 3, 4, 5)).ranges == [(2, 3)]
    assert not tracer.children(link(), keys(), keys(1))
    assert not tracer.children(link(), keys(1), keys())
    assert tracer.parents(link(), keys(1, 3, 4), keys(2, 3)).ranges == [(2, 2)]
    assert not tracer.parents(link(), keys(1), keys())


def test_keys_in_json_are_found_page_by_page(tracer: Tracer, shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    for number, items in enumerate(
        ('[{"box": 1}, {"box": 2}]', '{"box": "3"}', "[7, null]", '[{"jar": 1}]', '[{"box": 1}]'), 1
    ):
        shop.query("UPDATE note SET items = %s WHERE id = %s", items, number)
    in_json = link("items", json_key="box")

    assert pairs(tracer.referring(in_json, keys(1, 3))) == [(1, 1), (2, 3), (5, 1)]
    assert pairs(tracer.referring(in_json, keys(1, 3), apart_from=keys(1))) == [(2, 3), (5, 1)]
    assert tracer.children(in_json, keys(1), keys(2, 3, 4, 5)).ranges == [(5, 5)]
    assert tracer.parents(in_json, keys(1, 2), keys(2, 3)).ranges == [(2, 3)]


def test_rows_whose_key_names_more_than_one_are_read_at_once(
    tracer: Tracer, shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 1)
    shop.query("UPDATE note SET text = box_id")

    found = list(tracer.referring(link("text", textual=True, pages=False), keys(1, 2)))

    assert (len(found), pairs(found)) == (1, [(1, 1), (2, 1), (3, 2)])


@pytest.mark.parametrize("text", ["2", " 2 ", "2.0", "2e0", b"2", 2])
def test_a_key_is_a_key_however_it_is_written(tracer: Tracer, shop: Database, text: str) -> None:
    shop.query("UPDATE note SET text = %s WHERE id = 3", text)

    assert pairs(tracer.referring(link("text", textual=True), keys(1, 2))) == [(3, 2)]


@pytest.mark.parametrize("text", ["2.5", "two", "", "NaN", "Infinity", "9223372036854775808", b"\xff"])
def test_what_is_no_key_names_nothing(tracer: Tracer, shop: Database, text: str) -> None:
    shop.query("UPDATE note SET text = %s WHERE id = 3", text)

    assert pairs(tracer.referring(link("text", textual=True), KeySet.of([(-(2**63), 2**63 - 2)]))) == []


@pytest.mark.parametrize("text", ["{", '"2"', "[[2]]", '{"box": null}', '{"box": [2]}', "2"])
def test_json_that_holds_something_else_names_nothing(tracer: Tracer, shop: Database, text: str) -> None:
    shop.query("UPDATE note SET items = %s WHERE id = 3", text)

    assert pairs(tracer.referring(link("items", json_key="box"), keys(1, 2))) == []


def test_the_rows_that_are_there_are_told_of_those_asked_for(tracer: Tracer, shop: Database) -> None:
    box = all_tables(connections[shop.alias])["box"]

    assert tracer.present(box, keys(1, 2, 3)).ranges == [(1, 3)]
    assert tracer.present(box, keys(2, 3, 4, 9), locking=True).ranges == [(2, 3)]
    assert not tracer.present(box, keys())
    assert tracer.total(box) == 3
