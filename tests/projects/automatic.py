"""Fills the project in DJANGO_SETTINGS_MODULE with `seed --auto`, and measures everything that is promised of it."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from tests.projects.database import (
    AS_OF,
    FOLDER,
    Copy,
    changed,
    command,
    counts,
    dangling,
    dump,
    files,
    prepare,
    started,
    superuser,
)  # fmt: skip
from tests.projects.pages import failing, registered_models
from tests.projects.rows import invalid

AUTO = ("seed", "--auto", f"--as-of={AS_OF}")


def main(only: list[str]) -> None:
    """Measure, and write the result to automatic.json beside the database."""
    prepare()
    pristine, before, media = Copy("pristine"), dump(), files()
    real = {model: set(model._base_manager.values_list("pk", flat=True)) for model in concrete()}
    there = counts()
    begun = time.monotonic()
    summary = command(*AUTO)
    found: dict[str, Any] = {"seconds": round(time.monotonic() - begun, 1), "exit_code": summary["exit_code"]}
    if "results" not in summary:
        sys.stdout.write(f"{summary['said']}\n")
        raise SystemExit(1)
    found |= filled(summary, there)
    found |= valid(real)
    told(found)
    seeded = Copy("seeded")
    if not only or "pages" in only:
        found["pages"] = pages(pristine, seeded)
        told(found)
    steps: dict[str, Callable[[], list[str]]] = {
        "dangling": dangling,
        "second run": second_run,
        "real row": lambda: with_a_real_row(real),
        "growth": growth,
        "rollback": lambda: rollback(before, media),
        "kill": lambda: killed(pristine),
    }
    last = ""
    for name, step in steps.items():
        if not only or name in only:
            if (last, name) != ("growth", "rollback"):
                seeded.restore()
            last = name
            begun = time.monotonic()
            try:
                found[name] = step()
            except Exception as error:  # noqa: BLE001 - the rest is measured as well
                found[name] = [f"{type(error).__name__}: {error}"]
            told(found)
            sys.stdout.write(f"{name}: {found[name] or 'as promised'} ({time.monotonic() - begun:.0f} s)\n")
            sys.stdout.flush()
    pristine.restore()


def told(found: dict[str, Any]) -> None:
    """Write what is known by now."""
    (FOLDER / "automatic.json").write_text(json.dumps(found, indent=1), encoding="utf-8")


def concrete() -> list[type[models.Model]]:
    """The models that have tables of their own in the database."""
    names = set(connection.introspection.table_names())
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy and model._meta.app_label != "seeding" and model._meta.db_table in names
    ]


def filled(summary: dict[str, Any], there: dict[str, int]) -> dict[str, Any]:
    """Tables that have more rows than before, those that do not with the reason, and those left out by rule."""
    now = counts()
    left_out = {table: words for table, words in summary["left_out"].items() if table in now}
    left_out |= {one["table"]: "its rows are referred to" for one in summary["results"] if one["state"] == "existing"}
    failed = {one["table"]: f"{one['state']}: {one['error']}" for one in summary["results"] if one["error"]}
    unfilled = {
        table: failed.get(table, "nothing was said of it")
        for table, rows in now.items()
        if rows == there.get(table, 0) and table not in left_out
    }
    for table, words in unfilled.items():
        sys.stdout.write(f"unfilled: {table}: {words[:400]}\n")
    sys.stdout.write(f"{len(now) - len(unfilled) - len(left_out)} of {len(now) - len(left_out)} tables filled\n")
    sys.stdout.flush()
    rows = sum(now.values()) - sum(there.values())
    return {"tables": len(now) - len(left_out), "unfilled": unfilled, "left out": left_out, "rows": rows}


def valid(real: dict[type[models.Model], set[Any]]) -> dict[str, Any]:
    """Rows that pass `full_clean()`, and what the others fail, the most frequent first."""
    asked, failures = 0, Counter[str]()
    for model, keys in real.items():
        number, wrong = invalid(model, keys)
        asked += number
        failures.update({f"{model._meta.label}: {words}": rows for words, rows in wrong.items()})
    sys.stdout.write(f"{asked - failures.total()} of {asked} rows pass full_clean()\n")
    for words, rows in failures.most_common():
        sys.stdout.write(f"  {rows} x {words}\n")
    sys.stdout.flush()
    return {"asked": asked, "invalid": failures.total(), "messages": dict(failures.most_common())}


def pages(pristine: Copy, seeded: Copy) -> dict[str, str]:
    """The admin's pages that fail, though they do not with rows made by model_bakery, to which others refer."""
    user, models_ = superuser(), registered_models()
    found = failing(user, models_)
    labels = {label for label, _ in found}
    pristine.restore()
    excused = set()
    for model in [one for one in models_ if one._meta.label in labels]:
        with suppress(RolledBackError), transaction.atomic():
            if words := baked(model):
                excused |= {(model._meta.label, page) for label, page in found if label == model._meta.label and page != "add"}
                sys.stdout.write(f"model_bakery makes no {model._meta.label}: {words}\n")
            else:
                referred_to(model)
            excused |= failing(superuser(), [model]).keys()
            raise RolledBackError
    seeded.restore()
    wrong = {" ".join(key): words for key, words in found.items() if key not in excused}
    for key, words in found.items():
        sys.stdout.write(f"page: {' '.join(key)}: {words}{' (with model_bakery too)' if key in excused else ''}\n")
    sys.stdout.write(f"{len(wrong)} pages of {len(models_)} models in the admin fail\n")
    sys.stdout.flush()
    return wrong


