"""PostgreSQL, from `pg_catalog`, which every account can read in full."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from seeding.safety.catalogues.catalogue import Catalogue, Relation
from seeding.safety.refusal import Touch
from seeding.safety.triggers import Trigger
from seeding.schema.key_counters import KeyCounter

ROW, BEFORE, INSTEAD = 1, 2, 64
EVENTS = {4: Touch.INSERT, 8: Touch.DELETE, 16: Touch.UPDATE}
"""Bits of `pg_trigger.tgtype`."""

FAMILY = """
    WITH RECURSIVE family AS (
        SELECT oid AS root, relname AS name, oid AS member FROM pg_class
        WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(oid) AND relname = ANY(%s)
        UNION SELECT f.root, f.name, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.member
    )
"""
"""Each table, its partitions and the tables that inherit from it."""
RELATIONS = """
    SELECT r.relname, row_security_active(r.oid),
           ARRAY(SELECT w.rulename::text FROM pg_rewrite w WHERE w.ev_class = r.oid AND w.rulename <> '_RETURN'),
           ARRAY(SELECT o.relname::text FROM pg_inherits i
                 JOIN pg_class o ON o.oid = CASE r.oid WHEN i.inhparent THEN i.inhrelid ELSE i.inhparent END
                 JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
                 WHERE r.oid IN (i.inhparent, i.inhrelid)),
           ARRAY(SELECT a.attname::text FROM pg_index x
                 JOIN LATERAL unnest(x.indkey::int[]) WITH ORDINALITY AS k(number, place) ON true
                 JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.number
                 WHERE x.indrelid = r.oid AND x.indisprimary AND k.place <= x.indnkeyatts ORDER BY k.place),
           EXISTS (SELECT FROM pg_constraint c WHERE c.condeferrable
                   AND (c.conrelid = r.oid OR c.conrelid IN (SELECT p.relid FROM pg_partition_tree(r.oid) p)))
    FROM pg_class r
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(r.oid) AND r.relname = ANY(%s)
"""
COUNTERS = """
    SELECT r.relname, pg_get_expr(d.adbin, d.adrelid), s.oid::text, s.oid::regclass::text, q.seqincrement, q.seqcache, q.seqmax,
           q.seqcycle,
           ARRAY(SELECT format('SELECT MAX(%%I) FROM %%s', o.attname, o.attrelid::regclass)
                 FROM pg_depend u
                 JOIN pg_attrdef e ON e.oid = u.objid
                 JOIN pg_attribute o ON o.attrelid = e.adrelid AND o.attnum = e.adnum
                 WHERE u.classid = 'pg_attrdef'::regclass AND u.refclassid = 'pg_class'::regclass AND u.refobjid = s.oid
                   AND o.attrelid <> r.oid AND o.atttypid = ANY('{int2,int4,int8}'::regtype[])
                   AND has_column_privilege(o.attrelid, o.attnum, 'SELECT')
                   AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = o.attrelid AND i.indisunique AND i.indisvalid
                               AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = o.attnum))
    FROM pg_class r
    JOIN pg_namespace n ON n.oid = r.relnamespace
    JOIN pg_index x ON x.indrelid = r.oid AND x.indisprimary
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = ANY((x.indkey::int2[])[0 : x.indnkeyatts - 1])
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    LEFT JOIN LATERAL (
        SELECT c.oid FROM pg_depend u JOIN pg_class c ON c.oid = u.refobjid AND c.relkind = 'S'
        WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid AND u.refclassid = 'pg_class'::regclass
        UNION SELECT pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(r.relname), a.attname)::regclass::oid
        WHERE d.oid IS NULL
    ) s ON true
    LEFT JOIN pg_sequence q ON q.seqrelid = s.oid
    WHERE pg_table_is_visible(r.oid) AND r.relname = ANY(%s) ORDER BY s.oid NULLS FIRST
"""
"""Where key columns take new keys from: the default's sequence; without a default, an identity's, or one that they own.

Of a key of several columns, the one that counts decides: it comes last.
"""
NEXT = re.compile(r"\(?nextval\('(?:[^']|'')+'::regclass\)\)?(?:::(?:smallint|integer|bigint))?")
"""A default that is the next value of one sequence."""
UNSEEN = """
    SELECT DISTINCT f.name, CASE WHEN pg_table_is_visible(r.oid) THEN r.relname ELSE n.nspname || '.' || r.relname END
    FROM family f
    JOIN pg_constraint c ON c.contype = 'f' AND c.confrelid = f.member AND c.conparentid = 0
    JOIN pg_class r ON r.oid = c.conrelid
    JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE row_security_active(r.oid) OR (c.confrelid <> f.root AND row_security_active(c.confrelid))
