"""What a trigger's body is taken to do. Whatever cannot be read may do anything."""

from __future__ import annotations

from typing import Any

import pytest

from seeding.safety import Touch
from seeding.safety.triggers import Trigger

RAISES = "BEGIN IF NEW.name = 'x' THEN RAISE EXCEPTION 'no % here; NEW.id := 1', NEW.name; END IF; RETURN NEW; END"


def trigger(language: str, body: str, timing: str = "BEFORE", events: Touch = Touch.INSERT, **facts: Any) -> Trigger:
    return Trigger(name="t", timing=timing, events=events, language=language, body=body, **facts)


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("sql", "SET NEW.id = 5"),
        ("sql", "BEGIN UPDATE counter SET n = n + 1; SET @x = ';', NEW.id = (SELECT n FROM counter); END"),
        ("sql", "BEGIN SELECT n INTO NEW.id FROM counter; END"),
        ("sql", "CALL number(NEW.id)"),
        ("sql", "IF NEW.a THEN SET `NEW`.`signal` = 1; END IF"),
        ("sql", "BEGIN :NEW.name := 'changed'; END"),
        ("sql", r"BEGIN SET @x = 'it\'s'; END"),
        ("sql", 'SET @x = "\'", @y = 1'),
        ("sql", "/*! SET NEW.id = 5 */ BEGIN END"),
        ("sql", "BEGIN SET @x = 5--3, NEW.id = 1; END"),
        ("sql", ""),
        ("plpgsql", "BEGIN NEW.id := 5; RETURN NEW; END"),
        ("plpgsql", "BEGIN IF a THEN NEW.id = 5; END IF; RETURN NEW; END"),
        ("plpgsql", 'BEGIN "new".id := 5; RETURN NEW; END'),
        ("plpgsql", "BEGIN f1.NEW.name := 'x'; RETURN NEW; END"),
        ("plpgsql", "<<here>> BEGIN <<there>> NEW.id := 5; RETURN NEW; END"),
        ("plpgsql", "DECLARE r ALIAS FOR NEW; BEGIN r.id := 5; RETURN NEW; END"),
        ("plpgsql", "BEGIN SELECT 5 INTO NEW.id; RETURN NEW; END"),
        ("plpgsql", "BEGIN FOR NEW.id IN SELECT 1 LOOP END LOOP; RETURN NEW; END"),
        ("plpgsql", "BEGIN GET DIAGNOSTICS NEW.id = ROW_COUNT; RETURN NEW; END"),
        ("plpgsql", "BEGIN RETURN NULL; END"),
        ("plpgsql", "BEGIN RETURN NEW #= hstore('id', '5'); END"),
        ("plpgsql", "BEGIN RETURN COALESCE(NEW, OLD); END"),
        ("plpgsql", "BEGIN -- x\rNEW.name := 1; RETURN NEW; END"),
        ("plpgsql", 'BEGIN U&"new".name := 1; RETURN NEW; END'),
        ("plpgsql", "#print_strict_params on\nBEGIN NEW.a = 1; RETURN NEW; END"),
        ("plpgsql", """BEGIN PERFORM "a--b" FROM t; NEW.id := 5; RETURN NEW; END"""),
        ("plpgsql", "BEGIN EXECUTE $q$SELECT 1$q$; RETURN NEW; END"),
        ("internal", "tsvector_update_trigger"),
        ("plpython3u", "TD['new']['id'] = 5"),
        ("sqlite", "ON t BEGIN SELECT RAISE(IGNORE); END"),
    ],
)
def test_what_may_change_or_keep_out_a_row(language: str, body: str) -> None:
    assert trigger(language, body).replaces
    assert not trigger(language, body, timing="AFTER").replaces


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("sql", "IF NEW.a < 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'SET NEW.id = 5'; END IF"),
        ("sql", "BEGIN IF NEW.a THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = CONCAT('no ', NEW.name); END IF; END"),
        ("sql", "INSERT INTO `audit log` (what, at) VALUES (NEW.id, NOW()) /* it's been said */"),
        ("sql", "BEGIN INSERT INTO log VALUES (REPLACE(NEW.name, 'a', 'b'), TRUNCATE(NEW.a, 2)); -- don't\n END"),
        ("plpgsql", RAISES),
        ("plpgsql", "BEGIN PERFORM pg_notify('rows', NEW.id::text); RETURN NEW; END"),
        ("plpgsql", "BEGIN PERFORM 1 FROM t WHERE id = NEW.id FOR UPDATE; RETURN NEW; END"),
        ("sqlite", "ON t WHEN NEW.id % 9 = 0 BEGIN SELECT RAISE(ABORT, 'full'); END"),
    ],
)
def test_what_can_only_refuse_or_note_a_row(language: str, body: str) -> None:
    assert not trigger(language, body).replaces
    assert not trigger(language, body).changes_others


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("sql", "UPDATE stock SET n = n - 1"),
        ("sql", "BEGIN DELETE FROM notes WHERE item_id = OLD.id; END"),
        ("sql", "REPLACE INTO totals VALUES (1)"),
        ("sqlite", "ON t BEGIN INSERT OR REPLACE INTO totals VALUES (1); END"),
        ("sqlite", "ON t BEGIN INSERT or replace into totals SELECT 1; END"),
        ("sql", "BEGIN SET @x = bump(1); END"),
        ("sql", "BEGIN SET @x = `bump-it`(1); END"),
        ("sql", "BEGIN SET @x = other.bump(1); END"),
        ("sql", "BEGIN SET @x = loaded(1); END"),
        ("sql", "REPLACE INTO stock (id, n) (SELECT NEW.id, 0)"),
        ("sql", "REPLACE LOW_PRIORITY INTO stock SELECT NEW.id, 0"),
        ("plpgsql", "BEGIN OPEN c FOR UPDATE stock SET n = 0 RETURNING id; RETURN NEW; END"),
        ("plpgsql", "BEGIN EXECUTE 'drop table notes'; RETURN NEW; END"),
        ("plpgsql", "BEGIN CREATE TABLE copied AS SELECT * FROM o; RETURN NEW; END"),
        ("plpgsql", "BEGIN PERFORM setval('s', 1); RETURN NEW; END"),
        ("plpgsql", "BEGIN PERFORM bump(NEW.id); RETURN NEW; END"),
        ("sqlite", "ON t BEGIN UPDATE t SET id = 5; END"),
    ],
)
def test_what_may_change_other_rows(language: str, body: str) -> None:
    assert trigger(language, body, timing="AFTER", functions=frozenset({"bump"})).changes_others


