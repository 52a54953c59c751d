"""The files of seeded rows: they come with the rows, go with them, and never touch a file that was there before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError
from django.db import connections
from django.test import override_settings

from seeding.generation.registry import Registry
from seeding.generation.value_rules.shape import Shape
from seeding.scaffold.automatic import Automatic, Wanted
from tests.support.databases import Database
from tests.support.drafted import App

MODELS = """
from django.core.files.storage import InMemoryStorage
from django.core.validators import FileExtensionValidator
from django.db import models


class Photo(models.Model):
    title = models.CharField(max_length=40)
    image = models.ImageField(upload_to="photos", width_field="width", height_field="height")
    width = models.IntegerField()
    height = models.IntegerField()
    original = models.FileField(validators=[FileExtensionValidator(["pdf"])])
    thumbnail = models.ImageField(blank=True)
    scan = models.FileField(null=True, blank=True)


class Tagged(models.Model):
    photo = models.ForeignKey(Photo, models.CASCADE)


class Remote(models.Model):
    data = models.FileField(storage=InMemoryStorage())
    more = models.FileField(storage=InMemoryStorage(), blank=True)
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with App(tmp_path) as made:
        yield made


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Path]:
    """The folder of the project's files, with some of its own."""
    folder = tmp_path / "media"
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "real.png").write_bytes(b"real")
    with override_settings(MEDIA_ROOT=str(folder)):
        yield folder


@pytest.fixture
def database(make_database: Callable[..., Database], app: App, media: Path) -> Iterator[Database]:
    """One with the tables of the app's models, which is installed."""
    assert media.is_dir()
    database = make_database("sqlite")
    app.write("models.py", MODELS)
    with app.installed():
        with connections[database.alias].schema_editor() as editor:
            for model in apps.get_app_config(app.name).get_models():
                editor.create_model(model)
        yield database


