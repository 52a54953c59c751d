"""Rights that an account lacks are found before the first row, and the sentence names table, right and the GRANT that helps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from django.core.management import call_command
from django.db import connections

from seeding.exceptions import SchemaError, UnsafeServerError
from seeding.orchestration.results import RunSummary
from tests.integration.safety.conftest import mask as mask_all
from tests.servers import KINDS, Server
from tests.shop.conftest import INSTALLED
from tests.support.databases import Database
from tests.support.runs import run, undo

with INSTALLED:
    from seeding.example.seeders.catalogue import ProductSeeder, ReviewSeeder
    from seeding.example.seeders.sales import CustomerSeeder, OrderLineSeeder, OrderSeeder

SHOP = ("shop_product", "shop_review", "shop_customer", "shop_order", "shop_orderline")
LEDGER = ("seeding_run", "seeding_metadata", "seeding_masked")
ALL = "SELECT, INSERT, UPDATE, DELETE"
MYSQL = ["mariadb", "mysql"]
GRANT = re.compile(r"; (?:create it, or )?(GRANT .*?)(?:, or use its roles|\.(?: |$))")
"""What a refusal tells to run."""


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    with INSTALLED:
        yield


class Account:
    """An account of one server with few rights, and the owner's session beside it."""

    def __init__(self, host: Server, database: Database) -> None:
        self.host, self.database, self.name = host, database, f"few_{database.alias}"
        host.sql(f"CREATE {'ROLE' if self.is_postgresql else 'USER'} {self.name} {'LOGIN' if self.is_postgresql else ''}")

    @property
    def is_postgresql(self) -> bool:
        return self.database.server == "postgresql"

    def own(self, *statements: str) -> None:
        """Run statements as the owner."""
        self.host.sql("; ".join(statements), self.database.alias)

    def grant(self, tables: Mapping[str, str]) -> None:
        """Table → rights; on PostgreSQL with the sequences of all tables."""
        self.own(*(f"GRANT {rights} ON {table} TO {self.name}" for table, rights in tables.items() if rights))
        if self.is_postgresql:
            self.own(f"GRANT UPDATE ON ALL SEQUENCES IN SCHEMA public TO {self.name}")

    def enter(self) -> None:
        """Every new session is that account's."""
        connections[self.database.alias].close()
        connections[self.database.alias].settings_dict["USER"] = self.name

    def count(self, table: str) -> int:
        """By the server's own client."""
        return int(self.host.sql(f"SELECT COUNT(*) FROM {table}", self.database.alias))  # noqa: S608 - a constant


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
        connections[one.database.alias].close()
        if one.is_postgresql:
            one.own(f"DROP OWNED BY {one.name}", f"DROP ROLE {one.name}")
        else:
            one.own(f"DROP USER {one.name}")


def seed(account: Account) -> RunSummary:
    seeders = (ProductSeeder(), ReviewSeeder(), CustomerSeeder(), OrderSeeder(), OrderLineSeeder())
    return run(account.database, *seeders)[0]


def rights(**changes: str) -> dict[str, str]:
    """All rights to every table, but for the changes."""
    return {**dict.fromkeys((*SHOP, *LEDGER), ALL), **changes}


def errors(summary: RunSummary) -> dict[str, tuple[str, int]]:
    return {one.table: (one.error, one.exit_code) for one in summary.results if one.exit_code}


def follow(account: Account, words: str) -> None:
    """Run each GRANT that the words tell."""
    statements = GRANT.findall(words)
    assert statements, words
    account.own(*statements)
    connections[account.database.alias].close()


@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize(
    ("table", "granted", "lacked"),
    [
        ("shop_review", "SELECT, UPDATE, DELETE", "INSERT"),
        ("shop_review", "INSERT, UPDATE, DELETE", "SELECT"),
        ("shop_review", "SELECT (id, product_id), INSERT", "SELECT"),
        ("shop_review", "SELECT, INSERT (id, product_id, stars, text, written_at)", "INSERT"),
        ("shop_order", "SELECT, INSERT, UPDATE (status)", "UPDATE ("),
        ("shop_review", "", "SELECT"),
    ],
)
def test_a_right_that_one_table_lacks_is_named_and_the_others_are_seeded(
    few: Callable[[str], Account], server: str, table: str, granted: str, lacked: str
) -> None:
    account = few(server)
    account.grant(rights(**{table: granted}))
    account.enter()

    summary = seed(account)

    found = errors(summary)
    assert summary.exit_code == 3, summary.results
    assert found.pop(table)[1] == 3
    words = next(one.error for one in summary.results if one.table == table)
    assert words.startswith(f"{table} needs "), words
    assert f"GRANT {lacked}" in words
    assert account.count(table) == 0
    assert account.count("shop_product") == 10
    assert account.count("shop_customer") == 20

    follow(account, words)
    assert errors(seed(account)) == {}
    assert [account.count(one) for one in SHOP] == [10, 30, 20, 60, 180]


