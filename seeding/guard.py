"""Whether a run may write to this database, and whom it must ask first. Pure: facts in, a decision out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from seeding.conf import Config, Environment, WritingConfig
from seeding.exceptions import RefusedError
from seeding.seeders import BaseSeeder


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person must answer before the run may write, and the only answer that lets it."""

    text: str
    answer: str


Ask = Callable[[str], str]
"""Shows a question to a person and returns the answer."""


def confirm(asked: Question | None, ask: Ask, preface: str = "") -> None:
    """Put the question, if there is one; raises RefusedError unless the answer is the one that was asked for."""
    if asked is not None and ask(preface + asked.text).strip() != asked.answer:
        raise RefusedError("Not confirmed; nothing was touched.")


def question(config: Config, database: str, seeders: Iterable[BaseSeeder], remembered: Iterable[str]) -> Question | None:
    """The question to ask, None if there is none; raises RefusedError where no answer would do.

    `database` is the database's own name, `remembered` the environments under which it was ever seeded.
    """
    _refuse_forbidden(config, database, remembered)
    if config.environment is Environment.PRODUCTION:
        synthetic = sorted({seeder.config.table_name for seeder in seeders if not seeder.config.production})
        if synthetic:
            raise RefusedError(
                "Synthetic data never goes to production, and these tables would get some: "
                f"{', '.join(synthetic)}. Name reference tables alone with --table."
            )
        return _production(config, database)
    if config.environment is Environment.STAGING:
        return _ask(config, f"Seed the staging database {database}? Type yes:")
    return None


def rollback_question(config: WritingConfig, database: str, remembered: Iterable[str]) -> Question | None:
    """The question to ask before anything is rolled back: everywhere, unless --force answers it."""
    _refuse_forbidden(config, database, remembered)
    if config.environment is Environment.PRODUCTION:
        return _production(config, database)
    return _ask(config, f"Delete these seeded rows from the {config.environment} database {database}? Type yes:")


def _refuse_forbidden(config: WritingConfig, database: str, remembered: Iterable[str]) -> None:
    if config.environment is Environment.PRODUCTION:
        if not config.allow_production:
            raise RefusedError("This is production, and ALLOW_PRODUCTION_SEEDING is not 'true'. Nothing was touched.")
    elif Environment.PRODUCTION in remembered:
        raise RefusedError(
            f"The ledger of {database} says that it has been a production database; it is no {config.environment} database."
        )


def _production(config: WritingConfig, database: str) -> Question | None:
    if config.force:
        if config.confirm_database != database:
            raise RefusedError(f"In production --force also needs --confirm-database={database}.")
        return None
    text = f"This is PRODUCTION. Type the database's name ({database}) to go on:"
    return _asked(config, Question(text=text, answer=database))


def _ask(config: WritingConfig, text: str) -> Question | None:
    return None if config.force else _asked(config, Question(text=text, answer="yes"))


def _asked(config: WritingConfig, question: Question) -> Question:
    if not config.interactive:
        raise RefusedError(f"{config.environment} asks first, and there is nobody to ask. Give --force.")
    return question
