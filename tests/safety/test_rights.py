"""Rights that an account lacks are found before the first row, and the sentence names table, right and the GRANT that helps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from seeding.conf import Strategy
from seeding.exceptions import RefusedError, SchemaError, UnsafeServerError
from seeding.orchestration.results import RunSummary
from seeding.rollbacks.results import RollbackSummary
from seeding.telemetry.events import Event
from tests.safety.conftest import mask as mask_all
from tests.servers import KINDS, Server
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
    from seeding.example.seeders.sales import CustomerSeeder, OrderLineSeeder, OrderSeeder

SHOP = ("shop_product", "shop_review", "shop_customer", "shop_order", "shop_orderline")
LEDGER = ("seeding_run", "seeding_metadata", "seeding_masked", "seeding_lease", "seeding_fence")
ALL = "SELECT, INSERT, UPDATE, DELETE"
GRANT = re.compile(r"; (?:create it, or )?(GRANT .*?)(?:, or use its roles|\.(?: |$))")
"""What a refusal tells to run."""


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


class Account:
    """An account of one server with few rights; what it sees and does is looked at by the server's own client."""

    def __init__(self, host: Server, database: Database) -> None:
        self.host, self.database, self.name = host, database, f"few_{database.alias}"
        self.is_postgresql, self._exists = database.server == "postgresql", False

    def become(self, tables: Mapping[str, str], *more: str) -> None:
        """Have exactly these rights, table → rights, and what the statements give; every new session is that account's."""
        self.drop()
        kind, login = ("ROLE", " LOGIN") if self.is_postgresql else ("USER", "")
        self._exists = True
        sequences = [f"GRANT UPDATE ON ALL SEQUENCES IN SCHEMA public TO {self.name}"] if self.is_postgresql else []
        self.own(
            f"CREATE {kind} {self.name}{login}",
            *(f"GRANT {rights} ON {table} TO {self.name}" for table, rights in tables.items() if rights),
            *sequences,
            *more,
        )
        connections[self.database.alias].settings_dict["USER"] = self.name

    def drop(self) -> None:
        connections[self.database.alias].close()
        if self._exists and self.is_postgresql:
            self.own(f"DROP OWNED BY {self.name}", f"DROP ROLE {self.name}")
        elif self._exists:
            self.own(f"DROP USER {self.name}")
        self._exists = False

    def own(self, *statements: str) -> None:
        """Run statements as the owner; the account's next statement is one of a new session."""
        self.host.sql("; ".join(statements), self.database.alias)
        connections[self.database.alias].close()

    def all_seen(self) -> tuple[str, ...]:
        """What an account needs on MySQL and MariaDB so that a rollback is not refused for what it may not see."""
        name = self.database.alias
        return (
            () if self.is_postgresql else (f"GRANT SELECT ON {name}.* TO {self.name}", f"GRANT PROCESS ON *.* TO {self.name}")
        )

    def count(self, *tables: str) -> list[int]:
        """The rows of the tables."""
        query = "; ".join(f"SELECT COUNT(*) FROM {table}" for table in tables)  # noqa: S608 - constants
        return [int(one) for one in self.host.sql(query, self.database.alias).split()]


@pytest.fixture
def few(running: Callable[[str], Server], make_database: Callable[..., Database]) -> Iterator[Callable[[str], Account]]:
    """Make a shop, and an account that has no right to it."""
    made: list[Account] = []

    def make(server: str) -> Account:
        database = make_database(server, ready=False)
        call_command("migrate", database=database.alias, verbosity=0)
        made.append(Account(running(server), database))
        return made[-1]

    yield make
    for one in made:
        one.drop()


SEEDERS = (ProductSeeder, ReviewSeeder, CustomerSeeder, OrderSeeder, OrderLineSeeder)
FULL = [10, 30, 20, 60, 180]


def seed(account: Account, **options: Any) -> RunSummary:
    return run(account.database, *(one() for one in SEEDERS), **options)[0]


