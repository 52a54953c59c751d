"""Watches what is written while rows are saved, and compares it with what the signals tell: they must tell all of it.

Every statement of this connection is seen, and every other connection of this thread is kept from writing. What a savepoint
undoes is forgotten with it. Writes of other threads, and functions that write and are called by SELECT, are not seen.
"""

from __future__ import annotations

import math
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from inspect import currentframe
from traceback import walk_stack, walk_tb
from typing import Any

from django.db import OperationalError, connections, models
from django.db.models.fields import related_descriptors
from django.db.models.signals import m2m_changed, post_save, pre_save
from django.db.transaction import TransactionManagementError

from seeding.db.interruption import interruption
from seeding.db.redaction import error_text
from seeding.db.retries import refuses_row, transience
from seeding.db.sql import every_row
from seeding.exceptions import InsertionError, SeedingError
from seeding.receivers.callers import name_of, receiver_in, sending_code
from seeding.receivers.statements import Does, Statement, parsed
from seeding.receivers.unseen import other_databases, seen_cursors
from seeding.schema.references import column_name

REMEDY = "Change or disconnect that receiver, or leave signals=True out."
INTEGERS = range(-(2**63), 2**63)
"""The keys that the ledger holds."""
HEAD = re.compile(r"\s*([A-Za-z]+(?: [A-Za-z]+)?)\b")
"""What is quoted of a statement: more may hold values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A row of which a signal has told."""

    model: type[models.Model]
    key: Any
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """A statement that has inserted, changed or deleted rows."""

    statement: Statement
    rows: float
    """How many it has inserted; infinite if that is not known."""
    key: Any
    """Of the row that an UPDATE has changed."""
    by: str


