"""MySQL and MariaDB: the server itself is asked, by EXPLAIN, which checks the rights of a statement and does not run it.

`information_schema` does not tell: it omits what roles grant, and rights to databases are patterns there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from secrets import token_hex

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted_plainly
from seeding.safety.catalogues.rights import Lack, Need

DENIED = frozenset({1044, 1142, 1143, 1227})
NO_TABLE = f"seeding_no_such_table_{token_hex(8)}"
"""A name that nothing has. The server denies what the account may not do in the whole database, and otherwise says that there
is no such table."""
ELSEWHERE = "`.`"
"""In the name of a table of another database."""
EVERYWHERE = {
    "SELECT": f"EXPLAIN SELECT 1 FROM {NO_TABLE}",  # noqa: S608 - a constant
    "INSERT": f"EXPLAIN INSERT INTO {NO_TABLE} VALUES (1)",  # noqa: S608 - a constant
    "UPDATE": f"EXPLAIN UPDATE {NO_TABLE} SET a = 1",  # noqa: S608 - a constant
    "DELETE": f"EXPLAIN DELETE FROM {NO_TABLE}",  # noqa: S608 - a constant
    "DROP": f"TRUNCATE TABLE {NO_TABLE}",
    "LOCK TABLES": f"LOCK TABLES {NO_TABLE} READ",
}
"""Right → a statement that fails in any case: which error it is tells whether the account has the right to every table."""
KEPT = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND BINARY table_name = %s AND extra LIKE '%%on update%%'
"""
"""Columns that an UPDATE names so that the server leaves them as they are."""
INACTIVE = """
    SELECT DISTINCT role_name FROM information_schema.applicable_roles
    WHERE role_name NOT IN (SELECT role_name FROM information_schema.enabled_roles WHERE role_name IS NOT NULL)
"""


def read_lacks(connection: BaseDatabaseWrapper, needs: Mapping[str, Need], seen: Collection[str]) -> dict[str, list[Lack]]:
    """See `catalogues.read_lacks`. One query per kind of right, and one per table if it is not granted everywhere."""
    allowed, quote = partial(_allowed, connection), partial(quoted_plainly, connection)
    used = {right for need in needs.values() for right in _kinds(need)} | {"SELECT"}
    everywhere = {right for right in EVERYWHERE if right in used and allowed(EVERYWHERE[right])}
    names = {*needs, *(table for need in needs.values() for table in need.reads)}
    asked = {one for one in names if "SELECT" not in everywhere or ELSEWHERE in quote(one)}
    unread = {one for one in asked if not allowed(f"EXPLAIN SELECT * FROM {quote(one)}")}  # noqa: S608 - quoted
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for table, need in needs.items():
        if table not in (seen if table not in asked else needs):
            continue  # it is missing: an account that may read every table sees all of them
        found[table] = [(one, ("SELECT",)) for one in sorted((need.reads - {table}) & unread)]
        narrow = _kinds(need) - everywhere
        rights = [*(["SELECT"] if table in unread else []), *_denied(connection, table, need, narrow, is_seen=table in seen)]
        if rights:
            found[table].append((table, tuple(rights)))
        if "LOCK TABLES" in narrow:
            found[table].append(("", ("LOCK TABLES",)))
        if need.sequence and not allowed(f"EXPLAIN SELECT NEXTVAL({need.sequence})"):
            found[table].append((need.sequence, ("INSERT",)))
    return _lacks(connection, {table: missing for table, missing in found.items() if missing}, seen)


def _kinds(need: Need) -> frozenset[str]:
    """The rights to the table itself that the command needs."""
    wanted = {"INSERT": need.insert, "UPDATE": need.update, "DELETE": need.delete}
    wanted |= {"DROP": need.empties, "LOCK TABLES": need.empties}
    return frozenset(right for right, is_needed in wanted.items() if is_needed)


def _denied(
    connection: BaseDatabaseWrapper, table: str, need: Need, narrow: Collection[str], *, is_seen: bool
) -> Iterator[str]:
    """Those of the `narrow` rights that the account does not have to the table, as GRANT names them."""
    quote = partial(quoted_plainly, connection)
    name = quote(table)
    if "INSERT" in narrow:
        columns = [quote(one) for one in sorted(need.insert)]
        nothing = f"SELECT {', '.join(['NULL'] * len(columns))} FROM DUAL WHERE 1 = 0"  # noqa: S608 - quoted
        if not (is_seen and _allowed(connection, f"EXPLAIN INSERT INTO {name} ({', '.join(columns)}) {nothing}")):
            yield "INSERT"
    if "UPDATE" in narrow:
        columns = sorted({quote(one) for one in (*need.update, *_kept(connection, table))})
        changes = ", ".join(f"{one} = NULL" for one in columns)
        if not (is_seen and _allowed(connection, f"EXPLAIN UPDATE {name} SET {changes} WHERE 1 = 0")):  # noqa: S608
            yield f"UPDATE ({', '.join(columns)})"
    if "DELETE" in narrow and not (is_seen and _allowed(connection, f"EXPLAIN DELETE FROM {name} WHERE 1 = 0")):  # noqa: S608
        yield "DELETE"
    if "DROP" in narrow and not _may_drop(connection, table):
        yield "DROP"


def _allowed(connection: BaseDatabaseWrapper, statement: str) -> bool:
    """Whether the server does not deny the statement; it may still fail, for another reason."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
            cursor.fetchall()
        except DatabaseError as error:
            return error.args[0] not in DENIED
    return True


def _kept(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(KEPT, [table])
        return [name for (name,) in cursor.fetchall()]


def _may_drop(connection: BaseDatabaseWrapper, table: str) -> bool:
    """Whether a grant for this very table has DROP: no other statement than TRUNCATE itself would be checked for it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW GRANTS")
        grants = [str(grant) for (grant,) in cursor.fetchall()]
    on = f" ON {_database(connection)}.{quoted_plainly(connection, table)} TO "
    rights = [grant.partition(on)[0].removeprefix("GRANT ").split(", ") for grant in grants if on in grant]
    return any({"DROP", "ALL PRIVILEGES"}.intersection(them) for them in rights)


def _database(connection: BaseDatabaseWrapper) -> str:
    return quoted_plainly(connection, str(connection.settings_dict["NAME"]))


def _lacks(
    connection: BaseDatabaseWrapper, found: Mapping[str, list[tuple[str, tuple[str, ...]]]], seen: Collection[str]
) -> dict[str, list[Lack]]:
    """With what tells how to grant it; the server is asked for that only if something is missing."""
    if not found:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_USER()")
        user, _, host = cursor.fetchone()[0].rpartition("@")
        cursor.execute(INACTIVE)
        inactive = tuple(sorted(str(role) for (role,) in cursor.fetchall()))
    account, database = f"`{user}`@`{host}`", _database(connection)
    is_mariadb = getattr(connection, "mysql_is_mariadb", False)
    activate = (
        f"SET DEFAULT ROLE {inactive[0]} FOR {account}" if inactive and is_mariadb else f"SET DEFAULT ROLE ALL TO {account}"
    )

    def lack(name: str, rights: tuple[str, ...]) -> Lack:
        quoted = quoted_plainly(connection, name) if name else "*"
        whole = database if name else database.replace("_", r"\_").replace("%", r"\%")  # a pattern in such a grant
        return Lack(
            rights=rights,
            on=quoted if ELSEWHERE in quoted else f"{whole}.{quoted}",
            account=account,
            is_seen=not name or name in seen or ELSEWHERE in quoted,
            inactive=inactive,
            activate=activate,
        )

    return {table: [lack(*one) for one in missing] for table, missing in found.items()}
