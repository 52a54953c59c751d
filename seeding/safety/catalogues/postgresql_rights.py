"""PostgreSQL: its own functions tell which rights the account has, with those of the roles that it uses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.db.sql import quoted_plainly
from seeding.safety.catalogues.rights import Lack, Need

LACKED = """
    ARRAY(SELECT a.attname::text FROM pg_attribute a
          WHERE NOT has_table_privilege(r.oid, '{0}') AND a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
            AND NOT has_column_privilege(r.oid, a.attnum, '{0}'))
"""
QUALIFIED = """'"' || replace(n.nspname, '"', '""') || '"."' || replace(r.relname, '"', '""') || '"'"""
"""How tables of other schemas are called."""
TABLES = f"""
    SELECT CASE WHEN pg_table_is_visible(r.oid) THEN r.relname ELSE {QUALIFIED} END,
           format('%%I.%%I', n.nspname, r.relname), has_schema_privilege(n.oid, 'USAGE'), format('%%I', n.nspname),
           {LACKED.format("SELECT")}, {LACKED.format("INSERT")}, {LACKED.format("UPDATE")},
           has_table_privilege(r.oid, 'DELETE'), has_any_column_privilege(r.oid, 'UPDATE')
    FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND (pg_table_is_visible(r.oid) AND r.relname = ANY(%(names)s) OR {QUALIFIED} = ANY(%(names)s))
"""  # noqa: S608 - constants
"""Tables with the columns to which the account lacks each right."""
CLOSED = """
    SELECT DISTINCT ON (r.relname) r.relname, format('%%I', n.nspname)
    FROM unnest(string_to_array(current_setting('search_path'), ',')) WITH ORDINALITY AS p(part, place)
    JOIN pg_namespace n ON n.nspname = replace(trim(both ' "' FROM p.part), '$user', current_user::text)
    JOIN pg_class r ON r.relnamespace = n.oid AND r.relkind IN ('r', 'p') AND r.relname = ANY(%(names)s)
    WHERE NOT has_schema_privilege(n.oid, 'USAGE') ORDER BY r.relname, p.place
"""
"""Tables that search_path leads to, in schemas that the account has no right to."""
SEQUENCES = """
    SELECT s.id, (SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.oid = s.id::oid)
    FROM unnest(%(sequences)s::text[]) AS s(id) WHERE NOT has_sequence_privilege(s.id::oid, 'UPDATE')
"""
"""UPDATE alone allows both to draw from a sequence and to move it."""
INACTIVE = """
    SELECT format('%I', current_user), current_setting('server_version_num')::int,
           ARRAY(SELECT format('%I', rolname) FROM pg_roles WHERE pg_has_role(oid, 'MEMBER') AND NOT pg_has_role(oid, 'USAGE'))
"""
PER_GRANT = 160_000
"""The version from which on each membership says whether its rights are used without SET ROLE."""


def read_lacks(connection: BaseDatabaseWrapper, needs: Mapping[str, Need], _seen: Collection[str]) -> dict[str, list[Lack]]:
    """See `catalogues.read_lacks`. One query, and one each for sequences and for tables that were not found."""
    names = {*needs, *(table for need in needs.values() for table in need.reads)}
    sequences = {need.sequence for need in needs.values() if need.sequence}
    with connection.cursor() as cursor:
        cursor.execute(TABLES, {"names": sorted(names)})
        facts = {name: tuple(rest) for name, *rest in cursor.fetchall()}
        closed: dict[str, str] = {}
        if unknown := sorted(names - facts.keys()):
            cursor.execute(CLOSED, {"names": unknown})
            closed = dict(cursor.fetchall())
        immovable: dict[str, str] = {}
        if sequences:
            cursor.execute(SEQUENCES, {"sequences": sorted(sequences)})
            immovable = dict(cursor.fetchall())
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for table, need in needs.items():
        found[table] = []
        for one in sorted((need.reads | {table}) & closed.keys()):
            found[table].append((f"SCHEMA {closed[one]}", ("USAGE",)))
        for one in sorted((need.reads | {table}) & facts.keys()):
            found[table] += _missing(connection, facts[one], need if one == table else Need())
        if need.sequence in immovable:
            found[table].append((f"SEQUENCE {immovable[need.sequence]}", ("UPDATE",)))
    return _lacks(connection, {table: missing for table, missing in found.items() if missing})


def _missing(connection: BaseDatabaseWrapper, facts: tuple[Any, ...], need: Need) -> Iterator[tuple[str, tuple[str, ...]]]:
    name, has_usage, schema, unread, uninserted, unchanged, deletes, changes_any = facts
    if not has_usage:
        yield f"SCHEMA {schema}", ("USAGE",)
    rights = ["SELECT"] if unread else []
    if need.insert.intersection(uninserted):
        rights.append("INSERT")
    if update := need.update.intersection(unchanged):
        rights.append(f"UPDATE ({', '.join(sorted(quoted_plainly(connection, one) for one in update))})")
    elif need.delete and not changes_any:
        rights.append("UPDATE")  # SELECT … FOR UPDATE needs it, of any column
    if need.delete and not deletes:
        rights.append("DELETE")
    if rights:
        yield str(name), tuple(rights)


def _lacks(connection: BaseDatabaseWrapper, found: Mapping[str, list[tuple[str, tuple[str, ...]]]]) -> dict[str, list[Lack]]:
    """With what tells how to grant it; the server is asked for that only if something is missing."""
    if not found:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(INACTIVE)
        account, version, inactive = cursor.fetchone()
    activate = (
        f"GRANT {', '.join(inactive)} TO {account} WITH INHERIT TRUE"
        if version >= PER_GRANT
        else f"ALTER ROLE {account} INHERIT"
    )
    return {
        table: [
            Lack(rights=rights, on=on, account=account, inactive=tuple(sorted(inactive)), activate=activate)
            for on, rights in missing
        ]
        for table, missing in found.items()
    }