@dataclass(slots=True)
class Observation:
    """What is written to the database `using` while rows of the model are saved under the keys `own`; to be used once.

    `discreet` says that no message may quote an error, because rows are real.
    """

    using: str
    model: type[models.Model]
    own: Collection[int]
    discreet: bool = False
    created: dict[type[models.Model], dict[int, Created]] = field(default_factory=dict)
    """Model → the rows that receivers have created, by their keys; complete after `watching`."""
    changed: set[str] = field(default_factory=set)
    """Quoted tables of which receivers have changed such rows, or the saved ones."""
    _journal: list[Created | Wrote | OperationalError] = field(default_factory=list)
    _marks: dict[str, int] = field(default_factory=dict)
    """Savepoint → the length of the journal when it began."""
    _refusal: str = ""
    _thread: int = field(default_factory=threading.get_ident)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the block, within a transaction; raises InsertionError for what the ledger could not undo."""
        connection = connections[self.using]
        waiting = len(connection.run_on_commit)
        try:
            with ExitStack() as stack:
                stack.enter_context(seen_cursors(connection, self._refuse_unseen))
                for other in other_databases(self.using):
                    stack.enter_context(connections[other].execute_wrapper(partial(self._elsewhere, other)))
                stack.enter_context(connection.execute_wrapper(self._here))
                for signal, receiver in ((post_save, self._saved), (m2m_changed, self._related)):
                    signal.connect(receiver, weak=False)
                    stack.callback(signal.disconnect, receiver)
                yield
        except Exception as error:
            self._explain(error)
            raise
        self._judge([function for _, function, *_ in connection.run_on_commit[waiting:]])
        self._compare()

    def _saved(self, sender: type[models.Model], instance: models.Model, using: str, *, created: bool, **_: Any) -> None:
        """Note the row if `save` has inserted it: whoever else sends the signal may name any row."""
        if created and self._is_meant(using) and sending_code() is models.Model.save_base.__code__:
            self._note(sender, instance.pk)

    def _related(
        self, sender: type[models.Model], instance: models.Model, action: str, using: str, pk_set: set[Any] | None, **named: Any
    ) -> None:
        """Note the rows that join the instance with others; their signal does not tell their keys."""
        is_djangos = sending_code().co_filename == related_descriptors.__file__
        if action != "post_add" or not pk_set or not self._is_meant(using) or not is_djangos:
            return
        owner = named["model"] if named["reverse"] else type(instance)
        joining = next((one for one in owner._meta.many_to_many if one.remote_field.through is sender), None)
        if joining is None:
            return
        names = [joining.m2m_field_name(), joining.m2m_reverse_field_name()]
        here, there = reversed(names) if named["reverse"] else names
        rows = every_row(sender, using).filter(**{here: instance, f"{there}__in": pk_set})
        for key in rows.values_list("pk", flat=True):
            self._note(sender, key)

    def _is_meant(self, using: str) -> bool:
        """Whether a signal concerns this database, and not another thread."""
        return using == self.using and threading.get_ident() == self._thread

    def _note(self, sender: type[models.Model], key: Any) -> None:
        model = sender._meta.concrete_model or sender
        self._journal.append(Created(model=model, key=key, by=self._who()))

    def _here(self, run: Callable[..., Any], sql: Any, values: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's
        statement = parsed(sql) if isinstance(sql, str) else Statement(does=Does.OTHER)
        if statement.does is Does.OTHER:
            self._refuse(statement, f"runs {_head(sql)}, which may change rows unseen")
        try:
            answer = run(sql, values, many, context)
        except OperationalError as error:
            self._journal.append(error)
            raise
        if statement.does is Does.MARK:
            self._marks[statement.name] = len(self._journal)
        elif statement.does is Does.UNDO:
            del self._journal[self._marks.get(statement.name, 0) :]
        elif statement.does in (Does.INSERT, Does.UPDATE, Does.DELETE):
            rows = context["cursor"].rowcount
            if statement.returns and context["connection"].vendor == "sqlite":  # it counts once they are fetched
                rows = None if many else statement.rows
            if rows != 0:
                key = values[-1] if values and not many and statement.column else None
                by = self._who()
                known = math.inf if rows is None or rows < 0 else rows
                self._journal.append(Wrote(statement=statement, rows=known, key=key, by=by))
        return answer

    def _elsewhere(self, other: str, run: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        statement = parsed(sql) if isinstance(sql, str) else Statement(does=Does.OTHER)
        if statement.does in (Does.INSERT, Does.UPDATE, Does.DELETE, Does.OTHER):
            self._refuse(statement, f"runs {_head(sql)} in the database {other!r}, which this transaction does not undo")
        return run(sql, *rest)

    def _refuse_unseen(self, name: str) -> None:
        self._refuse(Statement(does=Does.OTHER), f"calls {name} of a cursor, which may change rows unseen")

    def _refuse(self, statement: Statement, words: str) -> None:
        """Keep the statement from being run, also where the receiver catches the error."""
        sentence = self._sentence(statement.name, self._who(), words)
        self._refusal = self._refusal or sentence
        raise InsertionError(sentence)

    def _explain(self, error: Exception) -> None:
        """Raise a better error than one that ended the block, if there is one."""
        if interruption(error) is not error or transience(error) is not None:
            return
        if self._refusal and str(error) != self._refusal:
            raise InsertionError(self._refusal) from error
        if isinstance(error, (SeedingError, OperationalError)) or refuses_row(error):
            return
        if isinstance(error, TransactionManagementError):
            raise InsertionError(self._caught()) from error
        if who := receiver_in(reversed(list(walk_tb(error.__traceback__))), self):
            kind = type(error).__name__
            words = f"fails: {kind}" if self.discreet else f"fails: {kind}: {error_text(error).removeprefix(kind).strip(' :.')}"
            raise InsertionError(self._sentence("", who, words)) from (None if self.discreet else error)

    def _judge(self, waiting: Iterable[Callable[..., Any]]) -> None:
        """Raise an error unless all that was done can be seen, and is undone with the transaction."""
        if self._refusal:
            raise InsertionError(self._refusal)
        for error in self._journal:
            if isinstance(error, OperationalError) and transience(error) is not None:  # the server may have undone more
                raise error
        if connections[self.using].needs_rollback:
            raise InsertionError(self._caught())
        for function in waiting:
            words = f"is to run after the commit (on_commit), when what it writes is not recorded{self._connected()}"
            raise InsertionError(self._sentence("", name_of(function), words))

    def _compare(self) -> None:
        """Raise an error unless every row that was written is one that was saved, or that a signal has told of."""
        written: defaultdict[tuple[str, str], float] = defaultdict(float)
        told: Counter[tuple[str, str]] = Counter()
        for row in (one for one in self._journal if isinstance(one, Created)):
            self._enter(row)
            told[self._quoted(row.model), row.by] += 1
        known = {self._key(self.model): self.own, **{self._key(model): rows for model, rows in self.created.items()}}
        for wrote in (one for one in self._journal if isinstance(one, Wrote)):
            table, does = wrote.statement.name, wrote.statement.does
            if does is Does.INSERT:
                written[table, wrote.by] += wrote.rows
            elif does is Does.UPDATE and wrote.key in known.get((table, wrote.statement.column), ()):
                self.changed.add(table)
            else:
                words = "deletes rows" if does is Does.DELETE else "changes rows other than those just created"
                raise InsertionError(self._sentence(table, wrote.by, words))
        for table, who in written.keys() | told.keys():
            if told[table, who] != written[table, who]:
                words = "inserts rows of which no signal tells, as bulk_create and raw SQL do"
                raise InsertionError(self._sentence(table, who, words))

    def _enter(self, row: Created) -> None:
        """Note the row that was created, unless it is one of those that were to be saved."""
        table, key = row.model._meta.db_table, row.key
        if not isinstance(key, int) or isinstance(key, bool) or key not in INTEGERS:
            words = "creates a row whose key is not one whole number, so that the ledger cannot record it"
            raise InsertionError(self._sentence(table, row.by, words))
        if table == self.model._meta.db_table:
            if key in self.own:
                return
            if row.by == self._saving:
                words = "save() has created one more row, or a row that was written is not under its key"
                raise InsertionError(f"{table}: {words}; the batch was undone. Does a trigger change keys?")
            words = "creates a row in the table that is being written, whose next keys are reserved"
            raise InsertionError(self._sentence(table, row.by, words))
        found = self.created.setdefault(row.model, {})
        if found.setdefault(key, row) is not row:
            raise InsertionError(self._sentence(table, row.by, f"has the row {key} told of twice as a new one"))

    def _sentence(self, table: str, who: str, words: str) -> str:
        named = table.strip('"`') or self.model._meta.db_table
        return f"{named}: {who} {words}; the batch was rolled back. {REMEDY}"

    def _quoted(self, model: type[models.Model]) -> str:
        return connections[self.using].ops.quote_name(model._meta.db_table)

    def _key(self, model: type[models.Model]) -> tuple[str, str]:
        """Table and key column, as Django writes them in an UPDATE of one row."""
        assert model._meta.pk is not None  # every model has one
        table = self._quoted(model)
        return table, f"{table}.{connections[self.using].ops.quote_name(column_name(model._meta.pk))}"

    def _who(self) -> str:
        """The receiver that is running, else the model's own `save`."""
        return receiver_in(walk_stack(currentframe()), self) or self._saving

    @property
    def _saving(self) -> str:
        return f"{self.model.__module__}.{self.model.__qualname__}.save"

    def _caught(self) -> str:
        return self._sentence("", "a receiver", f"catches an error of the database outside atomic(){self._connected()}")

    def _connected(self) -> str:
        """The receivers of the model's own signals, for what does not say which of them it comes from."""
        signals = (pre_save, post_save)
        found = {name_of(one) for signal in signals for ones in signal._live_receivers(self.model) for one in ones}  # noqa: SLF001
        return f"; its receivers are {', '.join(sorted(found))}" if found else ""


def _head(sql: Any) -> str:
    """The first words of a statement."""
    found = HEAD.match(sql) if isinstance(sql, str) else None
    return found[1] if found else "a statement"