"""
"""By what declares the foreign keys (a table or a partition), since that is what is read. Policies differ between the two."""
COPIES = """, shown AS (
        SELECT root, name, member FROM family
        UNION SELECT s.root, s.name, w.ev_class
        FROM shown s
        JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.member AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_rewrite w ON w.oid = d.objid AND w.rulename = '_RETURN'
    )
    SELECT s.name, s.member::regclass::text FROM shown s JOIN pg_class c ON c.oid = s.member AND c.relkind = 'm'
    WHERE s.member <> s.root
"""
TRIGGERS = """
    SELECT DISTINCT f.name, t.tgname, t.tgtype::int, l.lanname, p.prosrc
    FROM family f
    JOIN pg_trigger t ON t.tgrelid = f.member AND NOT t.tgisinternal AND t.tgenabled <> 'D'
    JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_language l ON l.oid = p.prolang
"""
OTHERS = """
    SELECT lower(r.relname) FROM pg_class r
    WHERE EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = r.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D')
       OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = r.oid AND w.rulename <> '_RETURN')
"""
"""Every relation with triggers or rules."""
FUNCTIONS = "SELECT DISTINCT lower(proname) FROM pg_proc WHERE pronamespace <> 'pg_catalog'::regnamespace"


def read_catalogue(connection: BaseDatabaseWrapper, names: Collection[str]) -> Catalogue:
    """See `catalogues.read_catalogue`."""
    wanted = sorted(names)
    with connection.cursor() as cursor:

        def ask(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall())

        relations = ask(RELATIONS, wanted)
        counters = {name: _counter(tuple(row)) for name, *row in ask(COUNTERS, wanted)}
        unseen, copies = _grouped(ask(FAMILY + UNSEEN, wanted)), _grouped(ask(FAMILY + COPIES, wanted))
        found = ask(FAMILY + TRIGGERS, wanted)
        functions, elsewhere = (ask(FUNCTIONS), ask(OTHERS)) if found else ((), ())
        triggers = _triggers(found, frozenset(name for (name,) in functions), frozenset(name for (name,) in elsewhere))
    return Catalogue(
        relations={
            name: Relation(
                name=name,
                key=tuple(key),
                hides_rows=hides_rows,
                rules=tuple(rules),
                relatives=tuple(relatives),
                copies=tuple(copies[name]),
                **counters.get(name, {}),
                referred_to_unseen=tuple(unseen[name]),
                triggers=tuple(triggers[name]),
                defers=defers,
            )
            for name, hides_rows, rules, relatives, key, defers in relations
        },
    )


def _counter(row: tuple[Any, ...]) -> dict[str, Any]:
    """The facts `counter` and `keys` of a relation, from a row of COUNTERS without the relation's name."""
    default, oid, name, step, cached, end, cycles, sharing = row
    if default is not None and (oid is None or not NEXT.fullmatch(default)):
        return {"counter": f"{default}, which is not the next value of a sequence"}
    if oid is None:
        return {}
    if cycles or step < 0:
        return {"counter": f"the sequence {name}, which {'starts again at its end (CYCLE)' if cycles else 'counts down'}"}
    return {"keys": KeyCounter(sequence=oid, name=name, step=step, cached=cached, end=end, sharing=tuple(sharing))}


def _grouped(rows: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for table, name in rows:
        found[table].append(name)
    return found


def _triggers(
    rows: Collection[tuple[Any, ...]], functions: frozenset[str], setting_off: frozenset[str]
) -> dict[str, list[Trigger]]:
    found: dict[str, list[Trigger]] = defaultdict(list)
    for table, name, kind, language, body in rows:
        events = Touch(0)
        for bit, event in EVENTS.items():
            events |= event if kind & bit else Touch(0)
        timing = "INSTEAD OF" if kind & INSTEAD else "BEFORE" if kind & BEFORE else "AFTER"
        trigger = Trigger(
            name=name,
            timing=timing,
            events=events,
            language=language,
            body=body,
            per_row=bool(kind & ROW),
            setting_off=setting_off,
            functions=functions,
        )
        found[table].append(trigger)
    return found
