"""Django's test cases on a seeded database, under `manage.py test` and under pytest."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import DEFAULT_DB_ALIAS
from django.test import SimpleTestCase, TestCase, TransactionTestCase

from seeding.testing import databases
from seeding.testing.databases import SeededDatabase
from seeding.testing.datasets import WantedDataset

if TYPE_CHECKING:
    Base = TransactionTestCase
else:
    Base = object


ALIASES: set[str] = set()
"""Those of all seeded test cases."""


class SeededMixin(Base):
    """A test class on a seeded database: `class OrdersTest(SeededMixin, TestCase): seeded = {"size": "small"}`.

    While the class is tested, its alias leads to a database that holds the dataset, from `setUpTestData` on. A TestCase rolls
    back what its tests do. After each test of a TransactionTestCase, which commits, the database is copied again.
    """

    seeded: ClassVar[Mapping[str, Any]] = {}
    """The dataset, as fields of `SeedConfig`: size, scale, tables, profile, locale, seed, as_of, …"""
    seeded_db: ClassVar[SeededDatabase]
    """What is known of the database."""
    _seeded_wanted: ClassVar[WantedDataset]
    _seeded_stack: ClassVar[ExitStack]

    _seeded_is_used: ClassVar[bool] = False
    """Whether a test has had the database as it is now."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse an order of bases in which Django begins its transaction before there is a seeded database."""
        super().__init_subclass__(**options)
        ALIASES.add(cls.seeded.get("database", DEFAULT_DB_ALIAS))
        if issubclass(cls, SimpleTestCase):
            order = cls.__mro__
            if TransactionTestCase not in order or order.index(SeededMixin) > order.index(TransactionTestCase):
                raise TypeError(f"{cls.__name__}: name SeededMixin before TestCase or TransactionTestCase.")

    @classmethod
    def setUpClass(cls) -> None:
        """Have the alias lead to the seeded database before the class begins its transaction."""
        cls._seeded_wanted = WantedDataset.of(cls.seeded)
        cls._seeded_stack = ExitStack()
        cls._seeded_enter()
        cls.addClassCleanup(cls._seeded_leave)
        super().setUpClass()

    def __call__(self, result: Any = None) -> Any:
        """Run the test; where tests commit, on a new copy."""
        self._seeded_renew()
        return super().__call__(result)

    @classmethod
    def _seeded_renew(cls) -> None:
        if cls._seeded_is_used and not issubclass(cls, TestCase):
            cls._seeded_leave()
            cls._seeded_enter()
        cls._seeded_is_used = True

    @classmethod
    def _seeded_enter(cls) -> None:
        cls.seeded_db = cls._seeded_stack.enter_context(databases.current().using(cls._seeded_wanted))
        cls._seeded_is_used = False

    @classmethod
    def _seeded_leave(cls) -> None:
        cls._seeded_stack.close()
        if cls._seeded_is_used and not issubclass(cls, TestCase):
            databases.current().spoil(cls._seeded_wanted)


@atexit.register
def _drop() -> None:
    """Django's runner ends its processes without a word to them: the one that has started them drops their databases."""
    databases.current().close(ALIASES)
