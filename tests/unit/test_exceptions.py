"""Every way in which seeding can refuse or fail, and with which exit code."""

from __future__ import annotations

from seeding import exceptions
from seeding.exceptions import ConfigurationError, LockHeldError, SeedingError, Terminated

CODES = {
    1: {"SeedingError", "ConfigurationError", "MisdeclaredSeederError", "RefusedError", "SourceError"},
    2: {"LockError", "LockHeldError", "LockLostError", "SchedulerError", "DatabaseUnavailableError", "UnsafeServerError"},
    3: {"SchemaError", "UnclassifiedError"},
    4: {"GenerationError"},
    5: {"InsertionError", "IncoherentError"},
    6: {"RollbackError"},
}


def test_every_error_has_its_exit_code() -> None:
    kinds = [one for one in vars(exceptions).values() if isinstance(one, type) and issubclass(one, SeedingError)]

    assert {code: {one.__name__ for one in kinds if one.exit_code == code} for code in CODES} == CODES
    assert len(kinds) == sum(map(len, CODES.values()))


def test_without_words_an_error_has_those_of_its_kind() -> None:
    assert str(LockHeldError()) == "Another run holds the seeding lock."
    assert str(LockHeldError("Run 7 holds it.")) == "Run 7 holds it."


def test_a_wrong_configuration_has_a_line_for_each_problem() -> None:
    error = ConfigurationError("first", "second")

    assert (str(error), error.problems) == ("first\nsecond", ("first", "second"))
    assert str(ConfigurationError()) == "The arguments or the configuration are wrong."


def test_no_one_who_catches_errors_catches_a_termination() -> None:
    assert issubclass(Terminated, BaseException)
    assert not issubclass(Terminated, Exception)
