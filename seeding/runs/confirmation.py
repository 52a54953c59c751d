"""Whether a run may write to this database, and what it must ask first. Pure: facts in, a decision out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from seeding.conf import Environment, SeedConfig, WritingConfig
from seeding.db.connection import OtherNames
from seeding.exceptions import RefusedError
from seeding.generation.seeders import BaseSeeder


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that a person must answer before the run may write, and the only accepted answer."""

    text: str
    answer: str


Ask = Callable[[str], str]
"""Shows a question to a person and returns the answer."""


def confirm(asked: Question | None, ask: Ask, preface: str = "") -> None:
    """Ask the question, if there is one; raises RefusedError unless the answer is the expected one."""
    if asked is not None and ask(preface + asked.text).strip() != asked.answer:
        raise RefusedError("Not confirmed; nothing was changed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The facts about a database that the confirmation needs."""

    name: str
    host: str
    """Empty or the path of a socket if the server is on this machine."""
    remembered: frozenset[str]
    """Every environment under which it was written to, according to its ledger."""
    others: Callable[[], OtherNames] = OtherNames
    """Asks the driver and the server what else the database and its host are called."""

    def matches(self, patterns: Collection[str]) -> str | None:
        """The first pattern of host/name (or of either alone) that matches this database by any of its names, ignoring case.

        A server is asked only if there are patterns.
        """
        if not patterns:
            return None
        others = self.others()
        names = {one.casefold() for one in (self.name, *others.databases)}
        hosts = {spelling for one in (*self.host.split(","), *others.hosts) for spelling in _spellings(one)}
        for pattern in patterns:
            folded = pattern.casefold()
            known = {f"{host}/{name}" for host in hosts for name in names} if "/" in folded else hosts | names
            if any(fnmatchcase(one, folded) for one in known):
                return pattern
        return None


LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def _spellings(host: str) -> frozenset[str]:
    """What a host is called in patterns; this machine has several names, and is meant by a socket or by none."""
    plain = host.strip().strip("[]").rstrip(".").casefold()
    return LOCAL | {plain} if plain in LOCAL or not plain or plain.startswith("/") else frozenset({plain})


def question(config: SeedConfig, place: Place, seeders: Iterable[BaseSeeder]) -> Question | None:
    """The question to ask, or None; raises RefusedError if no answer would be accepted."""
    _refuse_forbidden(config, place)
    if config.environment is Environment.PRODUCTION:
        if config.source is None:
            _refuse_synthetic(seeders)
        return _production(config, place.name)
    if config.environment is Environment.STAGING:
        return _ask(config, f"Seed the staging database {place.name}? Type yes:")
    return None


def rollback_question(config: WritingConfig, place: Place) -> Question | None:
    """The question to ask before anything is rolled back: in every environment, unless --force answers it."""
    text = f"Delete these seeded rows from the {config.environment} database {place.name}? Type yes:"
    return _about_rows(config, place, text)


def reset_question(config: WritingConfig, place: Place, seeders: Iterable[BaseSeeder]) -> Question | None:
    """The question to ask before rows of the seeders are put back: in every environment, unless --force answers it."""
    if config.environment is Environment.PRODUCTION:
        _refuse_forbidden(config, place)
        _refuse_synthetic(seeders)
    text = f"Put these seeded rows of the {config.environment} database {place.name} back as they were seeded? Type yes:"
    return _about_rows(config, place, text)


def restore_question(config: WritingConfig, place: Place) -> Question | None:
    """The question to ask before a snapshot is restored: in every environment, unless --force answers it."""
    return _about_rows(config, place, f"Restore the snapshot in the {config.environment} database {place.name}? Type yes:")


def masking_question(config: WritingConfig, place: Place) -> Question | None:
    """The question to ask before existing rows are masked irreversibly."""
    refuse_masking_production(config)
    _refuse_forbidden(config, place)
    return _ask(config, f"Mask personal data in the {config.environment} database {place.name}, for good? Type yes:")


def refuse_masking_production(config: WritingConfig) -> None:
    """Raise RefusedError in production, where masking is never allowed."""
    if config.environment is Environment.PRODUCTION:
        raise RefusedError("Data in production is never masked: it could not be restored, and no option allows it.")


def refuse_claim(claimed: Environment, confirmed: str | None, place: Place, patterns: Collection[str]) -> None:
    """Raise RefusedError unless the database, a restored copy, may be declared as `claimed` from now on."""
    if claimed is Environment.PRODUCTION:
        raise RefusedError("A database becomes production by being used as such; only dev and staging can be claimed.")
    if pattern := place.matches(patterns):
        raise RefusedError(
            f"{place.name} matches {pattern!r} of SEEDING_PROTECTED_DATABASES: it is protected as production and cannot be "
            "relabelled."
        )
    if confirmed != place.name or not confirmed:
        raise RefusedError(f"To call a database {claimed}, name it: --confirm-database={place.name}.")


def _refuse_synthetic(seeders: Iterable[BaseSeeder]) -> None:
    """Raise RefusedError unless all of them make reference data, which production may have."""
    if synthetic := sorted({seeder.config.table_name for seeder in seeders if not seeder.config.production}):
        raise RefusedError(
            "Synthetic data never goes to production, and these tables would receive it: "
            f"{', '.join(synthetic)}. Name only reference tables with --table."
        )


def _refuse_forbidden(config: WritingConfig, place: Place) -> None:
    production = config.environment is Environment.PRODUCTION
    if config.confirm_database is not None and config.confirm_database != place.name:
        raise RefusedError(
            f"This is the database {place.name}, and --confirm-database={config.confirm_database} names another. "
            "Nothing was changed."
        )
    if not production and (pattern := place.matches(config.protected)):
        raise RefusedError(
            f"{place.name} matches {pattern!r} of SEEDING_PROTECTED_DATABASES: it counts as production, whatever the "
            f"environment says ({config.environment}). Nothing was changed."
        )
    if production and not config.allow_production:
        raise RefusedError("This is production, and ALLOW_PRODUCTION_SEEDING is not 'true'. Nothing was changed.")
    if not production and Environment.PRODUCTION in place.remembered:
        raise RefusedError(
            f"The ledger of {place.name} says it has been a production database, not {config.environment}. "
            "If it is a restored copy, declare it first: python manage.py seed_status "
            f"--claim-environment={config.environment} --confirm-database={place.name}"
        )


def _about_rows(config: WritingConfig, place: Place, text: str) -> Question | None:
    """The question about seeded rows, which production has answered by its name."""
    _refuse_forbidden(config, place)
    return _production(config, place.name) if config.environment is Environment.PRODUCTION else _ask(config, text)


def _production(config: WritingConfig, database: str) -> Question | None:
    if not database:
        raise RefusedError("This is production, and its database has no name that could be typed. Nothing was changed.")
    if config.force:
        if config.confirm_database != database:
            raise RefusedError(f"In production --force also needs --confirm-database={database}.")
        return None
    text = f"This is PRODUCTION. Type the database's name ({database}) to continue:"
    return _asked(config, Question(text=text, answer=database))


def _ask(config: WritingConfig, text: str) -> Question | None:
    return None if config.force else _asked(config, Question(text=text, answer="yes"))


def _asked(config: WritingConfig, question: Question) -> Question:
    if not config.interactive:
        raise RefusedError(f"{config.environment} needs confirmation, but there is no terminal. Pass --force.")
    return question
