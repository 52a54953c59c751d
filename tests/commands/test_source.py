"""`seed --source`: real people come in, and nobody can be found afterwards."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.management import CommandError

from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, RecordCount, SeederConfig
from seeding.masking import STRATEGIES, Cipher, MaskingStrategy, Mode, PIIMasker
from seeding.models import SeedingMetadata, SeedRun
from seeding.sources.registry import source_registry
from seeding.telemetry.events import Event
from terpseed.models import Brand, User
from tests.support.databases import Database
from tests.support.people import Source, employ, everything, found, joins, write_people
from tests.support.runs import run

KEY = "a key for tests, of some length"
CLIENTS = 40
TABLES = ("users", "clients", "supplier_profiles", "orders", "invoices")


@pytest.fixture(autouse=True)
def log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    file = tmp_path / "seeding.log"
    monkeypatch.setenv("SEEDING_LOG_FILE", str(file))
    monkeypatch.setenv("SEEDING_LOG_LEVEL", "debug")
    monkeypatch.setenv("SEEDING_MASKING_KEY", KEY)
    settings.SEEDING_DATABASE_IS_FALLBACK = False
    return file


@pytest.fixture
def people(tmp_path: Path) -> Source:
    return write_people(tmp_path / "export", CLIENTS)


def folder(tmp_path: Path, **files: str) -> Path:
    """A source of these files: `clients_csv` is clients.csv."""
    path = tmp_path / "source"
    path.mkdir()
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (path / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return path


def test_nobody_is_found_afterwards_and_all_that_joined_still_does(
    database: Database, people: Source, log_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    common = len({*people.originals["clients.email"]} & {*people.originals["supplier_profiles.contact_email"]})

    first = database.seed(source=str(people.folder), as_of=None)

    loaded = [database.content(table) for table in TABLES]
    told = json.dumps(first) + log_file.read_text() + "".join(capfd.readouterr())
    assert first["exit_code"] == 0, first["results"]
    assert found(people, everything(database) + told) == []
    assert "clients masked (full): name (company_name, 40), email (email, 40)" in told
    assert joins(database) == [CLIENTS - 1, CLIENTS // 2, CLIENTS // 10, CLIENTS // 10, common]
    assert {row["record_count"] for row in SeedingMetadata.objects.using(database.alias).values()} == {5, 40, 20, 4}

    second = database.seed(source=str(people.folder), as_of=None)

    assert {result["state"] for result in second["results"]} == {"existing"}
    assert [database.content(table) for table in TABLES] == loaded
    undone = database.rollback()
    assert undone["exit_code"] == 0, str(undone)
    assert undone["loaded"] == undone["uncompared"] == sorted(TABLES)
    assert [database.content(table) for table in TABLES] == [[]] * len(TABLES)


class Reversed(MaskingStrategy):
    """A strategy of a project's own."""

    name = "reversed"
    gives = "the letters from behind"
    keeps = "nothing"
    room = 0

    def mask(self, values: pl.Series, cipher: Cipher, mode: Mode, width: int | None) -> pl.Series:
        return values.str.reverse()


@pytest.mark.parametrize(("files", "name"), [(False, "Nobody"), (True, "ydobemoS")])
def test_a_strategy_of_the_project_masks(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, *, files: bool, name: str
) -> None:
    class Brands(BaseSeeder):
        config = SeederConfig(
            model=Brand, record_count=RecordCount.fixed(1), pii_fields={"name": "reversed"}, not_pii=("description",)
        )

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return pl.DataFrame({"name": ["Nobody"]})

    settings.SEEDING_MASKING_STRATEGIES = [f"{__name__}.Reversed"]
    monkeypatch.setattr(Registry, "discover", lambda: Registry([Brands()]))
    source = folder(tmp_path, brands_csv="id,name\n1,Somebody\n")

    (result,) = sqlite.seed(**({"source": str(source), "as_of": None} if files else {}))["results"]

    assert result["masking"]["fields"] == [{"column": "name", "strategy": "reversed", "count": 1}]
    assert sqlite.query("SELECT name FROM brands") == [(name,)]