@pytest.mark.parametrize("server", KINDS)
def test_rights_to_the_columns_that_are_used_are_enough(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    columns = "INSERT (id, customer_id, status, ordered_at, total), UPDATE (total)"
    account.grant(rights(shop_order=f"SELECT, {columns}", shop_review="SELECT, INSERT"))
    account.enter()

    assert seed(account).exit_code == 0


@pytest.mark.parametrize("server", KINDS)
def test_what_is_only_read_for_a_table_is_named_too(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    account.grant(rights(shop_product="INSERT, UPDATE"))
    account.enter()

    summary, _ = run(account.database, CustomerSeeder(), OrderSeeder())
    assert summary.exit_code == 0
    account.own(f"REVOKE SELECT ON shop_orderline FROM {account.name}")  # noqa: S608 - a constant
    connections[account.database.alias].close()
    summary, _ = run(account.database, CustomerSeeder(), OrderSeeder())

    (words, code) = errors(summary)["shop_order"]
    assert (code, words.startswith("shop_order needs the right SELECT on "), "shop_orderline" in words) == (3, True, True), (
        words
    )


@pytest.mark.parametrize("server", KINDS)
def test_a_role_that_is_not_active_counts_for_nothing_and_is_named(few: Callable[[str], Account], server: str) -> None:
    account, role = few(server), ""
    account.grant(rights(shop_review="SELECT"))
    role = f"writes_{account.database.alias}"
    try:
        account.own(f"CREATE ROLE {role}", f"GRANT INSERT ON shop_review TO {role}", f"GRANT {role} TO {account.name}")
        if account.is_postgresql:
            account.own(f"ALTER ROLE {account.name} NOINHERIT")
        account.enter()

        words, code = errors(seed(account))["shop_review"]

        assert (code, role in words, account.count("shop_review")) == (3, True, 0), words
        account.own(words.rpartition("): ")[2].removesuffix("."))  # the statement that activates it
        connections[account.database.alias].close()
        assert errors(seed(account)) == {}
    finally:
        connections[account.database.alias].close()
        account.own(*([f"DROP OWNED BY {role}"] if account.is_postgresql else []), f"DROP ROLE {role}")


@pytest.mark.parametrize("server", KINDS)
def test_of_the_ledger_the_right_is_named_before_anything_else(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    account.grant(rights(seeding_metadata="SELECT, INSERT, UPDATE", seeding_masked=""))
    account.enter()

    with pytest.raises(UnsafeServerError, match=r"seeding_masked needs .*GRANT SELECT ON") as unread:
        seed(account)
    follow(account, str(unread.value))
    with pytest.raises(UnsafeServerError, match="seeding_metadata needs the right DELETE on") as unwritten:
        seed(account)
    follow(account, str(unwritten.value))

    assert [account.count(one) for one in (*SHOP, *LEDGER)] == [0] * 8
    assert seed(account).exit_code == 0


def test_the_sequence_of_a_key_needs_a_right_of_its_own(few: Callable[[str], Account]) -> None:
    account = few("postgresql")
    account.grant(rights())
    account.own(f"REVOKE UPDATE ON SEQUENCE shop_review_id_seq FROM {account.name}")
    account.enter()

    words, code = errors(seed(account))["shop_review"]

    assert (code, "needs the right UPDATE on SEQUENCE public.shop_review_id_seq" in words) == (3, True), words
    follow(account, words)
    assert errors(seed(account)) == {}


def test_so_does_a_sequence_of_mariadb(few: Callable[[str], Account]) -> None:
    account = few("mariadb")
    account.own("CREATE SEQUENCE numbers", "ALTER TABLE shop_review MODIFY id bigint NOT NULL DEFAULT NEXTVAL(numbers)")
    account.grant(rights(numbers="SELECT"))
    account.enter()

    words, code = errors(seed(account))["shop_review"]

    assert (code, "needs the right INSERT on" in words, "`numbers`" in words) == (3, True, True), words
    follow(account, words)
    assert errors(seed(account)) == {}


def test_a_schema_that_is_closed_to_the_account_is_named(few: Callable[[str], Account]) -> None:
    account = few("postgresql")
    account.own("CREATE SCHEMA inner_shop", "ALTER TABLE shop_review SET SCHEMA inner_shop")
    account.own(f"ALTER ROLE {account.name} SET search_path = public, inner_shop")
    account.grant(rights(shop_review=""))
    account.own(f"GRANT {ALL} ON inner_shop.shop_review TO {account.name}")
    account.own(f"GRANT UPDATE ON ALL SEQUENCES IN SCHEMA inner_shop TO {account.name}")
    account.enter()

    words, code = errors(seed(account))["shop_review"]

    assert (code, "GRANT USAGE ON SCHEMA inner_shop TO" in words) == (3, True), words
    follow(account, words)
    assert errors(seed(account)) == {}


ROLLBACKS = [
    ("mariadb", "shop_review", "SELECT, INSERT, UPDATE", "DELETE"),
    ("mysql", "shop_review", "SELECT, INSERT, UPDATE", "DELETE"),
    ("postgresql", "shop_review", "SELECT, INSERT, UPDATE", "DELETE"),
    ("postgresql", "shop_review", "SELECT, INSERT, DELETE", "UPDATE"),  # to lock rows
    ("postgresql", "notes", "", "SELECT"),  # rows there may refer to seeded ones
]


@pytest.mark.parametrize(("server", "table", "granted", "lacked"), ROLLBACKS)
def test_a_rollback_is_refused_as_a_whole(
    few: Callable[[str], Account], server: str, table: str, granted: str, lacked: str
) -> None:
    account = few(server)
    account.own(
        "CREATE TABLE notes (id bigint PRIMARY KEY, product_id bigint NOT NULL, "
        "FOREIGN KEY (product_id) REFERENCES shop_product (id))"
    )
    seed(account)
    account.grant({**rights(notes="SELECT"), table: granted})
    if server != "postgresql":  # there, an account must be able to see every table
        account.own(f"GRANT SELECT ON {account.database.alias}.* TO {account.name}")
        account.own(f"GRANT PROCESS ON *.* TO {account.name}")
    account.enter()

    with pytest.raises(SchemaError, match=f"needs the right {lacked} on .*{table}") as refused:
        undo(account.database, ProductSeeder(), ReviewSeeder(), CustomerSeeder(), OrderSeeder(), OrderLineSeeder())

    assert [account.count(one) for one in SHOP] == [10, 30, 20, 60, 180]
    follow(account, str(refused.value))
    undone, _ = undo(account.database, ProductSeeder(), ReviewSeeder(), CustomerSeeder(), OrderSeeder(), OrderLineSeeder())
    assert (undone.exit_code, [account.count(one) for one in SHOP]) == (0, [0] * 5)


@pytest.mark.parametrize("server", KINDS)
def test_a_rollback_needs_no_right_to_delete_what_it_does_not_delete(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    seed(account)
    account.grant(rights(shop_product="SELECT", shop_order="SELECT"))
    if server != "postgresql":
        account.own(f"GRANT SELECT ON {account.database.alias}.* TO {account.name}", f"GRANT PROCESS ON *.* TO {account.name}")
    account.enter()

    undone, _ = undo(account.database, ProductSeeder(), ReviewSeeder(), tables=("shop_review",))

    assert (undone.exit_code, account.count("shop_review"), account.count("shop_product")) == (0, 0, 10)


@pytest.mark.parametrize("server", MYSQL)
def test_truncating_needs_rights_of_its_own(few: Callable[[str], Account], server: str) -> None:
    account = few(server)
    run(account.database, ProductSeeder(), ReviewSeeder())
    account.own(
        f"GRANT {ALL} ON {account.database.alias}.* TO {account.name}",
        f"GRANT DROP ON shop_review TO {account.name}",
        f"GRANT PROCESS ON *.* TO {account.name}",
    )
    account.enter()

    with pytest.raises(SchemaError) as refused:
        undo(account.database, ProductSeeder(), ReviewSeeder(), strategy="truncate")

    assert "shop_product needs the right DROP on" in str(refused.value)
    assert "shop_review needs the right DROP" not in str(refused.value)
    assert "shop_review needs the right LOCK TABLES on" in str(refused.value)
    assert account.count("shop_review") == 30
    follow(account, str(refused.value))
    undone, _ = undo(account.database, ProductSeeder(), ReviewSeeder(), strategy="truncate")
    assert (undone.exit_code, account.count("shop_review"), account.count("shop_product")) == (0, 0, 0)


MEMBERS = "id bigint PRIMARY KEY, name varchar(20) NOT NULL, email varchar(80) NOT NULL, born date"


@pytest.mark.usefixtures("classified")
@pytest.mark.parametrize("server", KINDS)
@pytest.mark.parametrize(
    "granted", ["SELECT", "SELECT, UPDATE (email)", "SELECT (id, name), UPDATE (name)", "UPDATE", "SELECT, UPDATE (name)"]
)
def test_a_table_is_not_masked_and_not_passed_over(few: Callable[[str], Account], server: str, granted: str) -> None:
    account = few(server)
    account.own(f"CREATE TABLE members ({MEMBERS})", "INSERT INTO members VALUES (1, 'Ann', 'ann@corp.example', '1980-01-01')")
    account.grant({**dict.fromkeys(LEDGER, ALL), "members": granted})
    if server != "postgresql":
        account.own(f"GRANT PROCESS ON *.* TO {account.name}")
    account.enter()

    code, results = mask_all(account.database)

    assert (code, [one["exit_code"] for one in results]) == (3, [3])
    assert "GRANT " in results[0]["error"]
    assert "ann@corp.example" in account.host.sql("SELECT * FROM members", account.database.alias)
