"""A life in a schema: what the application and the commands do, in any order, and what each command says."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connections
from hypothesis import strategies as st

from seeding.conf import Environment, MaskingConfig, RollbackConfig, SeedConfig, Strategy
from seeding.exceptions import SeedingError
from seeding.masking.in_place import InPlaceMasking
from seeding.masking.masker import STRATEGIES
from seeding.orchestration.orchestrator import SeedOrchestrator
from seeding.orchestration.results import SeederState
from seeding.rollbacks.manager import RollbackManager
from seeding.telemetry.events import Sink
from tests.storm.application import Application
from tests.storm.schemas import Schema
from tests.storm.seeders import seeders
from tests.storm.victim import Sentence, executed
from tests.support.databases import AS_OF

MOMENTS = 25
"""Events of a command of a few tables."""
PATIENCE = 20
"""Seconds to wait for the lock of a command that was killed."""
WRITERS = {
    "sqlite": (None, None, "bulk_create", "executemany"),
    "postgresql": (None, "bulk_create", "copy"),
    "mysql": (None, "bulk_create", "multi_insert"),
    "mariadb": (None, "bulk_create", "multi_insert", "load_data"),
}
LEFT = (SeederState.REFUSED, SeederState.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step: what is done, and with what."""

    does: str
    table: int = 0
    number: int = 0
    shadows: bool = False
    """Whether a temporary table hides the first one from the command."""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended."""

    code: int
    words: str = ""
    left: Mapping[str, str] = field(default_factory=dict)
    """Tables that were left alone → why."""
    kept: Mapping[str, int] = field(default_factory=dict)
    """Tables → how many seeded rows a rollback has left there, as it says."""
    modified: frozenset[str] = frozenset()
    """Tables with rows that a rollback takes for changed."""
    is_crash: bool = False
    """Whether it ended with an error that is none of ours."""


@st.composite
def lives(draw: st.DrawFn, schema: Schema) -> list[Action]:
    """A few actions: the first seeds, and the application's rows refer to what is there then, in most lives."""
    number = st.integers(0, 40)
    options = {"shadows": st.sampled_from((False,) * 9 + (True,))}
    seeding = st.fixed_dictionaries(
        {
            "size": st.sampled_from(("small", "medium", "large")),
            "writer": st.sampled_from(WRITERS[schema.server]),
            "batch_size": st.sampled_from((None, 7)),
        }
    )
    undoing = st.fixed_dictionaries(
        {
            "tables": st.sampled_from([tuple[str, ...](), (), (schema.tables[0].name,)]),
            "cascade": st.booleans(),
            "keep_modified": st.booleans(),
            "strategy": st.sampled_from((Strategy.DELETE,) * 3 + (Strategy.TRUNCATE,)),
        }
    )
    table = st.integers(0, len(schema.tables) - 1)
    commands = (
        st.builds(Action, does=st.just("seed"), options=seeding, **options),
        *[st.builds(Action, does=st.just("mask"), table=table, **options)] * 2,
        st.builds(Action, does=st.just("kill"), options=seeding, number=number),
        st.builds(Action, does=st.just("kill rollback"), number=number),
        st.builds(Action, does=st.just("kill mask"), table=table, number=number),
        st.builds(Action, does=st.just("roll back"), options=undoing, **options),
        st.just(Action(does="restore")),
    )
    seed = draw(st.builds(Action, does=st.just("seed"), options=seeding, **options))
    last = [
        Action(does="seed", options={"size": "medium"}),
        Action(does="roll back", options={"keep_modified": draw(st.booleans())}),
    ]
    if draw(st.integers(0, 5)) == 0:  # the application only looks on
        return [seed, *draw(st.lists(st.one_of(commands), max_size=3)), *last]
    first = [
        Action(does=does, table=place, number=draw(number))
        for place, one in enumerate(schema.tables)
        for does in ("insert", "refer")
        if draw(st.integers(0, 1)) or (does == "refer" and one.followers)
    ]
    written = st.builds(Action, does=st.sampled_from(("insert", "edit", "delete", "refer")), table=table, number=number)
    actions = draw(st.lists(st.one_of(*commands, written, written), min_size=1, max_size=5))
    masked = [place for place, one in enumerate(schema.tables) if schema.is_masked(one)]
    if draw(st.integers(0, 4)) and masked:
        of = Action(does="insert", table=draw(st.sampled_from(masked)))
        at = draw(st.integers(0, len(actions)))
        actions[at:at] = [of, replace(of, does="mask")]
    return [seed, *first, *actions, *last]