class RolledBackError(Exception):
    """Nothing stays."""


def baked(model: type[models.Model], **given: Any) -> str:
    """Make rows with model_bakery; why it cannot."""
    from model_bakery import baker

    try:
        with transaction.atomic():
            baker.make(model, _quantity=1 if given else 3, **given)
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return f"{type(error).__name__}: {error}"[:200]
    return ""


def referred_to(model: type[models.Model]) -> None:
    """Let rows of other models refer to the last of this one, as in a whole project."""
    row = model._base_manager.order_by("pk").last()
    for relation in model._meta.related_objects:
        if isinstance(relation.field, models.ForeignKey) and relation.field.model is not model:
            baked(relation.field.model, **{relation.field.name: row})


def second_run() -> list[str]:
    """What a second run changes: nothing."""
    before = dump()
    summary = command(*AUTO)
    return changed(before, dump()) + ([f"{summary['records_inserted']} inserted"] if summary["records_inserted"] else [])


def growth() -> list[str]:
    """The old rows that are not there any more, as they were, in a larger dataset; and what cannot grow."""
    before = {line for line in dump() if line.startswith("INSERT")}
    summary = command(*AUTO, "--size=medium")
    failed = [f"{one['table']}: {one['error']}"[:300] for one in summary["results"] if one["state"] == "failed"]
    lost = before - set(dump())
    gone = [f"{len(lost)} rows changed", *sorted(line[:200] for line in lost)[:5]] if lost else []
    return [*failed[:5], *gone]


def rollback(before: list[str], media: dict[str, str]) -> list[str]:
    """In what rows and files differ from those before the first run."""
    summary = command("seed_rollback", "--force")
    said = [summary["said"][-300:]] if summary["exit_code"] else []
    return [*said, *changed(before, dump()), *changed(media, files())]


def with_a_real_row(real: dict[type[models.Model], set[Any]]) -> list[str]:
    """What is wrong after a rollback of rows of which a real one refers to some."""
    seeded = {model: [row for row in model._base_manager.all()[:50] if row.pk not in keys][-1:] for model, keys in real.items()}
    references = {
        model: {
            field.name: seeded[field.related_model][0]
            for field in model._meta.local_fields
            if isinstance(field, models.ForeignKey) and seeded.get(field.related_model) and not field.primary_key
        }
        for model in real
        if not model._meta.parents and not model._meta.auto_created
    }
    for model, given in sorted(references.items(), key=lambda one: -len(one[1])):
        old = set(model._base_manager.values_list("pk", flat=True))
        if not given or baked_one(model, given):
            continue
        (key,) = set(model._base_manager.values_list("pk", flat=True)) - old
        own = model._base_manager.filter(pk=key).values().get()
        sys.stdout.write(f"a real {model._meta.label} refers to seeded {', '.join(given)}\n")
        summary = command("seed_rollback", "--force")
        wrong = [] if summary["exit_code"] == 6 else [f"exit code {summary['exit_code']}: {summary['said'][-300:]}"]
        wrong += [] if model._base_manager.filter(pk=key).values().first() == own else ["the real row changed"]
        wrong += dangling()
        kept = {one["table"] for one in summary.get("kept", ())}
        wanted = {row._meta.db_table for row in given.values()}
        return wrong + [f"nothing is said of {name}" for name in sorted(wanted - kept)]
    return ["no model is fit for it"]


def baked_one(model: type[models.Model], given: dict[str, Any]) -> str:
    """Make one row and no other; why that cannot be."""
    from model_bakery import baker

    before = counts()
    try:
        with transaction.atomic():
            baker.make(model, **given)
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return f"{type(error).__name__}: {error}"[:200]
    after = counts()
    others = [name for name, rows in after.items() if rows != before[name] + (name == model._meta.db_table)]
    return f"rows of {others} too" if others else ""


def killed(pristine: Copy) -> list[str]:
    """In what the rows of a run that was killed and resumed differ from those of one that was not disturbed."""
    pristine.restore()
    begun = time.monotonic()
    command(*AUTO, "--size=large")
    took, whole = time.monotonic() - begun, dump()
    pristine.restore()
    with started(*AUTO, "--size=large") as process:
        time.sleep(took * 0.6)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
    partial = dump()
    command(*AUTO, "--size=large")
    words = [] if alive and partial != whole else ["it was over before it was killed"]
    return words + changed(whole, dump())


if __name__ == "__main__":
    main(sys.argv[1:])
