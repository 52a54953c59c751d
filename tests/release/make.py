"""Make the dumps of a release: databases that its own commands have seeded, masked and rolled back in part.

    python -m tests.release.make 0.1.0 ../checkout-of-0.1.0

The commands are run in the checkout, by this Python, one process each; the servers are those of the tests. What stands in
`ROWS` and `LATER` is what an application would have written: `test_upgrade.py` looks for it.
"""

from __future__ import annotations

import gzip
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.servers import KINDS, Server
from tests.servers.postgresql import binaries

FOLDER = Path(__file__).parent
KEY = "the key of the stored dumps"
ROWS = """
    INSERT INTO users ({openId}, name, email) VALUES ('real|1', 'Night Porter', 'night.porter@quiet-valley.test');
    INSERT INTO clients (teri_code, name, email, phone, address) VALUES
        ('REAL1', 'Quiet Valley Farms LLC', 'office@quiet-valley.test', '(415) 555-0111', '12 Quiet Lane, Ukiah, CA 95482'),
        ('REAL2', 'Łąka & Söhne', 'post@laka-soehne.test', '(707) 555-0112', NULL),
        ('REAL3', 'Harbour Light Collective', 'hello@harbour-light.test', NULL, '3 Pier Road, Eureka, CA 95501');
    INSERT INTO orders (order_number, {orderType}, client_id, {paymentTerms}, items, subtotal, total, notes, created_by)
        SELECT 'REAL-1', 'SALE', clients.id, 'COD', '[]', 10, 10, 'Ring the night porter at (415) 555-0113', users.id
        FROM clients, users WHERE teri_code = 'REG90004' AND {openId} = 'real|1';
"""
"""One order refers to a seeded client, the one that no rollback may take."""
LATER = """
    INSERT INTO clients (teri_code, name, email, phone) VALUES
        ('REAL4', 'Late Arrival Partners', 'late@late-arrival.test', '(530) 555-0114'),
        ('REAL5', 'Second Thought Inc', NULL, NULL);
    UPDATE clients SET email = 'new.office@quiet-valley.test' WHERE teri_code = 'REAL1';
    UPDATE seeding_run SET host = 'a-host', process_id = 1;
"""
"""After `seed_mask`: new rows, and a new value in a row that was masked."""
HISTORY: tuple[str | tuple[str, ...], ...] = (
    ("terp_schema",),
    ("migrate", "-v0"),
    ("seed", "--table=clients,orders,invoices,client_credit_limits,locations", "--seed=7", "--as-of=2026-01-15"),
    ROWS,
    ("seed_mask", "--force"),
    ("seed_rollback", "--force", "--table=locations"),
    ("seed_rollback", "--force", "--table=client_credit_limits", "--where=client__teri_code__in=REG90003,REG90004"),
    LATER,
)
COLUMNS = ("openId", "orderType", "paymentTerms")
NOISE = re.compile(r"^(/\*M!999999.*|\\(un)?restrict .*|--.*)\n", re.MULTILINE)
"""What differs from one dump to the next, or what older clients do not know."""


def main(release: str, checkout: str) -> None:
    """Write a file per server."""
    for kind in ("sqlite", *KINDS):
        with tempfile.TemporaryDirectory() as folder:
            server = KINDS[kind]().start() if kind in KINDS else None
            try:
                text = made(server, Path(checkout), Path(folder))
            finally:
                if server is not None:
                    server.stop()
        packed = gzip.compress(text.encode(), mtime=0)
        (FOLDER / f"{release}.{kind}.sql.gz").write_bytes(packed)
        sys.stdout.write(f"{release}.{kind}.sql.gz: {len(packed)} bytes\n")


def made(server: Server | None, checkout: Path, folder: Path) -> str:
    """The dump of a database on the server, a SQLite file if there is none, after `HISTORY`."""
    file = folder / "terp.sqlite3"
    if server is not None:
        server.create("terp")
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LOGNAME": "somebody",
        "DATABASE_URL": server.url("terp") if server else f"sqlite:///{file}",
        "ADMIN_DATABASE_URL": f"sqlite:///{folder / 'admin.sqlite3'}",
        "SEEDING_LOG_FILE": str(folder / "seeding.log"),
        "SEEDING_AUDIT_FILE": str(folder / "audit.log"),
        "SEEDING_MASKING_KEY": KEY,
        "SEEDING_BATCH_SIZE": "16",
    }
    quote = '"' if server is None or server.__class__ is KINDS["postgresql"] else "`"
    names = {column: f"{quote}{column}{quote}" for column in COLUMNS}
    for step in HISTORY:
        if not isinstance(step, str):
            subprocess.run(
                [sys.executable, "manage.py", *step], cwd=checkout, env=variables, stdout=subprocess.DEVNULL, check=True
            )
        elif server is not None:
            server.sql(step.format(**names), "terp")
        else:
            with closing(sqlite3.connect(file)) as connection:
                connection.executescript(step.format(**names))
    if server is None:
        with closing(sqlite3.connect(file)) as connection:
            return "\n".join(connection.iterdump()).replace(str(folder), "/srv") + "\n"
    return NOISE.sub("", server.run(dumping(server, "terp")))


def dumping(server: Server, database: str) -> list[str]:
    """The server's own program; MySQL's is not among what the tests unpack, and MariaDB's understands it."""
    if server.__class__ is KINDS["postgresql"]:
        program = [str(binaries() / "pg_dump"), f"--host={server.folder}", "--username=postgres"]
        return [*program, "--no-owner", "--no-privileges", database]
    program = ["mariadb-dump", "--no-defaults", f"--socket={server.socket}", "--user=root", "--no-tablespaces"]
    return [*program, "--skip-comments", "--hex-blob", "--single-transaction", database]


if __name__ == "__main__":
    main(*sys.argv[1:])
