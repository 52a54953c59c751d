"""Primary keys of many kinds, by which the rows of a table are found and masked; and some by which they are not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keyed:
    """A table with such a key."""

    columns: str
    """Of the key, with the declaration of it."""
    keys: tuple[str, ...]
    """Of its rows, as SQL."""
    before: tuple[str, ...] = ()
    """What it needs."""
    after: str = ""
    """What stands after the table's columns."""


def keyed(columns: str, *keys: str, before: tuple[str, ...] = (), after: str = "") -> Keyed:
    return Keyed(columns, keys, before, after)


PAIRS = ("1, 1", "1, 2", "1, 3", "1, 4", "2, 1", "2, 2", "2, -3", "-1, 4")
TEXTS = ("'b'", "'B2'", "'a'", "'Z'", "'ä'", "'é'", "'%s'", "'O''Brien'", "''", "'10'", "'9'")
DECIMALS = ("-1.5", "0", "12345678901234.5678", "12345678901234.5679", "2", "10", "0.0001")
DAYS = ("'2020-02-29', 'b'", "'2020-02-29', 'a'", "'1999-12-31', 'b'", "'2020-01-01', 'c'", "'1999-12-31', 'C2'")
MOMENTS = ("'2020-02-29 01:02:03.000004'", "'2020-02-29 01:02:03.000005'", "'1999-12-31 00:00:00'", "'2021-10-31 02:30:00'")
UUIDS = tuple(f"'{one:08x}-0000-4000-8000-{7 * one % 5:012x}'" for one in (3, 1, 2, 0xFFFFFFFF, 0))

FOUND: dict[str, dict[str, Keyed]] = {
    "mysql": {
        "two integers": keyed("tenant int, `a % b` int, PRIMARY KEY (tenant, `a % b`)", *PAIRS),
        "large integers": keyed(
            "large bigint unsigned, flag tinyint(1), PRIMARY KEY (large, flag)",
            "18446744073709551615, 1", "18446744073709551614, 0", "18446744073709551615, 0", "1, 5", "9007199254740993, 0",
        ),
        "text": keyed(
            "code varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY",
            *TEXTS[:4], "'x\\\\y'", "CONCAT('b', CHAR(0), 'c')", "'漢'",
        ),
        "text in Latin-1": keyed("code varchar(40) CHARACTER SET latin1 PRIMARY KEY", "'ß'", "'é'", "'a'", "'B'", "'x'"),
        "text by its bytes": keyed("code char(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY", *TEXTS),
        "decimal": keyed("amount decimal(20, 4) PRIMARY KEY", *DECIMALS),
        "day and text": keyed("day date, code varchar(9), PRIMARY KEY (day, code)", *DAYS),
        "moment": keyed("at datetime(6) PRIMARY KEY", *MOMENTS),
        "bytes": keyed("id binary(4) PRIMARY KEY", "X'00000000'", "X'FF000000'", "X'00FF2500'", "X'27275C00'"),
        "member and integer": keyed(
            "kind enum('z', 'a', 'm'), id int, PRIMARY KEY (kind, id)", "'z', 2", "'a', 1", "'m', 1", "'z', 1", "'a', 3"
        ),
    },
    "mariadb": {"uuid": keyed("id uuid PRIMARY KEY", *UUIDS)},
    "postgresql": {
        "two integers": keyed('tenant int, "a % b" smallint, PRIMARY KEY (tenant, "a % b")', *PAIRS),
        "text": keyed("code text PRIMARY KEY", *TEXTS),
        "text by its bytes": keyed('code varchar(40) COLLATE "C" PRIMARY KEY', *TEXTS),
        "text that ignores case": keyed(
            "code text COLLATE folding PRIMARY KEY", *TEXTS,
            before=("CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",),
        ),
        "citext": keyed("code citext, id int, PRIMARY KEY (code, id)", *(f"{one}, 1" for one in TEXTS), "'B', 2",
                        before=("CREATE EXTENSION citext",)),
        "padded text": keyed("code char(9) PRIMARY KEY", *TEXTS),
        "uuid": keyed("id uuid PRIMARY KEY", *UUIDS),
        "tenant and uuid": keyed(
            "tenant bigint, id uuid, PRIMARY KEY (tenant, id)", *(f"{n % 2}, {one}" for n, one in enumerate(UUIDS))
        ),
        "decimal": keyed("amount numeric PRIMARY KEY", *DECIMALS, "'NaN'", "123456789012345678901234567890.5"),
        "day and text": keyed("day date, code text, PRIMARY KEY (day, code)", *DAYS),
        "moment": keyed("at timestamp PRIMARY KEY", *MOMENTS),
        "moment of a time zone": keyed("at timestamptz PRIMARY KEY", *MOMENTS),
        "bytes and flag": keyed(
            "id bytea, flag bool, PRIMARY KEY (id, flag)",
            r"'\x00', true", r"'\x00', false", r"'\xff2527', true", r"'\xff', false",
        ),
        "domain": keyed("code short PRIMARY KEY", *TEXTS, before=("CREATE DOMAIN short AS varchar(9)",)),
        "domains of domains": keyed(
            "at own, code letter, PRIMARY KEY (at, code)", *(f"{one}, 'b'" for one in MOMENTS), f"{MOMENTS[0]}, 'a'",
            before=("CREATE DOMAIN moment AS timestamptz", "CREATE DOMAIN own AS moment NOT NULL",
                    "CREATE DOMAIN letter AS char(3)"),
        ),
        "member and integer": keyed(
            "kind mood, id int, PRIMARY KEY (kind, id)", "'z', 2", "'a', 1", "'m', 1", "'z', 1", "'a', 3",
            before=("CREATE TYPE mood AS ENUM ('z', 'a', 'm')",),
        ),
    },
    "sqlite": {
        "two integers": keyed('tenant integer, "a % b" int, PRIMARY KEY (tenant, "a % b")', *PAIRS),
        "two integers without a row id": keyed("tenant int, id int, PRIMARY KEY (tenant, id)", *PAIRS, after=" WITHOUT ROWID"),
        "text": keyed("code varchar(40) PRIMARY KEY", *TEXTS, "'a' || char(0) || 'b'"),
        "text of a coarser collation than its key": keyed(
            "code text COLLATE NOCASE, PRIMARY KEY (code COLLATE BINARY)", "'a'", "'A'", "'b'", "'B'", "'c'", "'C'", "'d'"
        ),
        "uuid": keyed("id char(32) PRIMARY KEY", *(one.replace("-", "") for one in UUIDS)),
        "decimal": keyed("amount decimal PRIMARY KEY", "-1.5", "0", "1e-7", "0.1", "2", "10", "1234567890.25"),
        "day and text": keyed("day date, code varchar(9), PRIMARY KEY (day, code)", *DAYS),
        "moment": keyed("at datetime PRIMARY KEY", *MOMENTS),
    },
}  # fmt: skip
"""Server → key → the table."""
FOUND["mariadb"] |= FOUND["mysql"]

