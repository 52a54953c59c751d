"""From the form to the process: what is asked for, previewed, confirmed, followed and stopped, and by whom."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from seeding.db.connection import database_name
from seeding.jobs import launching
from seeding.jobs.actions import Action
from seeding.jobs.processes import ProcessIdentity
from seeding.jobs.starting import folder
from seeding.locks import seeding_lock
from seeding.models import SeedingMetadata, SeedRun
from tests.unit.web.conftest import PAGES, RUNS, Launched, Office, asked, run, saved, words

ROLES: Mapping[str, Callable[[Office], Client]] = {
    "nobody": lambda _: Client(),
    "viewer": lambda office: office.client("seeding.view_seedrun", "seeding.view_seedingmetadata"),
    "seeder": lambda office: office.client("seeding.view_seedrun", "seeding.can_seed"),
    "undoer": lambda office: office.client("seeding.can_roll_back", "seeding.can_reset", "seeding.can_mask"),
    "superuser": lambda office: office.client(superuser=True),
}
MAY: Mapping[str, set[Action]] = {
    "nobody": set(),
    "viewer": set(),
    "seeder": {Action.SEED},
    "undoer": {Action.ROLL_BACK, Action.RESET, Action.MASK, Action.RESTORE},
    "superuser": set(Action),
}


def previewed(client: Client, launched: Launched, action: Action = Action.SEED, **values: Any) -> str:
    """The address of a preview that has ended."""
    address: str = asked(client, action, **values).headers["Location"]
    launched.end(exit_code=0, results=[])
    return address


def name_of(office: Office) -> str:
    return database_name(office.shop.alias)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_it_may_by_any_address_and_nothing_else(
    office: Office, launched: Launched, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    boss, client = office.client(superuser=True), ROLES[role](office)
    saved()
    interrupted = run(state="interrupted", plan={"size": "small", "scale": 1, "tables": []})
    tried: dict[Action, set[int]] = {}
    for action in Action:
        job = previewed(boss, launched, action, snapshot="then")
        answers = [
            client.get(f"{RUNS}{PAGES[action]}/"),
            asked(client, action, snapshot="then"),
            client.get(job),
            client.get(f"{job}live/"),
            client.post(f"{job}start/", {"database": name_of(office)}),
            client.post(f"{job}stop/"),
            client.post(f"{job}again/"),
        ]
        tried[action] = {answer.status_code for answer in answers}
    refusal = {302} if role == "nobody" else {403}  # to the login
    tried[Action.SEED].add(client.post(f"{RUNS}{interrupted.pk}/again/").status_code)
    begun = len(launched.commands)

    assert {action for action in Action if tried[action] != refusal} == MAY[role]
    assert begun == len(Action) + 3 * len(MAY[role]) + (Action.SEED in MAY[role])

    monkeypatch.setenv("SEEDING_ENV", "production")
    for action in Action:
        assert client.get(f"{RUNS}{PAGES[action]}/").status_code in {302, 403}
        assert asked(client, action, snapshot="then").status_code in {302, 403}
    for address in (f"{job}start/", f"{job}stop/", f"{job}again/", f"{RUNS}{interrupted.pk}/again/"):
        assert client.post(address, {"database": name_of(office)}).status_code in {302, 403}
    assert len(launched.commands) == begun


@pytest.mark.parametrize("role", ["viewer", "seeder", "superuser"])
def test_the_ways_to_actions_are_shown_to_whoever_may_go_them(
    office: Office, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    client = ROLES[role](office)

    def ways(address: str) -> set[Action]:
        page = client.get(urljoin(RUNS, address)).content.decode()
        return {action for action in Action if f'href="{RUNS}{PAGES[action]}/"' in page}

    assert ways("dashboard/") == ways("") == MAY[role]
    if role != "seeder":  # who may not see rows
        office.shop.seed(table="shop_review")
        batch = SeedingMetadata.objects.values_list("pk", flat=True)[0]
        assert ways("../seedingmetadata/row/") == ways(f"../seedingmetadata/{batch}/change/") == MAY[role]
    monkeypatch.setenv("SEEDING_ENV", "production")
    assert ways("dashboard/") == ways("") == set()


def test_a_new_run_lists_the_tables_with_what_they_need(office: Office, launched: Launched) -> None:
    shown = words(office.client("seeding.can_seed").get(f"{RUNS}new/"))

    assert "shop_orderline needs shop_order, shop_product" in shown


def test_a_plan_comes_before_anything_is_asked_and_is_what_is_started(office: Office, launched: Launched) -> None:
    client = office.client("seeding.can_seed")

    address = asked(client, Action.SEED, tables=["shop_review"], size="small", scale="2").headers["Location"]
    launched.end(exit_code=0, results=[{"table": "shop_review", "state": "seeded", "records_planned": 60}],
                 examples={"shop_review": [{"id": None, "text": "<b>good</b>"}]})  # fmt: skip
    page = client.get(address)
    start = client.post(f"{address}start/", {"database": name_of(office)})

    asked_for = ["--table=shop_review", "--size=small", "--scale=2"]
    tail = [f"--database={office.shop.alias}", "--json", "--no-color"]
    head = [os.sys.executable, "-m", "django", "seed"]  # type: ignore[attr-defined]  # as the module has it
    assert launched.commands == [
        [*head, *asked_for, "--dry-run", *tail, "--no-input"],
        [*head, *asked_for, "--force", f"--confirm-database={name_of(office)}", *tail],
    ]
    assert "Rows to insert 80" in words(page)  # and the products that they need
    assert "&lt;b&gt;good&lt;/b&gt;" in page.content.decode()
    assert start.headers["Location"] != address
    assert {one["SEEDING_REQUESTED_BY"] for one in launched.variables} == {"person0"}
    assert SeedRun.objects.count() == 0


def test_a_large_run_is_foreseen_whole_and_tried_small(office: Office, launched: Launched) -> None:
    client = office.client("seeding.can_seed")

    address = asked(client, Action.SEED, size="large", scale="1000").headers["Location"]
    launched.end(exit_code=0, results=[])
    client.post(f"{address}start/", {"database": name_of(office)})

    assert [one for one in launched.commands[0] if one.startswith(("--size", "--scale"))] == ["--size=small"]
    assert [one for one in launched.commands[1] if one.startswith(("--size", "--scale"))] == ["--size=large", "--scale=1000"]


@pytest.mark.parametrize(
    "values",
    [
        {"tables": ["shop_review; DROP TABLE shop_review"]},
        {"tables": ["auth_user"]},
        {"tables": ["shop_review,seeding_run"]},
        {"tables": ["--source=/etc"]},
        {"size": "small --source=/etc"},
        {"size": "$(id)"},
        {"scale": "0"},
        {"scale": "1e9"},
        {"scale": "1; id"},
        {"profile": "../../etc/passwd"},
        {"profile": "/etc/passwd"},
        {"size": "quarter"},
    ],
    ids=str,
)
def test_what_the_plan_does_not_know_is_refused_before_a_process_begins(
    office: Office, launched: Launched, values: dict[str, Any]
) -> None:
    shown = words(asked(office.client("seeding.can_seed"), Action.SEED, **values))

    assert re.search("Select a valid choice|Ensure this value|Enter a whole number", shown)
    assert launched.commands == []


def test_a_plan_that_cannot_be_made_is_an_error_of_the_form(office: Office, launched: Launched) -> None:
    office.shop.query("DROP TABLE seeding_metadata")

    shown = words(asked(office.client("seeding.can_seed"), Action.SEED))

    assert "manage.py migrate" in shown
    assert launched.commands == []


@pytest.mark.parametrize(
    "values",
    [
        {"run": "7"},
        {"before": "2026-01-31 --force"},
        {"before": "tomorrow"},
        {"tables": ["auth_user"]},
        {"tables": ["shop_review"], "field": "product__name", "value": "x"},
        {"tables": ["shop_review"], "field": "id=1 --force", "value": "x"},
        {"tables": ["shop_review"], "field": "author", "value": "x"},
        {"tables": ["shop_review"], "field": "written_at", "value": "2026-01-31"},
        {"tables": ["shop_review"], "field": "stars", "lookup": "regex", "value": "x"},
        {"tables": ["shop_review", "shop_product"], "field": "stars", "value": "1"},
        {"field": "stars", "value": "1"},
    ],
    ids=str,
)
def test_a_selection_names_the_table_s_own_columns_and_no_personal_one(
    office: Office, launched: Launched, values: dict[str, Any]
) -> None:
    office.shop.seed(table="shop_review")
    SeedingMetadata.objects.filter(table_name="shop_review").update(masked_fields=["written_at"])

    answer = asked(office.client("seeding.can_roll_back"), Action.ROLL_BACK, **values)

    assert (answer.status_code, launched.commands) == (200, [])
    assert "seeding-error" in answer.content.decode()


def test_a_selection_becomes_one_argument_each(office: Office, launched: Launched) -> None:
    office.shop.seed(table="shop_review")
    client = office.client("seeding.can_roll_back")

    asked(client, Action.ROLL_BACK, tables=["shop_review"], run="1", before="2026-01-31", field="stars", lookup="gte",
          value="4 --force; id", cascade="on", keep_modified="on")  # fmt: skip

    assert launched.commands[0][4:11] == [
        "--table=shop_review", "--run=1", "--before=2026-01-31", "--where=stars__gte=4 --force; id", "--cascade",
        "--keep-modified", "--dry-run",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["never", "--force", "then; id", ""])
def test_only_a_snapshot_that_is_there_is_restored(office: Office, launched: Launched, name: str) -> None:
    saved("then; id")  # as nobody can save one by the command

    answer = asked(office.client("seeding.can_reset"), Action.RESTORE, snapshot=name)

    assert (answer.status_code, launched.commands) == (200, [])
    assert "seeding-error" in answer.content.decode()


def test_a_snapshot_is_previewed_restored_and_what_it_came_to_is_told(office: Office, launched: Launched) -> None:
    saved()
    client = office.client("seeding.can_reset")
    address = asked(client, Action.RESTORE, snapshot="then").headers["Location"]
    launched.end(
        exit_code=0,
        dry_run=True,
        seeded=3,
        put_back=0,
        overridden=1,
        rolled_back=2,
        kept=[],
        unlike=[],
        not_compared=[],
        not_held={},
    )
    preview = words(client.get(address))
    address = client.post(f"{address}start/", {"database": name_of(office)}).headers["Location"]
    launched.end(exit_code=5, seeded=3, kept=["2 rows of shop_review: <b>named</b>"], unlike=["shop_order"],
                 not_compared=["shop_product"], not_held={"rows from files": 4})  # fmt: skip
    done = client.get(address)

    assert [one[4:6] for one in launched.commands] == [["restore", "then"]] * 2
    assert ["--dry-run" in one for one in launched.commands] == [True, False]
    for one in ("3 rows would be seeded,", "1 rows would be given the values", "2 rows would be rolled back,"):
        assert one in preview
    assert "put back" not in preview.partition("What else")[2]
    shown = words(done)
    assert "2 rows of shop_review: <b>named</b>" in shown
    assert "<b>named" not in done.content.decode()
    for one in (
        "shop_order: its rows are not as",
        "shop_product: the snapshot cannot say",
        "does not hold: rows from files (4)",
    ):
        assert one in shown


def test_the_run_of_a_restored_snapshot_is_the_step_that_it_is_at(office: Office, launched: Launched) -> None:
    saved()
    client = office.client(superuser=True)
    address = previewed(client, launched, Action.RESTORE, snapshot="then")
    address = client.post(f"{address}start/", {"database": name_of(office)}).headers["Location"]
    facts = {"host": socket.gethostname(), "process_id": os.getpid(), "started_at": datetime.now(UTC)}
    first, second = run(command="seed", **facts), run(command="seed_reset", **facts)

    assert f"Run {second.pk} Command seed_snapshot restore then" in words(client.get(address))
    assert "Log" in words(client.get(f"{RUNS}{first.pk}/change/"))


def test_a_profile_of_a_project_brings_its_own_sizes(
    office: Office, launched: Launched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quarter.json").write_text(json.dumps({"description": "<i>", "sizes": {"tiny": {"size": "small", "scale": 1}}}))
    client = office.client("seeding.can_seed")
    with pytest.MonkeyPatch.context() as changes:
        changes.setattr(settings, "SEEDING_PROFILES", [str(tmp_path)], raising=False)
        both = asked(client, Action.SEED, profile="quarter", size="tiny")
        alone = asked(client, Action.SEED, profile="quarter")
        without = asked(client, Action.SEED, size="tiny")

    assert (both.status_code, alone.status_code) == (302, 302)
    assert launched.commands[0][4:7] == ["--size=tiny", "--profile=quarter", "--scale=1"]
    assert launched.commands[1][4:6] == ["--profile=quarter", "--scale=1"]
    assert "--size=tiny" in words(without)
    assert len(launched.commands) == 2


@pytest.mark.parametrize("action", Action)
def test_what_was_stopped_is_asked_for_again_with_the_same_arguments(
    office: Office, launched: Launched, action: Action
) -> None:
    office.shop.seed(table="shop_review")
    saved("restore")
    client = office.client(superuser=True)
    values: dict[str, Any] = {"tables": ["shop_review", "shop_product"], "size": "medium", "scale": "2", "auto": "on"}
    values["snapshot"] = "restore"
    if action is Action.ROLL_BACK:
        values |= {"tables": ["shop_review"], "run": "1", "before": "2030-01-31", "cascade": "on", "keep_modified": "on",
                   "field": "stars", "lookup": "gte", "value": "a=b__c"}  # fmt: skip
    address = previewed(client, launched, action, **values)
    address = client.post(f"{address}start/", {"database": name_of(office)}).headers["Location"]
    launched.end(error="Terminated.", exit_code=143)

    assert "Preview it again" in words(client.get(address))
    again = client.post(f"{address}again/")

    assert again.headers["Location"] != address
    assert launched.commands[2] == launched.commands[0]
    assert client.get(f"{address}again/").status_code == 405


def test_a_run_that_a_shell_has_started_is_asked_for_again_if_the_ledger_says_all_of_it(
    office: Office, launched: Launched
) -> None:
    client = office.client(superuser=True)
    office.shop.seed(table="shop_review", size="small", scale=3)
    plan = SeedRun.objects.get().plan  # as the command writes it
    plain = run(state="interrupted", plan=plan)
    others = [
        run(state="interrupted", plan={**plan, "auto": {"exclude": []}}),
        run(state="interrupted", plan={**plan, "size": "source", "masking": {}}),
        run(state="interrupted", plan={**plan, "size": "tiny", "profile": "quarter"}),
        run(state="succeeded", plan=plan),
        run(state="interrupted", command="seed_rollback", plan={"steps": []}),
    ]

    assert "Preview it again" in words(client.get(f"{RUNS}{plain.pk}/change/"))
    assert client.post(f"{RUNS}{plain.pk}/again/").status_code == 302
    assert launched.commands[0][4:7] == ["--table=shop_review", "--size=small", "--scale=3"]
    for other in others:
        assert "Preview it again" not in words(client.get(f"{RUNS}{other.pk}/change/"))
    assert [client.post(f"{RUNS}{one.pk}/again/").status_code for one in (*others[:3], others[4])] == [404] * 4


def test_the_database_s_name_confirms_and_nothing_else(office: Office, launched: Launched) -> None:
    client = office.client("seeding.can_seed")
    address = previewed(client, launched)

    for typed in ("", "yes", "default", name_of(office).upper()):
        answer = client.post(f"{address}start/", {"database": typed})
        assert "type the database's name" in words(answer)
    assert client.get(f"{address}start/").status_code == 405
    assert len(launched.commands) == 1


def test_a_preview_that_failed_or_is_old_or_has_not_ended_is_not_carried_out(office: Office, launched: Launched) -> None:
    client, jobs = office.client("seeding.can_seed"), folder()
    typed = {"database": name_of(office)}

    address = asked(client, Action.SEED).headers["Location"]
    answers = [client.post(f"{address}start/", typed)]
    token = launched.end(error="It failed.", exit_code=1)
    answers.append(client.post(f"{address}start/", typed))
    launched.end(exit_code=0, results=[])
    job = jobs.load(token)
    assert job is not None
    jobs.save(replace(job, at=job.at - timedelta(hours=2)))
    answers.append(client.post(f"{address}start/", typed))
    jobs.save(replace(job, is_preview=False))
    answers.append(client.post(f"{address}start/", typed))

    assert all("Nothing was started" in words(answer) for answer in answers)
    assert "It failed." in words(answers[1])
    assert "Change what the message names" in words(answers[1])
    assert len(launched.commands) == 1


def test_what_stays_is_shown_with_why_and_ways_to_the_rows(office: Office, launched: Launched) -> None:
    office.shop.seed(table="shop_product")
    client = office.client(superuser=True)
    address = asked(client, Action.ROLL_BACK).headers["Location"]
    launched.end(
        exit_code=6,
        left=1,
        results=[{"table": "shop_product", "records_planned": 30, "records_deleted": 29, "records_kept": 1}],
        kept=[
            {"table": "shop_product", "keys": [4], "count": 1, "reason": "named by", "by": "shop_product.id", "referring": [9]}
        ],
        modified=[{"table": "shop_product", "count": 2, "examples": {}}],
        cached=[{"table": "cache", "count": 3}],
        uncompared=["shop_review"],
    )

    page = client.get(address)

    assert "1 rows of shop_product: named by shop_product.id rows: 4 because of: 9" in words(page)
    assert '<a href="/seeding/seedingmetadata/row/?table=shop_product&amp;key=4">4</a>' in page.content.decode()
    assert '<a href="/shop/product/9/change/">9</a>' in page.content.decode()
    shown = words(page)
    assert "2 rows of shop_product were changed" in shown
    assert "3 real rows of the cache cache" in shown
    assert "Some rows stay, for the reasons that are listed." in shown
    assert "type the database\N{RIGHT SINGLE QUOTATION MARK}s name" in shown


def test_what_reset_and_mask_leave_is_told(office: Office, launched: Launched) -> None:
    client = office.client(superuser=True)
    reset = asked(client, Action.RESET).headers["Location"]
    launched.end(exit_code=5, results=[], left=[{"table": "shop_review", "keys": ["4"], "count": 1, "reason": "no version"}])
    first = words(client.get(reset))
    mask = asked(client, Action.MASK, tables=["shop_customer"]).headers["Location"]
    launched.end(exit_code=3, results=[], left=[{"table": "shop_customer", "column": "nick", "kind": "name"}])

    assert "1 rows of shop_review: no version rows: 4" in first
    assert "shop_customer.nick looks like personal data (name)" in words(client.get(mask))


def going(launched: Launched, office: Office) -> tuple[str, SeedRun]:
    """The address of a job whose process is this one, and the run that it has recorded."""
    client = office.client(superuser=True)
    address = client.post(f"{previewed(client, launched)}start/", {"database": name_of(office)}).headers["Location"]
    steps = [{"seeder": "ProductSeeder", "table": "shop_product", "rows": 40, "existing": 10}]
    host = socket.gethostname()
    return address, run(state="running", plan={"steps": steps}, host=host, process_id=os.getpid(), started_at=datetime.now(UTC))


def test_a_job_is_followed_with_its_run_and_its_log(office: Office, launched: Launched) -> None:
    client = office.client(superuser=True)
    address, made = going(launched, office)
    launched.logs[-1].write_text('{"level": "info", "message": "<script>hello"}\n')

    live = client.get(f"{address}live/").json()
    page, of_run = client.get(address), client.get(f"{RUNS}{made.pk}/change/")
    launched.end(exit_code=0, results=[])
    over = client.get(f"{address}live/").json()

    assert (live["running"], sorted(live["parts"])) == (True, ["facts", "log", "progress", "steps"])
    assert "10 of 40" in live["parts"]["progress"]
    assert "&lt;script&gt;hello" in live["parts"]["log"]
    assert "live.js" in page.content.decode()
    assert "<script>hello" not in page.content.decode()
    assert "<script>hello" in words(of_run)
    assert over == {"running": False, "parts": {}}


def test_a_job_that_died_is_told_and_its_log_says_why(office: Office, launched: Launched) -> None:
    client = office.client(superuser=True)
    address = asked(client, Action.SEED).headers["Location"]
    jobs = folder()
    job = jobs.load(launched.outputs[-1].stem)
    assert job is not None
    assert job.process is not None
    jobs.save(replace(job, process=ProcessIdentity(pid=job.process.pid, started="an earlier boot/1")))
    launched.logs[-1].write_text("Killed\n")

    shown = words(client.get(address))

    assert "State died" in shown
    assert "Its process was killed, or could not begin" in shown
    assert "Killed" in shown
    assert client.get(f"{address}live/").json() == {"running": False, "parts": {}}


def test_only_a_process_that_this_host_has_started_is_stopped(office: Office, launched: Launched) -> None:
    client = office.client(superuser=True)
    address, made = going(launched, office)
    jobs = folder()
    job = jobs.load(launched.outputs[-1].stem)
    assert job is not None

    jobs.save(replace(job, host="elsewhere"))
    away = words(client.post(f"{address}stop/"))
    jobs.save(job)
    lock = seeding_lock(office.shop.alias)
    with lock.held(0):
        other = run(state="running", lock_connection=lock.connection_id)
        taken = words(client.post(f"{address}stop/"))
        assert launched.stopped == []
        other.delete()
        SeedRun.objects.filter(pk=made.pk).update(lock_connection=lock.connection_id)
        stopped = client.post(f"{address}stop/")

    assert f"It runs on elsewhere, as process {os.getpid()}: stop it there with kill {os.getpid()}." in away
    assert f"run {other.pk} does. Nothing was stopped." in taken or "does not hold the lock" in taken
    assert (stopped.status_code, launched.stopped) == (302, [job.process])


def test_a_run_from_a_shell_says_how_to_stop_it_there(office: Office, launched: Launched) -> None:
    lock = seeding_lock(office.shop.alias)
    with lock.held(0):
        made = run(
            state="running", plan={"steps": [{"seeder": "A", "table": "a", "rows": 1}]}, lock_connection=lock.connection_id
        )
        page = words(office.client(superuser=True).get(f"{RUNS}{made.pk}/change/"))

    assert "on here, kill 1 stops it" in page


@pytest.mark.parametrize("token", ["0" * 32, "a", "..", "%00"])
def test_a_job_that_is_not_here_is_not_found(office: Office, launched: Launched, token: str) -> None:
    client = office.client(superuser=True)

    assert {client.get(f"{RUNS}job/{token}/").status_code, client.post(f"{RUNS}job/{token}/start/").status_code} == {404}


def test_without_a_token_against_forgery_nothing_is_accepted(office: Office, launched: Launched) -> None:
    client = office.client(superuser=True)
    address = previewed(client, launched)
    client.handler.enforce_csrf_checks = True

    assert client.get(address).headers["X-Frame-Options"] == "DENY"
    posts = [asked(client, one).status_code for one in Action]
    posts += [client.post(f"{address}{one}/", {"database": name_of(office)}).status_code for one in ("start", "stop", "again")]
    posts.append(client.post(f"{RUNS}{run(state='interrupted').pk}/again/").status_code)

    assert set(posts) == {403}
    assert len(launched.commands) == 1


def test_no_parameter_sends_anybody_elsewhere(office: Office, launched: Launched) -> None:
    client = office.client(superuser=True)
    away = "?next=https://evil.example/&_popup=1"
    address = client.post(f"{RUNS}new/{away}", {"scale": "1", "next": "https://evil.example/"}).headers["Location"]
    launched.end(exit_code=0, results=[])
    started = client.post(f"{address}start/{away}", {"database": name_of(office), "next": "//evil.example"}).headers["Location"]

    assert re.fullmatch(f"{RUNS}job/[0-9a-f]{{32}}/", address)
    assert re.fullmatch(f"{RUNS}job/[0-9a-f]{{32}}/", started)


def test_an_account_s_name_is_one_line_of_the_ledger_and_of_the_environment(office: Office, launched: Launched) -> None:
    launching.preview(Action.SEED, [], database=office.shop.alias, account="eve\nrun 7\x1b[2J\x00")

    assert launched.variables[0]["SEEDING_REQUESTED_BY"] == "eve?run 7?[2J?"


def test_a_folder_that_cannot_be_written_is_told(office: Office, launched: Launched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDING_JOB_FOLDER", str(Path(__file__) / "jobs"))

    shown = words(asked(office.client(superuser=True), Action.RESET))

    assert "No process could be started" in shown
    assert launched.commands == []


@pytest.mark.parametrize("manage", [["/srv/python", "manage.py"], None, "manage.py", []])
def test_the_setting_says_what_is_started(office: Office, launched: Launched, manage: Any) -> None:
    with pytest.MonkeyPatch.context() as changes:
        changes.setattr(settings, "SEEDING_MANAGE", manage, raising=False)
        shown = asked(office.client(superuser=True), Action.RESET)

    if isinstance(manage, str) or manage == []:
        assert "SEEDING_MANAGE: give a list" in words(shown)
    else:
        assert launched.commands[0][: 4 if manage is None else 3][-1] == "seed_reset"


def test_the_pages_need_few_queries_however_many_runs_there_are(office: Office, launched: Launched) -> None:
    client = office.client(superuser=True)
    started = datetime.now(UTC)
    facts = {"command": "seed", "environment": "dev", "seed": 42, "as_of": started.date(), "host": "h", "process_id": 1}
    made = SeedRun.objects.bulk_create(
        [SeedRun(**facts, started_at=started, finished_at=started, state="succeeded") for _ in range(5_000)]
    )
    SeedingMetadata.objects.bulk_create(
        SeedingMetadata(
            run=made[number], table_name=f"table_{number}", seeder_name="S", generator_version="1", first_index=0,
            key_ranges=[[0, 1, 1]], record_count=1, environment="dev", created_at=started,
        )
        for number in range(300)
    )  # fmt: skip

    counts = []
    for address in ("dashboard/", "new/"):
        with CaptureQueriesContext(connections[office.shop.alias]) as queries:
            assert client.get(f"{RUNS}{address}").status_code == 200
        counts.append(len(queries))

    assert max(counts) <= 15, counts
