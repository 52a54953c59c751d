"""The files of rows that are rolled back."""

from __future__ import annotations

from functools import partial

from django.apps import apps

from seeding.rollbacks.results import RollbackResult
from seeding.runs.lifecycle import Operation
from seeding.uploads import Files, local_fields


def delete_files(operation: Operation) -> list[RollbackResult]:
    """Delete the files of all rows that the ledger no longer has, also those that a killed rollback left.

    Returns a result with an error for every table some of whose files stay: they could not be deleted, or rows name them.
    """
    files, tables, failed = Files(operation.ledger), operation.retry(operation.ledger.tables_ever), []
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table not in tables or model._meta.proxy or not local_fields(model):
            continue
        words = ""
        try:
            swept = operation.retry(partial(files.sweep, model))
        except OSError as error:
            words = f"files of rows that are gone are still there ({type(error).__name__}: {error.strerror}). Roll back again."
        else:
            told = f"{swept.deleted} files of {table} deleted"
            operation.tell("files", told, level="debug", table=table, record_count=swept.deleted)
            if swept.named:
                names = f"{swept.named[0]}{' and others' if swept.named[1:] else ''}"
                words = (
                    f"{len(swept.named):,} files of rows that are gone stay, because other rows name them: {names}. "
                    "Give those rows files of their own and roll back again, or leave it so."
                )
        if words:
            operation.tell("files", f"{table}: {words}", level="error", table=table)
            failed.append(RollbackResult(table=table, records_planned=0, error=words))
    return failed