@pytest.mark.parametrize(("cell", "profiles"), [("12.0", 2), ("--5", 1), ("99999999999999999999", 1), ("nan", 1)])
def test_a_key_is_read_as_any_whole_number_is(sqlite: Database, tmp_path: Path, cell: str, profiles: int) -> None:
    source = folder(
        tmp_path,
        clients_csv=f"id,teri_code,name\n{cell},A1,Somebody\n7,A2,Else\n",
        supplier_profiles_csv=f"id,client_id\n1,{cell}\n2,7\n",
    )

    with suppress(CommandError):  # rows that refer to what cannot be read are left out
        sqlite.seed(source=str(source), as_of=None)

    inserted = {result["table"]: result["records_inserted"] for result in sqlite.last_results().values()}
    assert inserted == {"clients": 2, "supplier_profiles": profiles}


def test_staging_keeps_what_makes_data_useful(sqlite: Database, people: Source) -> None:
    sqlite.seed(source=str(people.folder), env="staging", force=True)

    assert found(people, everything(sqlite)) == []
    masked = sqlite.query("SELECT name, email, phone, address FROM clients ORDER BY teri_code")
    originals = zip(*(people.originals[f"clients.{column}"] for column in ("name", "email", "phone", "address")), strict=True)
    kinds = {
        "gmail.com": "mail.example.com",
        "web.de": "mail.example.com",
        "uc-davis.edu": "edu.example.org",
        "growers.org": "example.org",
    }
    for (name, email, phone, address), (old_name, old_email, old_phone, old_address) in zip(masked, originals, strict=True):
        assert name.endswith(" LLC")
        assert set(name.split()) & set(old_name.split()) == {"LLC"}
        assert email.split("@")[1] == kinds.get(old_email.split("@")[1], "example.com")
        assert re.fullmatch(r"\(\d{3}\) 555-01\d\d x\d+", phone)
        assert phone[:5] == old_phone[:5]
        assert address[-2:] == old_address[-8:-6]
        assert set(re.split("[ ,]+", address)) & set(re.split("[ ,]+", old_address)) <= {old_address[-8:-6]}
    tax_ids = sqlite.query("SELECT tax_id FROM supplier_profiles ORDER BY id")
    assert [one[8:10] for (one,) in tax_ids] == [one[-2:] for one in people.originals["supplier_profiles.tax_id"]]


