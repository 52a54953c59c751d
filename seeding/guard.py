"""Whether a run may write to this database, and whom it must ask first. Pure: facts in, a decision out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seeding.conf import Config, Environment
from seeding.exceptions import RefusedError
from seeding.seeders import BaseSeeder


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person must answer before the run may write, and the only answer that lets it."""

    text: str
    answer: str


def question(config: Config, database: str, seeders: Iterable[BaseSeeder], remembered: Iterable[str]) -> Question | None:
    """The question to ask, None if there is none; raises RefusedError where no answer would do.

    `database` is the database's own name, `remembered` the environments under which it was ever seeded.
    """
    if config.environment is Environment.PRODUCTION:
        return _production(config, database, seeders)
    if Environment.PRODUCTION in remembered:
        raise RefusedError(
            f"The ledger of {database} says that it has been a production database; it cannot be seeded as "
            f"{config.environment}."
        )
    if config.environment is Environment.STAGING and not config.force:
        return _ask(config, Question(text=f"Seed the staging database {database}? Type yes:", answer="yes"))
    return None


def _production(config: Config, database: str, seeders: Iterable[BaseSeeder]) -> Question | None:
    if not config.allow_production:
        raise RefusedError("This is production, and ALLOW_PRODUCTION_SEEDING is not 'true'. Nothing was touched.")
    synthetic = sorted({seeder.config.table_name for seeder in seeders if not seeder.config.production})
    if synthetic:
        raise RefusedError(
            "Synthetic data never goes to production, and these tables would get some: "
            f"{', '.join(synthetic)}. Name reference tables alone with --table."
        )
    if config.force:
        if config.confirm_database != database:
            raise RefusedError(f"In production --force also needs --confirm-database={database}.")
        return None
    return _ask(config, Question(text=f"This is PRODUCTION. Type the database's name ({database}) to go on:", answer=database))


def _ask(config: Config, asked: Question) -> Question:
    if not config.interactive:
        raise RefusedError(f"{config.environment} asks before it writes, and there is nobody to ask. Give --force.")
    return asked