def write(application: Application, action: Action) -> bool:
    """Do what the application does; False if the action is a command's."""
    table = application.schema.tables[action.table]
    match action.does:
        case "insert":
            application.insert(table)
        case "edit":
            application.edit(table, action.number)
        case "delete":
            application.delete(table, action.number)
        case "refer":
            for place in range(len(table.followers)):
                application.refer(table, place, action.number + 5 * place)  # of another row, which no other follower keeps
            if application.ddl.logs(table):
                application.note(table, action.number)
        case "restore":
            application.move()
        case _:
            return False
    return True


def command(application: Application, action: Action) -> Said:
    """Run the command of the action."""
    if action.does.startswith("kill"):
        return killed(application, action)
    table, connection = application.schema.tables[0], connections[application.database.alias]
    if not action.shadows:
        return said(lambda: performed(application, action))
    with connection.cursor() as cursor:
        cursor.execute(application.ddl.shadow(table))
    try:
        return said(lambda: performed(application, action))
    finally:
        connection.close()


def performed(application: Application, action: Action, listen: Sink = lambda _: None) -> Any:
    """The summary of the command, killed or not; `listen` receives its events."""
    match action.does:
        case "mask" | "kill mask":
            return mask(application, application.schema.tables[action.table].name, listen)
        case "roll back" | "kill rollback":
            return undo(application, action.options, listen)
    return seed(application, action.options, listen)


def said(run: Callable[[], Any]) -> Said:
    """What it comes to."""
    try:
        summary = run()
    except SeedingError as error:
        return Said(code=error.exit_code, words=str(error))
    except Exception:  # noqa: BLE001 - whatever it is, it is a finding
        return Said(code=-1, words=traceback.format_exc(), is_crash=True)
    left = {one.table: one.error for one in summary.results if one.error and getattr(one, "state", "refused") in LEFT}
    words = "; ".join(f"{one.table}: {one.error}" for one in summary.results if one.error)
    modified = frozenset(one.table for one in getattr(summary, "modified", ()))
    kept = {one.table: one.records_kept + one.records_failed for one in summary.results if hasattr(one, "records_kept")}
    return Said(code=summary.exit_code, left=left, words=words, kept=kept, modified=modified)


def seed(application: Application, options: Mapping[str, Any], listen: Sink = lambda _: None) -> Any:
    """`seed` of every table."""
    config = SeedConfig(
        database=application.database.alias, environment=Environment.DEV, today=AS_OF, lock_timeout=PATIENCE, **options
    )
    return SeedOrchestrator(config, seeders(application.schema), tell=listen, ask=input, missing_table_help="", rules=()).run()


def undo(application: Application, options: Mapping[str, Any], listen: Sink = lambda _: None) -> Any:
    """`seed_rollback --force`."""
    config = RollbackConfig(
        database=application.database.alias, environment=Environment.DEV, force=True, lock_timeout=PATIENCE, **options
    )
    return RollbackManager(config, seeders(application.schema), tell=listen, ask=input).rollback()


def mask(application: Application, table: str, listen: Sink = lambda _: None) -> Any:
    """`seed_mask --force --table=…`."""
    config = MaskingConfig(
        database=application.database.alias,
        environment=Environment.DEV,
        key="ab" * 32,
        force=True,
        today=AS_OF,
        tables=(table,),
        lock_timeout=PATIENCE,
    )
    return InPlaceMasking(config, seeders(application.schema), STRATEGIES, tell=listen, ask=input).run()


def killed(application: Application, action: Action) -> Said:
    """In a process of its own that ends with SIGKILL at its event `number`, if it comes so far."""
    connection = connections[application.database.alias]
    connection.close()
    sentence = Sentence(
        schema=application.schema,
        settings=dict(connection.settings_dict),
        action=action,
        after=action.number % MOMENTS,
        audit=os.environ["SEEDING_AUDIT_FILE"],
    )
    code, words = executed(sentence)
    return Said(code=0 if code == 0 else -signal.SIGKILL, is_crash=code not in {*range(8), -signal.SIGKILL}, words=words)