@pytest.fixture
def authorised(sqlite: Database, people: Source, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Options of a production run of `people`, whose users work there already."""
    monkeypatch.setenv("ALLOW_PRODUCTION_SEEDING", "true")
    employ(sqlite, people)
    name = sqlite.url.removeprefix("sqlite:///")
    return {"source": str(people.folder), "env": "production", "force": True, "confirm_database": name}


def test_production_gets_the_rows_as_they_are(
    sqlite: Database, people: Source, log_file: Path, authorised: dict[str, Any]
) -> None:
    sqlite.seed(**authorised)

    assert [row[0] for row in sqlite.query("SELECT email FROM clients ORDER BY teri_code")] == people.originals["clients.email"]
    ledger = sqlite.query("SELECT masked_fields FROM seeding_metadata") + sqlite.query("SELECT plan, results FROM seeding_run")
    assert found(people, str(ledger) + log_file.read_text()) == []
    assert '"mode": "none"' in log_file.read_text()


def test_production_gets_no_accounts_and_refers_to_those_it_has(
    sqlite: Database, log_file: Path, authorised: dict[str, Any]
) -> None:
    User.objects.using(sqlite.alias).filter(id=902).delete()

    with pytest.raises(CommandError) as caught:
        sqlite.seed(**authorised)

    assert caught.value.returncode == 5
    assert "users.csv, line 4" in log_file.read_text()
    assert "account that is not there" in log_file.read_text()
    assert sqlite.query("SELECT id FROM users ORDER BY id") == [(900,), (901,), (903,), (904,)]
    assert set(sqlite.query("SELECT created_by FROM orders")) <= {(900,), (901,), (903,), (904,)}
    assert sqlite.query("SELECT COUNT(*) FROM clients") == [(CLIENTS,)]


BAD = """id,teri_code,name,email,total_spent,created_at,businessType,referred_by_client_id,tags
1,A1,Jo Secret,jo.secret@corp.com,12.50,2026-01-31 10:00:00,RETAIL,,[]
2,A2,"Secret,
Ann",ann@corp.com,many,2026-01-31,RETAIL,1,
3,A1,Bo Secret,bo@corp.com,1,2026-01-31,RETAIL,,
4,A4,Cy Secret
5,A5,Di Secret,di@corp.com,1,yesterday,RETAIL,,
6,A6,Ed Secret,ed@corp.com,1,2026-01-31,PIRATE,,
7,A7,Flo Secret,flo@corp.com,1,2026-01-31,RETAIL,99,
8,A8,,gus@corp.com,1,2026-01-31,RETAIL,\\N,{"call": ["hal.secret@corp.com"]}
9,me@corp.com,Ida Secret,ida@corp.com,1,2026-01-31,RETAIL,,not JSON
10,A10,Jim Secret,jim@corp.com,123456789012345678,2026-01-31,RETAIL,,
"""
FAULTS = {
    "clients.csv, line 3": {"total_spent: unreadable"},
    "clients.csv, line 5": {"teri_code: repeated"},
    "clients.csv, line 6": {"row: unreadable", "name: null", "teri_code: null"},
    "clients.csv, line 7": {"created_at: unreadable"},
    "clients.csv, line 8": {"businessType: unknown value"},
    "clients.csv, line 10": {"tags: looks like personal data (email)"},
    "clients.csv, line 11": {"teri_code: looks like personal data (email)", "tags: unreadable"},
    "clients.csv, line 12": {"total_spent: out of range"},
}


def test_a_bad_row_is_left_out_and_told_by_file_and_line_and_never_quoted(
    sqlite: Database, tmp_path: Path, log_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError) as caught:
        sqlite.seed(source=str(folder(tmp_path, clients_csv=BAD)))

    log = log_file.read_text()
    faults: dict[str, set[str]] = {}
    for line in map(json.loads, log.splitlines()):
        for error in line.get("errors", ()) if line["operation"] == "skip" else ():
            faults.setdefault(error["origin"], set()).add(f"{error['field']}: {error['issue']}")
    assert caught.value.returncode == 5
    assert faults == FAULTS
    assert sqlite.query("SELECT teri_code, name <> '', referred_by_client_id FROM clients") == [
        ("A1", 1, None),
        ("A7", 1, None),
    ]
    told = log + "".join(capfd.readouterr()) + everything(sqlite)
    assert re.findall(r"\w*[Ss]ecret\w*|@corp\.com|PIRATE|yesterday", told) == []


REFUSALS: dict[str, tuple[dict[str, str], str]] = {
    "empty": ({}, "no file like clients.csv"),
    "no table": ({"client_csv": "id\n"}, "there is no table client to seed"),
    "other format": ({"clients_xlsx": "x"}, "neither CSV nor JSON Lines"),
    "twice": ({"clients_csv": "id\n", "clients_jsonl": ""}, "both of clients"),
    "unknown column": ({"clients_csv": "id,surname\n1,x\n"}, "clients has no column surname"),
    "no header": ({"clients_csv": ""}, "first line must name the columns"),
    "column twice": ({"clients_csv": "id,name,name\n"}, "names a column twice"),
    "open quote": ({"clients_csv": 'id,name\n1,x\n2,"never closed\n'}, "clients.csv, line 3"),
    "key twice": ({"clients_csv": "id,name\n1,a\n1,b\n"}, "repeat the id of another one"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_source_that_cannot_be_meant_is_refused_before_it_is_written(sqlite: Database, tmp_path: Path, case: str) -> None:
    files, words = REFUSALS[case]

    with pytest.raises(CommandError, match=words) as caught:
        sqlite.seed(source=str(folder(tmp_path, **files)))

    assert caught.value.returncode == 1
    assert not SeedRun.objects.using(sqlite.alias).exists()


@pytest.mark.parametrize(("options", "words"), [
    ({"source": "/nowhere"}, "no such folder"), ({"source": ".", "size": "small"}, "leave out --size"),
])  # fmt: skip
def test_an_option_that_makes_no_sense_is_refused(sqlite: Database, options: dict[str, str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        sqlite.seed(**options)


def test_what_the_next_export_holds_too_is_known_again(sqlite: Database, tmp_path: Path) -> None:
    path = folder(tmp_path, clients_csv="id,teri_code,name\n1,A1,Jo\n", supplier_profiles_csv="client_id,contact_name\n1,Jo\n")
    sqlite.seed(source=str(path))
    (path / "clients.csv").write_text("id,teri_code,name\n7,A2,Ann\n8,A1,Jo\n")
    (path / "supplier_profiles.csv").write_text("client_id,contact_name\n7,Ann\n")

    again = {result["table"]: result for result in sqlite.seed(source=str(path))["results"]}

    counts = {table: (one["records_inserted"], one["records_existing"]) for table, one in again.items()}
    assert counts == {"clients": (1, 1), "supplier_profiles": (1, 0)}
    pairs = "SELECT c.teri_code, s.id FROM clients c JOIN supplier_profiles s ON s.client_id = c.id ORDER BY 1"
    assert sqlite.query(pairs) == [("A1", 1), ("A2", 2)]


def test_a_row_whose_table_has_no_file_is_left_out_with_the_reason(sqlite: Database, tmp_path: Path, log_file: Path) -> None:
    path = folder(tmp_path, supplier_profiles_csv="client_id,contact_name\n1,Jo\n")

    with pytest.raises(CommandError):
        sqlite.seed(source=str(path))

    assert "a row of clients, of which the source has no file" in log_file.read_text()


def test_another_key_is_refused(sqlite: Database, people: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite.seed(source=str(people.folder))
    monkeypatch.setenv("SEEDING_MASKING_KEY", "another key for tests")

    with pytest.raises(CommandError, match="masked with the key"):
        sqlite.seed(source=str(people.folder))


def test_real_rows_do_not_fix_the_dataset_and_are_no_concern_of_its_rules(sqlite: Database, people: Source) -> None:
    sqlite.seed(source=str(people.folder), seed=1, as_of="2026-01-01")

    summary = sqlite.seed(table="clients", seed=2)

    assert (summary["seed"], summary["exit_code"]) == (2, 0)
    assert sqlite.broken_rules() == {}


def test_a_dry_run_writes_nothing_and_shows_masks(sqlite: Database, people: Source) -> None:
    summary = sqlite.seed(source=str(people.folder), dry_run=True)

    assert found(people, json.dumps(summary)) == []
    assert len(summary["examples"]["clients"]) == 3
    assert not SeedRun.objects.using(sqlite.alias).exists()


def test_a_load_that_was_cut_short_goes_on_and_ends_as_one_that_was_not(
    make_database: Callable[..., Database], people: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = make_database("sqlite"), make_database("sqlite")
    monkeypatch.setenv("SEEDING_BATCH_SIZE", "7")
    whole.seed(source=str(people.folder))
    cipher = Cipher.of(KEY)
    registry = source_registry(
        people.folder, Registry.discover(), cipher=cipher, masker=PIIMasker(cipher, Mode.FULL), strategies=STRATEGIES
    )
    batches = itertools.count(1)

    def interrupt(event: Event) -> None:
        if event.operation == "insert" and next(batches) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(cut, registry=registry, listen=interrupt, source=people.folder)
    done = sum(SeedingMetadata.objects.using(cut.alias).values_list("record_count", flat=True))

    rest = cut.seed(source=str(people.folder))

    assert 0 < done < 73
    assert sum(result["records_inserted"] for result in rest["results"]) == 73 - done
    assert cut.content("clients") == whole.content("clients")
    assert joins(cut) == joins(whole)


def test_what_the_database_refuses_is_told_without_a_value(
    database: Database, tmp_path: Path, log_file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALLOW_PRODUCTION_SEEDING", "true")
    database.query("CREATE UNIQUE INDEX one_address ON clients (email)")
    path = folder(tmp_path, clients_csv="teri_code,name,email\nA1,Jo,jo.secret@corp.com\n")
    name = database.url.removeprefix("sqlite:///") if database.server == "sqlite" else database.alias
    production = {"source": str(path), "env": "production", "force": True, "confirm_database": name}
    database.seed(**production)
    (path / "clients.csv").write_text("teri_code,name,email\nA2,Ann,jo.secret@corp.com\nA3,Bo,bo.secret@corp.com\n")

    with pytest.raises(CommandError) as caught:
        database.seed(**production)

    told = log_file.read_text() + "".join(capfd.readouterr()) + str(database.query("SELECT results FROM seeding_run"))
    assert caught.value.returncode == 5
    assert "secret" not in told
    assert "clients.csv, line 2" in told
    assert database.query("SELECT teri_code FROM clients ORDER BY 1") == [("A1",), ("A3",)]


def test_a_group_that_is_rolled_back_takes_what_was_loaded_into_its_tables(sqlite: Database, people: Source) -> None:
    employ(sqlite, people)
    sqlite.seed(source=str(people.folder))

    summary = sqlite.rollback(table="parties", cascade=True)

    assert summary["exit_code"] == 0
    assert sqlite.content("clients") == []
