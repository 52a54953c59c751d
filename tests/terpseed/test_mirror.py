"""The mirror against TERP's own tables, and what `terp_schema` makes of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connections, models

from terpseed.ddl import create_table, parents_first
from terpseed.models import Batch, SupplierProfile
from terpseed.models.fields import EnumField, Key, TimestampField
from tests.servers import MariaDB
from tests.support.databases import Database

MODELS = list(apps.get_app_config("terpseed").get_models())
TABLES = [model._meta.db_table for model in MODELS]
NAMES = ", ".join(f"'{table}'" for table in TABLES)
KINDS: dict[type[models.Field[Any, Any]], str] = {
    TimestampField: "timestamp",
    models.DateField: "date",
    models.BooleanField: "tinyint(1)",
    models.JSONField: "longtext",
    models.TextField: "text",
    models.IntegerField: "int(11)",
}
CATALOGUE = {
    "columns": "SELECT table_name, ordinal_position, column_name, column_type, is_nullable, column_default, extra, column_key"
    " FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name IN ({names}) ORDER BY 1, 2",
    "indexes": "SELECT table_name, index_name, non_unique, seq_in_index, column_name"
    " FROM information_schema.statistics WHERE table_schema = '{schema}' AND table_name IN ({names}) ORDER BY 1, 2, 4",
    "keys": "SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, r.delete_rule, r.update_rule"
    " FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r"
    " ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name"
    " AND r.table_name = k.table_name WHERE k.table_schema = '{schema}' AND k.table_name IN ({names})"
    " AND k.referenced_table_name IN ({names}) ORDER BY 1, 2",
}


@pytest.mark.skipif("TERP_DDL" not in os.environ, reason="TERP_DDL names no file with the DDL of TERP's own tables")
@pytest.mark.parametrize("what", CATALOGUE)
def test_the_tables_equal_terps_own(make_database: Callable[..., Database], mariadb: MariaDB, what: str) -> None:
    ours = make_database("mariadb")
    mariadb.sql("CREATE DATABASE reference CHARACTER SET utf8mb4")
    try:
        mariadb.sql(Path(os.environ["TERP_DDL"]).read_text(encoding="utf-8"), "reference")
        expected = mariadb.sql(CATALOGUE[what].format(schema="reference", names=NAMES))
    finally:
        mariadb.sql("DROP DATABASE reference")

    assert mariadb.sql(CATALOGUE[what].format(schema=ours.alias, names=NAMES)) == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_live_table_is_what_the_model_says(
    make_database: Callable[..., Database], mariadb: MariaDB, model: type[models.Model]
) -> None:
    database = make_database("mariadb", ready=False)
    for one in parents_first(MODELS):
        for statement in create_table(one, connections[database.alias]):
            database.query(statement)

    live = {
        name: (kind, nullable, default, extra)
        for name, kind, nullable, default, extra in database.query(
            "SELECT column_name, column_type, is_nullable, column_default, extra FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s",
            database.alias,
            model._meta.db_table,
        )
    }

    assert live == {field.column: _expected(field) for field in model._meta.concrete_fields}


def test_no_model_is_managed() -> None:
    assert not [model for model in MODELS if model._meta.managed]


def test_only_declared_references_have_a_constraint() -> None:
    keys = {field.column: field.constraint for field in Batch._meta.concrete_fields if isinstance(field, Key)}

    declared = "batches_photo_session_event_id_calendar_events_id_fk"
    assert keys == {"productId": None, "lotId": None, "photo_session_event_id": declared}


def test_a_cascading_key_cascades(database: Database) -> None:
    database.seed(table="supplier_profiles")
    profile = SupplierProfile.objects.using(database.alias).earliest("id")

    database.query("DELETE FROM clients WHERE id = %s", profile.client_id)

    assert not SupplierProfile.objects.using(database.alias).filter(pk=profile.pk).exists()


def test_sqlite_refuses_what_is_no_member_of_an_enumeration(sqlite: Database) -> None:
    sqlite.seed(table="batches")

    with pytest.raises(IntegrityError, match="CHECK constraint failed"):
        Batch.objects.using(sqlite.alias).update(batchStatus="GONE")


def _expected(field: models.Field[Any, Any]) -> tuple[str, str, str | None, str]:
    """Type, nullability, default and extra, in MariaDB's words."""
    if field.primary_key:
        return "int(11)", "NO", None, "auto_increment"
    extra = "on update current_timestamp()" if isinstance(field, TimestampField) and field.on_update else ""
    return _kind(field.target_field if isinstance(field, Key) else field), "YES" if field.null else "NO", _default(field), extra


def _kind(field: models.Field[Any, Any]) -> str:
    match field:
        case EnumField():
            return "enum({})".format(",".join(f"'{value}'" for value in field.values))
        case models.DecimalField():
            return f"decimal({field.max_digits},{field.decimal_places})"
        case models.CharField():
            return f"varchar({field.max_length})"
        case _:
            return next(kind for base, kind in KINDS.items() if isinstance(field, base))


def _default(field: models.Field[Any, Any]) -> str | None:
    default = field.db_default
    if default is models.NOT_PROVIDED:
        return "NULL" if field.null else None
    if isinstance(field, TimestampField):
        return "current_timestamp()"
    if isinstance(default, bool):
        return str(int(default))
    return f"'{default}'" if isinstance(default, str) else str(default)
