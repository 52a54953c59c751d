"""What a message may say of an error: never a password, never a value of a row."""

from __future__ import annotations

import pytest
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError

from seeding.db.redaction import REDACTED, RedactedError, error_text, redacted, without_credentials, without_words
from tests.unit.db.errors import stated


@pytest.mark.parametrize(("error", "words"), [
    (IntegrityError(1062, "Duplicate entry 'jo@corp.com' for key 'clients.email'"), "IntegrityError 1062 for clients.email"),
    (IntegrityError(1062, "Duplicate entry 'for key 'x'' for key 'email'"), "IntegrityError 1062 for email"),
    (DataError(1406, "Data too long for column 'phone' at row 3"), "DataError 1406 for phone"),
    (OperationalError(1366, "Incorrect string value: '\\xF0Jo' for column `t`.`clients`.`name` at row 1"),
     "OperationalError 1366 for t.clients.name"),
    (IntegrityError("UNIQUE constraint failed: clients.email"), "IntegrityError for clients.email"),
    (stated(IntegrityError('duplicate key value violates unique constraint "email_key"\nDETAIL:  Key (email)=(jo@corp.com)'),
            "23505"), "IntegrityError for email_key"),
    (stated(DataError('invalid input syntax for type integer: "jo@corp.com"'), "22P02"), "DataError"),
    (IntegrityError("UNIQUE constraint failed: clients.email, clients.name"), "IntegrityError for clients.email, clients.name"),
    (IntegrityError(1452, "a foreign key constraint fails (`t`.`a`, CONSTRAINT `fk` FOREIGN KEY (`x`) REFERENCES `y` (`id`))"),
     "IntegrityError 1452 for fk"),
    (IntegrityError("FOREIGN KEY constraint failed"), "IntegrityError"),
    (IntegrityError(1048, "Column 'name' cannot be null"), "IntegrityError 1048 for name"),
    (OperationalError(1136, "Column count doesn't match value count at row 1"), "OperationalError 1136"),
    (stated(IntegrityError('null value in column "name" of relation "clients" violates not-null constraint'), "23502"),
     "IntegrityError for name"),
    (stated(IntegrityError('new row for relation "clients" violates check constraint "positive"'), "23514"),
     "IntegrityError for positive"),
    (stated(ProgrammingError('relation "clients" does not exist'), "42P01"), "ProgrammingError for clients"),
    (DataError(1292, "Truncated incorrect INTEGER value: 'Field Smith'"), "DataError 1292"),
    (DataError(1292, "Truncated incorrect INTEGER value: 'a for key 'Smith'"), "DataError 1292"),
    (stated(DataError('invalid input syntax for type integer: "x column Smith"'), "22P02"), "DataError"),
    (stated(IntegrityError('insert or update on table "a" violates foreign key constraint "fk"'), "23503"),
     "IntegrityError for fk"),
    (stated(IntegrityError('update or delete on table "a" violates foreign key constraint "fk" on table "b"'), "23503"),
     "IntegrityError for fk"),
    (OperationalError(4025, "CONSTRAINT `positive` failed for `t`.`a`"), "OperationalError 4025 for positive"),
    (OperationalError(3819, "Check constraint 'positive' is violated."), "OperationalError 3819 for positive"),
    (OperationalError(1364, "Field 'name' doesn't have a default value"), "OperationalError 1364 for name"),
    (IntegrityError(1062), "IntegrityError 1062"),
    (DataError(), "DataError"),
    (stated(ProgrammingError('column "jo" does not exist\nLINE 1: \'jo@corp.com\''), "42703"), "ProgrammingError for jo"),
])  # fmt: skip
def test_of_a_refusal_the_key_or_column_is_told(error: BaseException, words: str) -> None:
    assert error_text(error) == words


@pytest.mark.parametrize("error", [
    OperationalError(2013, "Lost connection to server during query"), OperationalError(1205, "Lock wait timeout exceeded"),
    OperationalError("database is locked"), stated(OperationalError("deadlock detected"), "40P01"), ValueError("too many rows"),
])  # fmt: skip
def test_what_quotes_no_row_is_told_as_it_is(error: BaseException) -> None:
    assert error_text(error) == str(error)
    assert redacted(error) is error


def test_what_to_do_about_it_follows_the_words() -> None:
    error = OperationalError("readonly database at sqlite://me:s3cret@shop")

    assert error_text(error) == (
        "readonly database at sqlite://[redacted]@shop. The server is read-only. Is it a replica, or under maintenance?"
    )


def test_other_words_may_be_given_to_any_error() -> None:
    assert str(without_words(ValueError("secret"), "a row")) == "a row"
    assert str(without_words(ValueError("secret"))) == "ValueError"


def test_the_traceback_stays_and_the_words_go() -> None:
    with pytest.raises(IntegrityError) as caught:
        raise IntegrityError(1062, "Duplicate entry 'jo@corp.com' for key 'email'")

    shown = redacted(caught.value)

    assert isinstance(shown, RedactedError)
    assert (str(shown), shown.__traceback__) == ("IntegrityError 1062 for email", caught.value.__traceback__)


@pytest.mark.parametrize(("text", "shown"), [
    ("mysql://root:s3cret@db.internal:3306/terp", "mysql://[redacted]@db.internal:3306/terp"),
    ("cannot reach postgres://me@db/terp and mysql://a:b@c/d", "cannot reach postgres://[redacted]@db/terp and mysql://[redacted]@c/d"),
    ("x" * 1_000_000 + " a://b", "x" * 1_000_000 + " a://b"),
    ("://" * 300_000 + "a://b@c", f"://{REDACTED}@c"),
    ("sqlite:////tmp/terp.sqlite3, asked by jo@corp.com", "sqlite:////tmp/terp.sqlite3, asked by jo@corp.com"),
])  # fmt: skip
def test_urls_show_no_account(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


def test_a_password_with_a_slash_or_an_at_sign_is_no_less_hidden() -> None:
    assert "s3" not in without_credentials("mysql://root:s3/cr@et@db/terp")


@pytest.mark.parametrize("quote", ["'", '"'])
def test_nor_is_one_with_a_quote(quote: str) -> None:
    assert without_credentials(f"at 'mysql://root:s3{quote}cret@db/terp'") == f"at 'mysql://{REDACTED}@db/terp'"
