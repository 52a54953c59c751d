"""What statements do, by their text."""

from __future__ import annotations

import pytest

from seeding.receivers.statements import Does, Statement, parsed


@pytest.mark.parametrize("sql", [
    'SELECT "a"."delete" FROM "a" WHERE "a"."x" = %s',
    "SELECT 'INSERT INTO b' FROM a -- DELETE\n",
    "SELECT `update` FROM a /* INTO */ FOR UPDATE",
    "SELECT 1 FROM a FOR NO KEY UPDATE OF a SKIP LOCKED",
    "  (SELECT 1) UNION (SELECT 2);",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "SHOW TABLES",
])  # fmt: skip
def test_reading(sql: str) -> None:
    assert parsed(sql).does is Does.READ


@pytest.mark.parametrize("sql", [
    "WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a",
    "WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a",
    "SELECT * INTO b FROM a",
    "SELECT 1; DELETE FROM a",
    "SELECT 1 /*! INTO OUTFILE 'x' */",
    "INSERT INTO a (b) VALUES (1); DELETE FROM a",
    "INSERT INTO a (b) VALUES (%s) ON CONFLICT (b) DO UPDATE SET b = EXCLUDED.b",
    "INSERT INTO a (b) VALUES (%s) ON DUPLICATE KEY UPDATE b = 1",
    "INSERT OR REPLACE INTO a (b) VALUES (%s)",
    "REPLACE INTO a (b) VALUES (%s)",
    "UPDATE a INNER JOIN b ON b.x = a.x SET a.y = 1",
    "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE",
    "TRUNCATE a", "DROP TABLE a", "COMMIT", "CALL a()", "DO a()", "COPY a FROM STDIN", "LOCK TABLES a WRITE", "PRAGMA x = 1",
    "SET autocommit = 1", "",
])  # fmt: skip
def test_what_cannot_be_told(sql: str) -> None:
    assert parsed(sql) == Statement(does=Does.OTHER)


@pytest.mark.parametrize(("sql", "does"), [
    ('SAVEPOINT "s1_x2"', Does.MARK), ('RELEASE SAVEPOINT "s1_x2"', Does.RELEASE),
    ('ROLLBACK TO SAVEPOINT "s1_x2"', Does.UNDO),
])  # fmt: skip
def test_savepoints(sql: str, does: Does) -> None:
    assert parsed(sql) == Statement(does=does, name='"s1_x2"')


@pytest.mark.parametrize(("sql", "rows", "returns"), [
    ('INSERT INTO "a" ("b", "c (d)") VALUES (%s, LOWER(%s))', 1, False),
    ('INSERT INTO "a" ("b") VALUES (%s), (\')\'), ((1 + 2)) RETURNING "a"."id"', 3, True),
    ('INSERT INTO "a" DEFAULT VALUES', 1, False),
    ('INSERT INTO "a" ("b") SELECT * FROM UNNEST((%s)::integer[])', None, False),
    ('INSERT OR IGNORE INTO "a" ("b") VALUES (%s), (%s)', None, False),
    ('INSERT IGNORE INTO "a" ("b") VALUES (%s)', None, False),
    ('INSERT INTO "a" ("b") VALUES (%s) ON CONFLICT DO NOTHING', None, False),
    ('INSERT INTO "a" ("b") VALUES (%s) ON CONFLICT ("b") DO NOTHING', None, False),
])  # fmt: skip
def test_inserting(sql: str, rows: int | None, returns: bool) -> None:  # noqa: FBT001 - of the parameters
    assert parsed(sql) == Statement(does=Does.INSERT, name='"a"', rows=rows, returns=returns)


@pytest.mark.parametrize(("sql", "column"), [
    ('UPDATE "a" SET "b" = %s WHERE "a"."id" = %s', '"a"."id"'),
    ('UPDATE "a" SET "b" = %s WHERE "a"."id" = %s OR TRUE', ""),
    ('UPDATE "a" SET "b" = %s WHERE ("a"."id" = %s)', ""),
    ('UPDATE "a" SET "b" = (SELECT 1 WHERE "c"."d" = %s) WHERE "a"."id" = %s', ""),
    ('UPDATE "a" SET "b" = (SELECT 1 WHERE "a"."id" = %s)', ""),
    ('UPDATE "a" SET "b" = %s WHERE "a"."id" IN (%s)', ""),
    ('UPDATE "a" SET "b" = %s', ""),
])  # fmt: skip
def test_updating(sql: str, column: str) -> None:
    assert parsed(sql) == Statement(does=Does.UPDATE, name='"a"', column=column)


def test_deleting() -> None:
    assert parsed("DELETE FROM `a` WHERE `a`.`id` IN (%s)") == Statement(does=Does.DELETE, name="`a`")
    assert parsed('DELETE FROM "s"."a"') == Statement(does=Does.DELETE, name='"s"."a"')
