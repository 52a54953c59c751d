"""The files of rows that are rolled back."""

from __future__ import annotations

from functools import partial

from django.apps import apps

from seeding.rollbacks.results import RollbackResult
from seeding.runs.lifecycle import Operation
from seeding.uploads import Files, local_fields


def delete_files(operation: Operation) -> list[RollbackResult]:
    """Delete the files of all rows that the ledger no longer has, also those that a killed rollback left.

    Returns a result with an error for every table some of whose files could not be deleted.
    """
    files, tables, failed = Files(operation.ledger), operation.retry(operation.ledger.tables_ever), []
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table not in tables or model._meta.proxy or not local_fields(model):
            continue
        try:
            deleted = operation.retry(partial(files.sweep, model))
        except OSError as error:
            words = f"files of rows that are gone are still there ({type(error).__name__}: {error.strerror}). Roll back again."
            operation.tell("files", f"{table}: {words}", level="error", table=table)
            failed.append(RollbackResult(table=table, records_planned=0, error=words))
        else:
            operation.tell("files", f"{deleted} files of {table} deleted", level="debug", table=table, record_count=deleted)
    return failed
