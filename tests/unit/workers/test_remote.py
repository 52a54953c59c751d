"""What a run calls in a worker of a scheduler, and what it is answered."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seeding import SeedConfig, seed
from seeding.exceptions import ConfigurationError
from seeding.generation.registry import Registry
from seeding.telemetry.events import event
from seeding.workers import remote, worker
from seeding.workers.remote import Answer, Call, do, leave, prepare
from seeding.workers.versions import code_versions
from tests.support.databases import Database

ORDER = pickle.dumps(SimpleNamespace(run_token="run"))  # noqa: S106 - no password


class Echo:
    """A worker that tells of every task, and refuses one."""

    def __init__(self, order: Any, tell: Any) -> None:
        self._tell = tell

    def do(self, task: str) -> str:
        self._tell(event("insert", task))
        if task == "broken":
            raise ConfigurationError("it is broken")
        return task


def answered(answer: bytes) -> Answer:
    found = pickle.loads(answer)  # noqa: S301 - our own
    assert isinstance(found, Answer)
    return found


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as a worker of the run."""
    monkeypatch.setattr(worker, "Worker", Echo)
    monkeypatch.setattr(remote, "_workers", {})
    assert answered(prepare(code_versions(), "settings.tests", ORDER)) == Answer(value=None, events=())


def test_a_call_is_made_by_whoever_reads_it() -> None:
    read = pickle.loads(pickle.dumps(Call(leave, ("nobody",))))  # noqa: S301 - our own

    assert answered(read) == Answer(value=None, events=())


@pytest.mark.usefixtures("prepared")
def test_an_answer_has_what_was_told_since_the_last() -> None:
    first, second = (answered(do("run", pickle.dumps(task))) for task in ("one", "broken"))

    assert (first.value, [one.message for one in first.events]) == ("one", ["one"])
    assert (type(second.value), str(second.value)) == (ConfigurationError, "it is broken")
    assert [one.message for one in second.events] == ["broken"]


@pytest.mark.usefixtures("prepared")
def test_a_process_that_was_not_prepared_for_the_run_does_nothing() -> None:
    assert answered(do("another run", pickle.dumps("one"))) == Answer(value=None, events=())
    leave("run")
    assert answered(do("run", pickle.dumps("one"))) == Answer(value=None, events=())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ({"Python": "2.7.18"}, "It has other code than the run: Django is"),
        ({**code_versions(), "polars": "0.1"}, "polars is .* there and 0.1 here"),
    ],
)
def test_other_code_is_refused_before_the_order_is_read(code: Mapping[str, str], words: str) -> None:
    refused = answered(prepare(code, "settings.tests", b"not read"))

    assert isinstance(refused.value, ConfigurationError)
    with pytest.raises(ConfigurationError, match=words):
        raise refused.value


def test_a_project_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ModuleNotFoundError("No module named 'shop'")

    monkeypatch.setattr("django.setup", broken)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mysite.settings")

    refused = answered(prepare(code_versions(), "", ORDER))

    assert str(refused.value).startswith("It cannot import the project of mysite.settings: No module named 'shop'. Start it")


def test_a_scheduler_is_refused_where_no_other_host_could_write(shop: Database) -> None:
    config = SeedConfig(database=shop.alias, scheduler="tcp://127.0.0.1:1")

    with pytest.raises(ConfigurationError, match="A SQLite file has one writer at a time, on one host: leave out --scheduler"):
        seed(config)
    with pytest.raises(ConfigurationError, match="leave out the registry, or the scheduler"):
        seed(SeedConfig(database=shop.alias, scheduler="tcp://127.0.0.1:1", dry_run=True), registry=Registry.discover())
    assert seed(SeedConfig(database=shop.alias, scheduler="tcp://127.0.0.1:1", dry_run=True)).exit_code == 0


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, shop: Database) -> None:
    monkeypatch.setattr("seeding.workers.choice.find_spec", {}.get)

    with pytest.raises(
        ConfigurationError, match=r"--scheduler needs Dask distributed. Run: pip install 'django-seed-ledger\[dask\]'"
    ):
        seed(SeedConfig(database=shop.alias, scheduler="tcp://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scheduler": "127.0.0.1:8786"}, "--scheduler=127.0.0.1:8786: give an address like tcp://host:8786."),
        ({"scheduler": "tcp://host"}, "--scheduler=tcp://host: give an address like"),
        ({"scheduler": "tcp://host:1", "jobs": 2}, "--jobs starts workers here, and --scheduler has its own"),
        ({"scheduler": "tcp://host:1", "source": "."}, "--source reads files of this host, and the workers"),
    ],
)
def test_what_a_scheduler_cannot_be_combined_with_is_refused(options: Mapping[str, Any], words: str) -> None:
    given = {**options, **({"source": Path()} if "source" in options else {})}

    with pytest.raises(ConfigurationError, match=words.replace(".", r"\.")):
        raise ConfigurationError(*SeedConfig(**given).problems())
