"""Who is asked before a run may write, and what no answer allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seeding import BaseSeeder
from seeding.conf import Environment, SeedConfig
from seeding.db.connection import OtherNames
from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
from seeding.exceptions import RefusedError
from seeding.runs.confirmation import (
    Place,
    Question,
    confirm,
    masking_question,
    question,
    refuse_claim,
    rollback_question,
)

DEV, STAGING, PRODUCTION = Environment
MATCHES = "shop matches 'sh*' of SEEDING_PROTECTED_DATABASES:"
NAMES_PRODUCTION = "This is PRODUCTION. Type the database's name (shop) to continue:"


class CurrencySeeder(ProductSeeder):
    config = replace(ProductSeeder.config, production=True)


def config(environment: Environment, **options: Any) -> SeedConfig:
    given: dict[str, Any] = {"allow_production": False, "protected": (), "interactive": True, **options}
    return SeedConfig(environment=environment, **given)


def place(*remembered: str, host: str = "db.internal") -> Place:
    return Place(name="shop", host=host, remembered=frozenset(remembered))


@pytest.fixture(autouse=True)
def _database_is_given(settings: Any) -> None:
    settings.SEEDING_DATABASE_IS_FALLBACK = False


def seed_question(told: SeedConfig, there: Place) -> Question | None:
    return question(told, there, [CurrencySeeder()])


@pytest.mark.parametrize(("ask", "environment", "text"), [
    (seed_question, STAGING, "Seed the staging database shop? Type yes:"),
    (rollback_question, DEV, "Delete these seeded rows from the dev database shop? Type yes:"),
    (rollback_question, STAGING, "Delete these seeded rows from the staging database shop? Type yes:"),
    (masking_question, DEV, "Mask personal data in the dev database shop, for good? Type yes:"),
    (masking_question, STAGING, "Mask personal data in the staging database shop, for good? Type yes:"),
])  # fmt: skip
def test_outside_production_the_answer_is_yes(
    ask: Callable[[SeedConfig, Place], Question | None], environment: Environment, text: str
) -> None:
    assert ask(config(environment), place()) == Question(text=text, answer="yes")
    assert ask(config(environment, force=True), place()) is None
    with pytest.raises(RefusedError, match=rf"^{environment} needs confirmation, but there is no terminal\. Pass --force\.$"):
        ask(config(environment, interactive=False), place())


def test_seeding_a_dev_database_asks_nobody() -> None:
    assert seed_question(config(DEV, interactive=False), place("dev", "staging")) is None


@pytest.mark.parametrize("ask", [seed_question, rollback_question])
def test_in_production_the_answer_is_the_name_of_the_database(ask: Callable[[SeedConfig, Place], Question | None]) -> None:
    def asked(**options: Any) -> Question | None:
        return ask(config(PRODUCTION, allow_production=True, **options), place("production"))

    assert asked() == Question(text=NAMES_PRODUCTION, answer="shop")
    assert asked(force=True, confirm_database="shop", interactive=False) is None
    with pytest.raises(RefusedError, match=r"^In production --force also needs --confirm-database=shop\.$"):
        asked(force=True)
    with pytest.raises(RefusedError, match=r"^production needs confirmation, but there is no terminal\. Pass --force\.$"):
        asked(interactive=False, confirm_database="shop")


@pytest.mark.parametrize("ask", [seed_question, rollback_question, masking_question])
@pytest.mark.parametrize("environment", [DEV, STAGING, PRODUCTION])
@pytest.mark.parametrize("named", ["", "shop2", "SHOP"])
def test_whoever_names_another_database_is_told_where_they_are(
    ask: Callable[[SeedConfig, Place], Question | None], environment: Environment, named: str
) -> None:
    if (ask, environment) == (masking_question, PRODUCTION):
        return  # nobody masks there, whatever they name
    told = config(environment, allow_production=True, force=True, confirm_database=named)

    with pytest.raises(RefusedError, match=rf"^This is the database shop, and --confirm-database={named} names another\."):
        ask(told, place())


def test_a_database_without_a_name_is_confirmed_by_nothing() -> None:
    nameless = replace(place(), name="")

    for told in (config(PRODUCTION, allow_production=True), config(PRODUCTION, allow_production=True, force=True)):
        with pytest.raises(RefusedError, match="its database has no name that could be typed"):
            seed_question(told, nameless)
    with pytest.raises(RefusedError, match="To call a database dev, name it"):
        refuse_claim(DEV, "", nameless, ())


@pytest.mark.parametrize("ask", [seed_question, rollback_question])
def test_production_has_to_be_allowed(ask: Callable[[SeedConfig, Place], Question | None]) -> None:
    words = r"^This is production, and ALLOW_PRODUCTION_SEEDING is not 'true'\. Nothing was changed\.$"

    with pytest.raises(RefusedError, match=words):
        ask(config(PRODUCTION, force=True, confirm_database="shop"), place())


def test_masking_has_no_door_to_production() -> None:
    allowed = config(PRODUCTION, allow_production=True, force=True, confirm_database="shop")

    with pytest.raises(RefusedError, match=r"^Data in production is never masked: it could not be restored, and no option"):
        masking_question(allowed, place())


def test_synthetic_tables_never_go_to_production() -> None:
    seeders: list[BaseSeeder] = [ReviewSeeder(), CurrencySeeder(), ProductSeeder(), ProductSeeder()]
    words = (
        "Synthetic data never goes to production, and these tables would receive it: shop_product, shop_review. "
        "Name only reference tables with --table."
    )

    with pytest.raises(RefusedError) as refusal:
        question(config(PRODUCTION, allow_production=True), place(), seeders)

    assert str(refusal.value) == words


def test_real_rows_may_go_to_production(tmp_path: Path) -> None:
    asked = question(config(PRODUCTION, allow_production=True, source=tmp_path), place(), [ReviewSeeder()])

    assert asked == Question(text=NAMES_PRODUCTION, answer="shop")


@pytest.mark.parametrize("ask", [seed_question, rollback_question, masking_question])
@pytest.mark.parametrize("environment", [DEV, STAGING])
def test_a_protected_database_is_production_whatever_the_environment_says(
    ask: Callable[[SeedConfig, Place], Question | None], environment: Environment
) -> None:
    with pytest.raises(RefusedError) as refusal:
        ask(config(environment, force=True, protected=("other", "db.*/SHOP")), place())

    assert str(refusal.value) == (
        "shop matches 'db.*/SHOP' of SEEDING_PROTECTED_DATABASES: it counts as production, whatever the "
        f"environment says ({environment}). Nothing was changed."
    )


def test_what_is_protected_is_no_obstacle_in_production_itself() -> None:
    told = config(PRODUCTION, allow_production=True, force=True, confirm_database="shop", protected=("shop",))

    assert rollback_question(told, place("production")) is None


@pytest.mark.parametrize("ask", [seed_question, rollback_question, masking_question])
def test_a_database_that_was_ever_production_has_to_be_claimed_first(
    ask: Callable[[SeedConfig, Place], Question | None],
) -> None:
    with pytest.raises(RefusedError) as refusal:
        ask(config(STAGING, force=True), place("dev", "production"))

    assert str(refusal.value) == (
        "The ledger of shop says it has been a production database, not staging. "
        "If it is a restored copy, declare it first: python manage.py seed_status "
        "--claim-environment=staging --confirm-database=shop"
    )


@pytest.mark.parametrize(("pattern", "host", "matches"), [
    ("db.internal/shop", "db.internal", True),
    ("DB.Internal/*", "db.INTERNAL", True),
    ("db.*/sh?p", "db.internal", True),
    ("shop", "db.internal", True),
    ("db.internal", "db.internal", True),
    ("*/other", "db.internal", False),
    ("internal", "db.internal", False),
    ("localhost/shop", "db.internal", False),
    ("localhost/shop", "", True),
    ("localhost", "/run/mysqld/mysqld.sock", True),
    ("/run/*/shop", "/run/mysqld/mysqld.sock", True),
    ("elsewhere/*", "/run/mysqld/mysqld.sock", False),
    ("127.0.0.1/*", "localhost", True),
    ("localhost/*", "::1", True),
    ("db2.internal/*", "db.internal,db2.internal", True),
    ("db.internal/*", "db.internal.", True),
])  # fmt: skip
def test_a_pattern_means_a_host_a_name_or_both(pattern: str, host: str, *, matches: bool) -> None:
    assert place(host=host).matches(["nothing", pattern, "*"]) == (pattern if matches else "*")


def test_a_database_is_known_by_what_the_server_and_the_driver_call_it() -> None:
    there = replace(
        place(host="tunnel"), others=lambda: OtherNames(databases=frozenset({"Live"}), hosts=frozenset({"db7.internal"}))
    )

    for pattern in ("db7.internal/live", "tunnel/shop", "*/live", "db7.internal/shop"):
        assert there.matches([pattern]) == pattern
    assert there.matches(["db8.internal/*"]) is None


def test_nobody_is_asked_for_other_names_if_there_are_no_patterns() -> None:
    assert replace(place(), others=lambda: 1 // 0).matches(()) is None  # type: ignore[arg-type, return-value]


def test_without_patterns_nothing_is_protected() -> None:
    assert place().matches([]) is None
    assert place().matches(["nothing"]) is None


@pytest.mark.parametrize("answer", ["yes", " yes\n"])
def test_the_answer_that_was_asked_for_confirms(answer: str) -> None:
    shown: list[str] = []

    def ask(text: str) -> str:
        shown.append(text)
        return answer

    confirm(Question(text="Go on?", answer="yes"), ask, preface="Three rows. ")

    assert shown == ["Three rows. Go on?"]


@pytest.mark.parametrize("answer", ["", "y", "Yes", "yes please", "no"])
def test_any_other_answer_is_a_no(answer: str) -> None:
    with pytest.raises(RefusedError, match=r"^Not confirmed; nothing was changed\.$"):
        confirm(Question(text="Go on?", answer="yes"), lambda _: answer)


def test_where_there_is_no_question_nobody_is_asked() -> None:
    asked: list[str] = []

    confirm(None, lambda text: asked.append(text) or "")  # type: ignore[func-returns-value]  # append gives None

    assert asked == []


@pytest.mark.parametrize(("claimed", "confirmed", "patterns", "words"), [
    (PRODUCTION, "shop", (), "A database becomes production by being used as such; only dev and staging can be claimed."),
    (STAGING, "shop", ("sh*",), f"{MATCHES} it is protected as production and cannot be relabelled."),
    (STAGING, None, (), "To call a database staging, name it: --confirm-database=shop."),
    (DEV, "other", (), "To call a database dev, name it: --confirm-database=shop."),
])  # fmt: skip
def test_a_claim_is_refused(claimed: Environment, confirmed: str | None, patterns: tuple[str, ...], words: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        refuse_claim(claimed, confirmed, place("production"), patterns)

    assert str(refusal.value) == words


def test_a_copy_that_somebody_names_can_be_claimed() -> None:
    refuse_claim(DEV, "shop", place("production"), ("other",))
