"""Seeders that yield what no table should get: exactly the bad rows are missing, and each is accounted for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import polars as pl
import pytest
from django.db.models import Value

from seeding import conf
from seeding.exceptions import ConfigurationError
from seeding.generation.datasets import Dataset
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, Derivation, RecordCount, SeederConfig
from seeding.models import SeedingMetadata
from seeding.schema.results import ValidationError
from terpseed.models import Client, Lot, Strain, Vendor
from tests.support.databases import SERVERS, Database
from tests.support.runs import run

ROWS, SHARE = 3_000, 100
"""One row in SHARE is bad in each way."""
EACH = ROWS // SHARE

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a null where a value is required": ({"name": None}, "name: null"),
    "300 characters for 255": ({"name": "N" * 300}, "name: too long"),
    "a NUL byte": ({"name": "N\0"}, "name: NUL byte"),
    "an unknown enum value": ({"businessType": "CASINO"}, "businessType: unknown value"),
    "a number too large": ({"credit_limit": Decimal("99999999999999.00")}, "credit_limit: out of range"),
    "a third decimal": ({"credit_limit": Decimal("1.005")}, "credit_limit: too many decimals"),
    "a reference to nothing": ({"referred_by_client_id": 10**6}, "referred_by_client_id: reference to nothing"),
    "a key that is taken": ({"teri_code": "of the first row of its hundred"}, "teri_code: repeated"),
    "a forbidden word": ({"name": "Forbidden"}, "name: forbidden"),
}
ON_MARIADB: dict[str, tuple[dict[str, Any], str]] = {
    "a moment after a timestamp's end": ({"created_at": datetime(2039, 1, 1, tzinfo=UTC)}, "created_at: out of range"),
    "a character of four bytes": ({"address": "🌿"}, "address: character that does not fit"),
    "70,000 bytes for 65,535": ({"wishlist": "é" * 35_000}, "wishlist: too long"),
}


class Clients(BaseSeeder):
    config = SeederConfig(model=Client, record_count=RecordCount.fixed(ROWS), not_pii=("address",))
    bad: ClassVar[Sequence[dict[str, Any]]] = ()

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        good = {
            "name": "Good",
            "businessType": "RETAIL",
            "credit_limit": Decimal("10.00"),
            "referred_by_client_id": None,
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
            "address": "Elm Street",
            "wishlist": None,
        }
        made = []
        for index in rows.index.tolist():
            place = index % SHARE - SHARE + len(self.bad)  # the last rows of each hundred are bad
            change = self.bad[place] if place >= 0 else {}
            code = f"T{index}" if "teri_code" not in change else f"T{index // SHARE * SHARE}"
            made.append({**good, **change, "teri_code": code})
        columns: dict[str, Any] = {"credit_limit": pl.Decimal(20, 3), "referred_by_client_id": pl.Int64, "wishlist": pl.String}
        return pl.DataFrame(made, schema_overrides=columns)


def no_forbidden_words(seeder: BaseSeeder, data: pl.DataFrame) -> list[ValidationError]:
    found = (data["name"] == "Forbidden").fill_null(value=False).arg_true()
    return [ValidationError(field="name", issue="forbidden", expected="another word", actual="?", row=row) for row in found]


@pytest.mark.parametrize("server", SERVERS)
def test_exactly_the_bad_rows_are_missing(make_database: Callable[..., Database], server: str) -> None:
    database = make_database(server)
    kinds = {**BAD, **(ON_MARIADB if server == "mariadb" else {})}
    if server == "mariadb":
        database.query("ALTER TABLE clients MODIFY address TEXT CHARACTER SET utf8mb3 NULL")
    seeder: type[Clients] = type("Bad", (Clients,), {"bad": [change for change, _ in kinds.values()], "config": Clients.config})

    summary, told = run(database, seeder(), rules=[no_forbidden_words])

    (result,) = summary.results
    skips = [event.context for event in told if event.operation == "skip"]
    reasons: dict[str, int] = {}
    for context in skips:
        for reason, count in context["reasons"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    kept = set(Client.objects.using(database.alias).values_list("teri_code", flat=True))
    assert reasons == {reason: EACH for _, reason in kinds.values()}
    assert (result.state, result.exit_code) == ("partial", 5)
    assert result.records_planned == result.records_inserted + result.records_existing + result.records_skipped
    assert result.records_skipped == EACH * len(kinds)
    assert kept == {f"T{index}" for index in range(ROWS) if index % SHARE < SHARE - len(kinds)}
    assert sum(SeedingMetadata.objects.using(database.alias).values_list("skipped_count", flat=True)) == EACH * len(kinds)
    assert all(len(context["errors"]) <= 20 * len(kinds) for context in skips)


MYSQL_TRIGGER = (
    "CREATE TRIGGER choosy BEFORE INSERT ON clients FOR EACH ROW "
    "IF NEW.teri_code IN ('T0', 'T7') THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF"
)
TRIGGERS = {
    "mariadb": (MYSQL_TRIGGER,),
    "mysql": (MYSQL_TRIGGER,),
    "postgresql": (
        """CREATE FUNCTION choose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.teri_code IN ('T0', 'T7') THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$""",
        "CREATE TRIGGER choosy BEFORE INSERT ON clients FOR EACH ROW EXECUTE FUNCTION choose()",
    ),
    "sqlite": (
        """CREATE TRIGGER choosy BEFORE INSERT ON clients WHEN NEW.teri_code IN ('T0', 'T7')
           BEGIN SELECT RAISE(ABORT, 'not this one'); END""",
    ),
}


@pytest.mark.parametrize("server", TRIGGERS)
@pytest.mark.parametrize("rows", [20, 300, 1_200], ids=["one by one", "bulk_create", "native"])
def test_what_a_trigger_refuses_costs_no_other_row(make_database: Callable[..., Database], server: str, rows: int) -> None:
    class Some(Clients):
        config = SeederConfig(model=Client, record_count=RecordCount.fixed(rows), not_pii=("address",))

    database = make_database(server)
    for statement in TRIGGERS[server]:
        database.query(statement)

    summary, told = run(database, Some())

    refusals = [event for event in told if event.operation == "skip"]
    assert [(result.records_inserted, result.records_skipped, result.exit_code) for result in summary.results] == [
        (rows - 2, 2, 5)
    ]
    assert [event.record_count for event in refusals] == [1, 1]
    assert "not this one" not in str(told)  # a trigger's words may quote the row
    assert database.query("SELECT COUNT(*) FROM clients WHERE teri_code IN ('T0', 'T7')") == [(0,)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.with_columns(nickname=pl.lit("x")), "nickname: unknown column"),
        (lambda data: data.drop("name"), "name: missing column"),
        (lambda data: data.with_columns(name=pl.lit(3)), "name: wrong type"),
        (lambda data: data.with_columns(credit_limit=pl.lit(float("nan"))), "credit_limit: wrong type"),
        (lambda data: data.with_columns(credit_limit=pl.lit(1.005)), "credit_limit: wrong type"),
        (lambda data: data.with_columns(created_at=pl.lit(datetime(2026, 1, 1))), "created_at: wrong type"),  # noqa: DTZ001
        (lambda data: data.head(0), "0 rows were generated"),
    ],
)
def test_a_bad_column_costs_its_seeder_alone(
    sqlite: Database, change: Callable[[pl.DataFrame], pl.DataFrame], words: str
) -> None:
    class Bad(Clients):
        config = SeederConfig(model=Client, record_count=RecordCount.fixed(20), not_pii=("address",))

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            return change(super().generate_data(rows))

    class Strains(BaseSeeder):
        config = SeederConfig(model=Strain, record_count=RecordCount.fixed(3))

        def generate_data(self, rows: Rows) -> pl.DataFrame:
            name = [f"Strain {index}" for index in rows.index]
            return pl.DataFrame({"name": name, "standardizedName": name})

    summary, _ = run(sqlite, Bad(), Strains())

    results = {result.table: result for result in summary.results}
    assert (results["clients"].state, results["clients"].exit_code) == ("failed", 4)
    assert words in results["clients"].error
    assert results["strains"].records_inserted == 3


class Vendors(BaseSeeder):
    config = SeederConfig(model=Vendor, record_count=RecordCount.fixed(10))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        return pl.DataFrame({"name": [None if index in {0, 4} else f"V{index}" for index in rows.index]})


class Lots(BaseSeeder):
    config = SeederConfig(model=Lot, record_count=RecordCount.fixed(10), dependencies=("vendors",))

    def generate_data(self, rows: Rows) -> pl.DataFrame:
        day = pl.Series([datetime(2026, 1, 1, tzinfo=UTC)] * len(rows))
        return pl.DataFrame({"code": [f"L{index}" for index in rows.index], "vendorId": rows.index, "date": day})


def test_children_of_a_refused_row_are_left_out(sqlite: Database) -> None:
    summary, told = run(sqlite, Vendors(), Lots())

    lots = set(Lot.objects.using(sqlite.alias).values_list("code", flat=True))
    (skipped,) = (event for event in told if event.operation == "skip" and event.seeder == "Lots")
    assert lots == {f"L{index}" for index in range(10) if index not in {0, 4}}
    assert skipped.context["reasons"] == {"vendorId: reference to nothing": 2}
    assert summary.results[1].records_skipped == 2


def test_or_given_another_parent_where_the_seeder_allows_it(sqlite: Database) -> None:
    class Adoptable(Lots):
        config = SeederConfig(
            model=Lot, record_count=RecordCount.fixed(10), dependencies=("vendors",), any_parent=("vendorId",)
        )

    run(sqlite, Vendors(), Adoptable())

    lots = Lot.objects.using(sqlite.alias)
    parents = dict(lots.values_list("code", "vendor__name"))
    assert parents == {f"L{index}": f"V{index}" for index in range(10)} | {"L0": "V1", "L4": "V3"}


def test_a_reference_that_leads_nowhere_afterwards_is_named(sqlite: Database) -> None:
    class Derived(Clients):
        config = SeederConfig(model=Client, record_count=RecordCount.fixed(20), not_pii=("address",))

        def derivations(self, dataset: Dataset) -> Sequence[Derivation]:
            return (Derivation(values={"referred_by_client": Value(10**6)}, reads=("clients",)),)

    summary, told = run(sqlite, Derived())

    (result,) = summary.results
    assert (result.state, result.exit_code) == ("partial", 5)
    assert "20 rows break: Every referred_by_client_id names a row of clients." in result.error
    assert [event.level for event in told if event.operation == "verify"] == ["error"]


def test_a_validator_that_cannot_be_imported_is_a_wrong_configuration(settings: Any) -> None:
    settings.SEEDING_VALIDATORS = [f"{__name__}.no_forbidden_words", "nowhere.rule"]

    with pytest.raises(ConfigurationError, match=r"names 'nowhere\.rule', which cannot be imported"):
        conf.row_rules()


def test_the_project_s_own_rules_are_found_in_the_settings(settings: Any) -> None:
    settings.SEEDING_VALIDATORS = [f"{__name__}.no_forbidden_words"]

    assert conf.row_rules() == (no_forbidden_words,)