NOT_FOUND: dict[str, dict[str, Keyed]] = {
    "mysql": {
        "size is part of its primary key and has the type double": keyed("size double PRIMARY KEY", "0.1"),
        "at is part of its primary key and has the type timestamp": keyed(
            "at timestamp, id int, PRIMARY KEY (id, at)", "'2020-01-01', 1"
        ),
        "(code) holds only the beginnings of values": keyed("code varchar(90), PRIMARY KEY (code(5))", "'a'"),
        "(day, id) holds a value that cannot be read exactly": keyed(
            "day date, id int, PRIMARY KEY (day, id)", "'0000-00-00', 1", before=("SET sql_mode = ''",)
        ),
        "twice is part of its primary key and is generated": keyed("twice int AS (n * 2) STORED PRIMARY KEY", "DEFAULT"),
    },
    "postgresql": {
        "size is part of its primary key and has the type double precision": keyed("size float PRIMARY KEY", "0.1"),
        "host is part of its primary key and has the type inet": keyed("host inet, id int, PRIMARY KEY (id, host)", "'::1', 1"),
        "size is part of its primary key and has the type real": keyed(
            "size short PRIMARY KEY", "0.1", before=("CREATE DOMAIN short AS real",)
        ),
        "(day) holds a value that cannot be read exactly": keyed("day date PRIMARY KEY", "'infinity'"),
        "twice is part of its primary key and is generated": keyed(
            "twice int GENERATED ALWAYS AS (n * 2) STORED PRIMARY KEY", "DEFAULT"
        ),
    },
    "sqlite": {
        "(tenant, id) holds a value that cannot be read exactly, such as NULL": keyed(
            "tenant int, id int, PRIMARY KEY (tenant, id)", "1, 1", "1, NULL"
        ),
        "(code) holds a value that cannot be read exactly": keyed("code uuid PRIMARY KEY", "'12'", "'ab'"),
        "(number) holds a value that cannot be read exactly": keyed("number bigint PRIMARY KEY", "1", "'x'"),
    },
}
NOT_FOUND["mariadb"] = {words: one for words, one in NOT_FOUND["mysql"].items() if "generated" not in words}