def tree(folder: Path) -> dict[str, bytes]:
    """Every file and folder, as a backup would see them."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"/" for path in sorted(folder.rglob("*"))}


def photos(database: Database, app: App) -> list[Any]:
    return list(apps.get_model(app.name, "Photo")._default_manager.using(database.alias).order_by("pk"))


def test_required_files_come_with_the_rows_and_go_with_them(database: Database, app: App, media: Path) -> None:
    from PIL import Image

    before = tree(media)

    seeded = database.seed(auto=True, app=app.name)
    rows = photos(database, app)
    names = {name for row in rows for name in (row.image.name, row.original.name)}
    with_rows = tree(media)
    again = database.seed(auto=True, app=app.name)

    assert {one["state"] for one in seeded["results"]} == {"seeded"}
    assert again["records_inserted"] == 0
    assert {name for name, data in with_rows.items() if data != b"/"} == names | {"photos/real.png"}
    for row in rows:
        with Image.open(row.image.path) as image:
            image.verify()
        assert (row.width, row.height, row.image.width) == (image.width, image.height, image.width)
        assert (row.original.name.rsplit(".")[-1], row.thumbnail.name, row.scan.name or "") == ("pdf", "", "")
    assert tree(media) == with_rows

    database.rollback()

    assert tree(media) == before


def test_growing_adds_files_and_changes_none(database: Database, app: App, media: Path) -> None:
    database.seed(auto=True, app=app.name)
    small = tree(media)
    database.seed(auto=True, app=app.name, size="medium")

    grown = tree(media)
    assert small.items() <= grown.items()
    assert len(grown) > 5 * len(small)


def test_a_real_file_of_the_same_name_survives_seeding_and_rollback(database: Database, app: App, media: Path) -> None:
    folder = media / "seeded" / f"{app.name}_photo" / "image"
    folder.mkdir(parents=True)
    (folder / "3.png").write_bytes(b"real, too")
    (folder / "notes.txt").write_bytes(b"not a name of ours")
    (folder / "4000.png").write_bytes(b"of no row")
    before = tree(media)

    database.seed(auto=True, app=app.name)
    seeded = tree(media)
    database.rollback()

    assert len(seeded) > len(before) + 10
    assert seeded.items() >= before.items()
    assert tree(media) == before


def test_a_seeded_file_that_was_changed_since_stays(database: Database, app: App, media: Path) -> None:
    database.seed(auto=True, app=app.name)
    changed = photos(database, app)[0].original.path
    Path(changed).write_bytes(b"somebody's")

    database.rollback()

    left = {name: data for name, data in tree(media).items() if data != b"/"}
    assert left == {"photos/real.png": b"real", str(Path(changed).relative_to(media)): b"somebody's"}


def test_rows_that_stay_keep_their_files(database: Database, app: App, media: Path) -> None:
    database.seed(auto=True, app=app.name)
    kept = photos(database, app)[2]
    tagged = apps.get_model(app.name, "Tagged")
    tagged._default_manager.using(database.alias).create(photo=kept)  # a real row

    database.rollback()

    left = {name for name, data in tree(media).items() if data != b"/"}
    assert left == {"photos/real.png", kept.image.name, kept.original.name}
    assert [row.pk for row in photos(database, app)] == [kept.pk]


def test_a_real_row_keeps_the_seeded_file_that_it_names(database: Database, app: App, media: Path) -> None:
    database.seed(auto=True, app=app.name)
    one, other = photos(database, app)[:2]
    copied = photos(database, app)[0]
    copied.pk, copied.scan = None, other.original.name  # a copy of a seeded row, and the file of another in another column
    copied.save()

    summary = database.rollback()

    left = {name for name, data in tree(media).items() if data != b"/"}
    assert left == {"photos/real.png", one.image.name, one.original.name, other.original.name}
    assert photos(database, app) == [copied]
    assert (summary["exit_code"], summary["left"]) == (6, 0)
    assert any("3 files" in result["error"] for result in summary["results"])

    copied.delete()
    database.rollback()

    assert {name for name, data in tree(media).items() if data != b"/"} == {"photos/real.png"}


def test_what_a_killed_command_left_is_repaired_by_the_next(
    database: Database, app: App, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, link = tree(media), os.link
    made: list[Path] = []

    def killed(source: Path, target: Path) -> None:
        made.append(target)
        if len(made) == 4:
            raise KeyboardInterrupt
        link(source, target)

    with monkeypatch.context() as patched:
        patched.setattr("seeding.uploads.files.os.link", killed)
        with pytest.raises(CommandError, match="Interrupted"):
            database.seed(auto=True, app=app.name)
    assert any(path.name.startswith(".seeding-") for path in media.rglob("*"))

    database.seed(auto=True, app=app.name)
    rows = photos(database, app)
    assert all(default_storage.exists(name) for row in rows for name in (row.image.name, row.original.name))

    with monkeypatch.context() as patched:
        patched.setattr("seeding.uploads.files.Files.sweep", _interrupted)
        with pytest.raises(CommandError, match="Interrupted"):
            database.rollback()
    assert photos(database, app) == []
    assert tree(media) != before

    database.rollback()

    assert tree(media) == before


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_files_that_cannot_be_written_make_a_run_fail(database: Database, app: App, media: Path) -> None:
    (media / "seeded").write_bytes(b"a file where the folder is to be")

    seeded = seed_failing(database, app)

    assert "not all of their files" in seeded
    (media / "seeded").unlink()
    database.seed(auto=True, app=app.name)
    assert all(default_storage.exists(row.image.name) for row in photos(database, app))


def seed_failing(database: Database, app: App) -> str:
    with pytest.raises(CommandError):
        database.seed(auto=True, app=app.name)
    return " ".join(result["error"] for result in database.last_results().values())


def test_another_storage_gets_names_only_and_the_plan_says_so(database: Database, app: App) -> None:
    registry = Automatic(database.alias, Registry.discover(), Wanted(apps=(app.name,))).registry(Shape())

    assert registry.doubts == {f"{app.name}_remote": "data: its storage is not local, so files are named and not written"}
    database.seed(auto=True, app=app.name)
    (row, *_) = apps.get_model(app.name, "Remote")._default_manager.using(database.alias).all()
    assert (row.data.name, row.more.name) == (f"seeded/{app.name}_remote/data/0.txt", "")
    assert not row.data.storage.exists(row.data.name)


def test_two_databases_of_one_folder_leave_each_others_files(
    make_database: Callable[..., Database], database: Database, app: App, media: Path
) -> None:
    other = make_database("sqlite")
    with connections[other.alias].schema_editor() as editor:
        for model in apps.get_app_config(app.name).get_models():
            editor.create_model(model)
    database.seed(auto=True, app=app.name)
    first = tree(media)
    other.seed(auto=True, app=app.name)
    other.rollback()

    assert len(first) > 20
    assert tree(media) == first