def test_a_row_that_it_inserts_may_set_off_others() -> None:
    body = "INSERT INTO log (what) VALUES (NEW.id)"

    assert not trigger("sql", body, setting_off=frozenset({"items"})).changes_others
    assert trigger("sql", body, setting_off=frozenset({"items", "log"})).changes_others
    assert trigger("sql", body).copies
    assert trigger("sql", "INSERT INTO other.log VALUES (1)").changes_others  # whose triggers are not known
    assert trigger(
        "plpgsql", "BEGIN INSERT INTO Public.Log SELECT 1; RETURN NEW; END", setting_off=frozenset({"log"})
    ).changes_others


def test_a_search_index_is_nobodys_row() -> None:
    adds, drops = "INSERT INTO t_fts(t_fts, rowid) VALUES('delete', OLD.id)", "DELETE FROM t_fts WHERE rowid = OLD.id"
    keeps = f"ON t BEGIN {adds}; {drops}; END"

    assert not trigger("sqlite", keeps, timing="AFTER", indexes=frozenset({"t_fts"})).changes_others
    assert trigger("sqlite", keeps, timing="AFTER", indexes=frozenset({"t_f"})).changes_others
    real = 'ON t BEGIN DELETE FROM "t_fts-old"; END'
    assert trigger("sqlite", real, timing="AFTER", indexes=frozenset({"t_fts"})).changes_others


def test_what_a_deletion_returns_is_the_old_row() -> None:
    assert not trigger("plpgsql", "BEGIN RETURN OLD; END", events=Touch.DELETE).replaces
    assert trigger("plpgsql", "BEGIN RETURN NEW; END", events=Touch.DELETE).replaces
    both = Touch.INSERT | Touch.DELETE
    assert trigger("plpgsql", "BEGIN RETURN NEW; END", events=both).replaces
    either = "BEGIN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"
    assert not trigger("plpgsql", either, events=both).replaces


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("sql", "SET NEW.slug = LOWER(CONCAT(NEW.name, NEW.id))"),
        ("sql", "BEGIN IF NEW.slug IS NULL THEN SET NEW.slug = 'x', @y = 1, `NEW`.`a b` = 1; END IF; END"),
        ("sql", "BEGIN :NEW.slug := 'NEW.id := 1'; END"),
        ("sql", "IF NEW.id < 0 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = CONCAT(NEW.id, 'no'); END IF"),
        ("plpgsql", "BEGIN NEW.slug := lower(NEW.name || NEW.id); NEW.updated_at = now(); RETURN NEW; END"),
        ("plpgsql", 'BEGIN IF NEW.id > 5 THEN "new"."Slug" := 1; END IF; RETURN NEW; END'),
    ],
)
def test_what_only_fills_in_columns(language: str, body: str) -> None:
    assert trigger(language, body).only_fills_in(("id",))
    assert not trigger(language, body, timing="INSTEAD OF").only_fills_in(("id",))


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("sql", "SET NEW.slug = 'a', NEW.id = 5"),
        ("sql", "SET NEW.slug = 'a', `NEW`.`ID`= 5"),
        ("sql", "SET new.id = 5"),
        ("sql", "BEGIN :NEW.id := 5; END"),
        ("sql", "BEGIN SELECT a, b INTO NEW.slug, NEW.id FROM t; END"),
        ("sql", "BEGIN CALL number(NEW.id); SET NEW.slug = 'a'; END"),
        ("sql", "BEGIN SET NEW.slug = 'a'; FETCH rows INTO NEW.id; END"),
        ("sql", ""),
        ("plpgsql", "BEGIN NEW := r; RETURN NEW; END"),
        ("plpgsql", "BEGIN NEW.slug := 'a'; f1.NEW.id := 5; RETURN NEW; END"),
        ("plpgsql", 'BEGIN <<there>> "new"."id" := 5; RETURN NEW; END'),
        ("plpgsql", "BEGIN NEW.slug := 'a'; RETURN NULL; END"),
        ("plpgsql", "BEGIN NEW.slug := 'a'; IF NEW.b THEN RETURN r; END IF; RETURN NEW; END"),
        ("plpgsql", "DECLARE r ALIAS FOR NEW; BEGIN r.id := 5; RETURN NEW; END"),
        ("plpgsql", "BEGIN FOR NEW.id IN SELECT 1 LOOP NEW.slug := 'a'; END LOOP; RETURN NEW; END"),
        ("plpgsql", "BEGIN GET DIAGNOSTICS NEW.id = ROW_COUNT; RETURN NEW; END"),
        ("internal", "tsvector_update_trigger"),
        ("sqlite", "ON t BEGIN SELECT RAISE(IGNORE); END"),
    ],
)
def test_what_may_do_more_than_fill_in_columns(language: str, body: str) -> None:
    assert not trigger(language, body).only_fills_in(("id",))