def rollback(account: Account, **options: Any) -> RollbackSummary:
    return undo(account.database, *(one() for one in SEEDERS), **options)[0]


def rights(**changes: str) -> dict[str, str]:
    """All rights to every table, but for the changes."""
    return {**dict.fromkeys((*SHOP, *LEDGER), ALL), **changes}


def refused(summary: RunSummary) -> dict[str, str]:
    """Table → why, of those with exit code 3."""
    return {one.table: one.error for one in summary.results if one.exit_code == 3}


def follow(account: Account, words: str) -> None:
    """Run each GRANT that the words tell."""
    statements = GRANT.findall(words)
    assert statements, words
    account.own(*statements)


LACKING = [
    ("shop_review", "SELECT, UPDATE, DELETE", "INSERT"),
    ("shop_review", "INSERT, UPDATE, DELETE", "SELECT"),
    ("shop_review", "SELECT (id, product_id), INSERT", "SELECT"),
    ("shop_review", "", "SELECT, INSERT"),
    ("shop_order", "SELECT, INSERT, UPDATE (status)", "UPDATE ("),
    ("shop_review", "SELECT, INSERT (id, product_id, stars, text, written_at)", "INSERT"),
]
"""Table, rights to it, and what is told to be granted."""


@pytest.mark.parametrize("server", KINDS)
def test_a_right_that_one_table_lacks_is_named_and_the_others_are_seeded(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    for table, granted, lacked in LACKING:
        account.become(rights(**{table: granted}))

        found = refused(seed(account, dry_run=True))

        assert list(found) == [table], (granted, found)
        assert found[table].startswith(f"{table} needs "), found
        if not (granted or account.is_postgresql):
            assert "which is missing or hidden from this account; create it, or GRANT SELECT, INSERT ON" in found[table]
        else:
            assert f"GRANT {lacked.partition(', ')[0] if not granted else lacked}" in found[table], found

    summary = seed(account)
    assert (summary.exit_code, list(refused(summary)), account.count(*SHOP)) == (3, ["shop_review"], [10, 0, 20, 60, 180])
    follow(account, refused(summary)["shop_review"])
    assert (seed(account).exit_code, account.count(*SHOP)) == (0, FULL)


@pytest.mark.parametrize("server", KINDS)
def test_rights_to_what_is_used_are_enough(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    order = "SELECT, INSERT (id, customer_id, status, ordered_at, total), UPDATE (total)"
    account.become(rights(shop_order=order, shop_review="SELECT, INSERT"))
    assert seed(account).exit_code == 0

    account.become(rights(shop_product="SELECT", shop_order="SELECT", shop_orderline="SELECT"), *account.all_seen())

    undone = rollback(account, tables=("shop_review",))  # it needs no right to delete from other tables
    assert (undone.exit_code, account.count("shop_review", "shop_product")) == (0, [0, 10])


@pytest.mark.parametrize("server", KINDS)
def test_a_table_that_is_only_read_for_another_is_named_too(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    account.become(rights(shop_orderline="INSERT"))

    summary, _ = run(account.database, CustomerSeeder(), OrderSeeder())

    words = refused(summary)["shop_order"]
    assert words.startswith("shop_order needs the right SELECT on "), words
    assert "shop_orderline" in words
    assert account.count("shop_customer", "shop_order") == [20, 0]


@pytest.mark.parametrize("server", KINDS)
def test_a_role_that_is_not_active_counts_for_nothing_and_is_named(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    role = f"writes_{account.database.alias}"
    inherit = [f"ALTER ROLE {account.name} NOINHERIT"] if account.is_postgresql else []
    give = (f"CREATE ROLE {role}", f"GRANT INSERT ON shop_review TO {role}", f"GRANT {role} TO {account.name}", *inherit)
    account.become(rights(shop_review="SELECT"), *give)
    try:
        words = refused(seed(account))["shop_review"]

        assert f"use its roles that are not active ({role}): " in words
        account.own(words.rpartition("): ")[2].removesuffix("."))
        assert (seed(account).exit_code, account.count("shop_review")) == (0, [30])
    finally:
        account.own(*([f"DROP OWNED BY {role}"] if account.is_postgresql else []), f"DROP ROLE {role}")


@pytest.mark.parametrize("server", KINDS)
def test_of_the_ledger_the_right_is_named_before_anything_else(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    account.become(rights(seeding_metadata="SELECT, INSERT, UPDATE", seeding_masked=""))

    with pytest.raises(UnsafeServerError, match=r"seeding_masked needs .*GRANT SELECT ON") as unread:
        seed(account)
    follow(account, str(unread.value))
    with pytest.raises(UnsafeServerError, match="seeding_metadata needs the right DELETE on") as unwritten:
        seed(account)
    assert account.count(*SHOP, *LEDGER) == [0] * 10
    assert seed(account, dry_run=True).exit_code == 0  # it writes nothing there

    follow(account, str(unwritten.value))
    assert seed(account).exit_code == 0


def test_the_sequence_of_a_key_needs_a_right_of_its_own(few: Callable[[str], Account]) -> None:
    account = few("postgresql")
    account.become(rights(), f"REVOKE UPDATE ON SEQUENCE shop_review_id_seq FROM few_{account.database.alias}")

    words = refused(seed(account))["shop_review"]

    assert "needs the right UPDATE on SEQUENCE public.shop_review_id_seq" in words
    follow(account, words)
    assert (seed(account).exit_code, account.count(*SHOP)) == (0, FULL)


def test_so_does_a_sequence_of_mariadb(few: Callable[[str], Account]) -> None:
    account = few("mariadb")
    account.own("CREATE SEQUENCE numbers", "ALTER TABLE shop_review MODIFY id bigint NOT NULL DEFAULT NEXTVAL(numbers)")
    account.become(rights(numbers="SELECT"))

    words = refused(seed(account))["shop_review"]

    assert f"needs the right INSERT on `{account.database.alias}`.`numbers`" in words
    follow(account, words)
    assert (seed(account).exit_code, account.count(*SHOP)) == (0, FULL)


def test_a_schema_that_is_closed_to_the_account_is_named(few: Callable[[str], Account]) -> None:
    account = few("postgresql")
    account.own("CREATE SCHEMA inner_shop", "ALTER TABLE shop_review SET SCHEMA inner_shop")
    account.become(
        {**rights(shop_review=""), "inner_shop.shop_review": ALL},
        f"ALTER ROLE {account.name} SET search_path = public, inner_shop",
        f"GRANT UPDATE ON ALL SEQUENCES IN SCHEMA inner_shop TO {account.name}",
    )

    words = refused(seed(account))["shop_review"]

    assert f"GRANT USAGE ON SCHEMA inner_shop TO {account.name}" in words
    follow(account, words)
    assert seed(account).exit_code == 0


@pytest.mark.parametrize("server", KINDS)
def test_a_rollback_is_refused_as_a_whole(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    account.own(
        "CREATE TABLE notes (id bigint PRIMARY KEY, product_id bigint NOT NULL, "
        "FOREIGN KEY (product_id) REFERENCES shop_product (id))"
    )
    seed(account)
    cases = [("shop_review", "SELECT, INSERT, UPDATE", "DELETE")]
    if account.is_postgresql:  # to lock rows; and where rows may refer to seeded ones
        cases += [("shop_review", "SELECT, INSERT, DELETE", "UPDATE"), ("notes", "", "SELECT")]
    for table, granted, lacked in cases:
        account.become({**rights(notes="SELECT"), table: granted}, *account.all_seen())
        with pytest.raises(SchemaError, match=f"{table} needs the right {lacked} on .*{table}") as words:
            rollback(account)
        assert account.count(*SHOP) == FULL

    follow(account, str(words.value))
    assert (rollback(account).exit_code, account.count(*SHOP)) == (0, [0] * 5)


@pytest.mark.parametrize("server", KINDS)
def test_a_rollback_needs_the_right_to_derive_what_stays(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    seed(account)
    account.become(rights(shop_order="SELECT"), *account.all_seen())

    with pytest.raises(SchemaError, match=r"shop_order needs the right UPDATE \(.total.\) on "):
        rollback(account, tables=("shop_orderline",))

    assert account.count(*SHOP) == FULL


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_truncating_needs_rights_of_its_own(few: Callable[[str], Account], server: str, audit_file: Path) -> None:
    account = few(server)
    run(account.database, ProductSeeder(), ReviewSeeder())
    account.become({"shop_review": "DROP"}, f"GRANT {ALL} ON {account.database.alias}.* TO {account.name}", *account.all_seen())
    with pytest.raises(SchemaError) as words:
        rollback(account, strategy=Strategy.TRUNCATE)

    assert "shop_product needs the right DROP on" in str(words.value)
    assert "shop_review needs the right DROP" not in str(words.value)
    assert "shop_review needs the right LOCK TABLES on" in str(words.value)
    follow(account, str(words.value))

    def revoke(event: Event) -> None:
        if event.operation == "start":
            account.host.sql(f"REVOKE DROP ON shop_review FROM {account.name}", account.database.alias)

    with pytest.raises(RefusedError, match="the rights LOCK TABLES and DROP are needed"):
        rollback(account, strategy=Strategy.TRUNCATE, tables=("shop_review",), listen=revoke)
    lines = [json.loads(line) for line in audit_file.read_text(encoding="utf-8").splitlines()]
    assert [(line["operation"], line["recordCount"]) for line in lines] == [("truncate", 30), ("not deleted", 30)]
    assert account.count("shop_review", "shop_product") == [30, 10]

    account.own(f"GRANT DROP ON shop_review TO {account.name}")
    assert rollback(account, strategy=Strategy.TRUNCATE).exit_code == 0
    assert account.count("shop_review", "shop_product") == [0, 0]


MEMBERS = "id bigint PRIMARY KEY, name varchar(20) NOT NULL, email varchar(80) NOT NULL, born date"
VISIBLE = "INSERT INTO members VALUES (1, 'Ann', 'ann@corp.example', '1980-01-01')"


@pytest.mark.usefixtures("classified")
@pytest.mark.parametrize("server", KINDS)
def test_a_table_is_neither_masked_in_part_nor_passed_over(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    account.own(f"CREATE TABLE members ({MEMBERS})", VISIBLE, "CREATE TABLE others (id int PRIMARY KEY, email varchar(80))")
    ledger, every = (
        dict.fromkeys((*LEDGER, "seeding_snapshot"), ALL),
        ("SELECT", "SELECT, UPDATE (email)", "UPDATE", "SELECT (id, name), UPDATE (name)"),
    )
    for granted in every:
        account.become({**ledger, "members": granted, "others": "SELECT"}, *account.all_seen()[1:])

        code, results = mask_all(account.database)

        assert (code, [(one["table"], one["exit_code"]) for one in results]) == (3, [("members", 3)]), granted
        assert f"GRANT {'UPDATE' if granted.startswith('SELECT') and '(id' not in granted else 'SELECT'}" in results[0]["error"]
        assert "ann@corp.example" in account.host.sql("SELECT * FROM members", account.database.alias)

    if account.is_postgresql:  # the others show the account no table to which it has no right
        account.become({**ledger, "members": "SELECT, UPDATE"})
        code, results = mask_all(account.database)
        assert (code, [(one["table"], one["exit_code"]) for one in results]) == (3, [("others", 3), ("members", 0)])
        assert "others needs the right SELECT on public.others" in results[0]["error"]
        assert "ann@corp.example" not in account.host.sql("SELECT * FROM members", account.database.alias)
