"""Where a drafted seeder goes, and what keeps it from being written."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import contenttypes

from seeding.exceptions import ConfigurationError
from seeding.generation.seeders import RecordCount
from seeding.scaffold.draft import Draft
from seeding.scaffold.drafts import MIRRORS
from seeding.scaffold.output.files import NewFile, new_files, write
from seeding.schema.tables import TableSchema

PACKAGE = '"""One module per table."""\n'


def draft(table: str, app: str = "shop") -> Draft:
    return Draft(
        schema=TableSchema(name=table, columns={}, key=("id",), unique=()),
        app=app, model=None, model_name="Thing", seeder_name="ThingSeeder", columns={}, left_out=(), dependencies=(),
        targets={},
        count=RecordCount.fixed(1), capacity=None, pii={}, not_pii=(), broken={},
    )  # fmt: skip


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the app `shop`, empty."""
    monkeypatch.setattr(apps.get_app_config("shop"), "path", str(tmp_path))
    return tmp_path


def test_each_table_gets_a_module_in_a_package_that_is_made_where_there_is_none(app: Path) -> None:
    files = new_files([draft("orderLines"), draft("class")])

    assert [file.path for file in files] == [app / "seeders" / name for name in ("__init__.py", "order_lines.py", "class_.py")]
    assert files[0].text == PACKAGE
    assert "class ThingSeeder(BaseSeeder):" in files[1].text


def test_a_package_that_is_there_stays_as_it_is(app: Path) -> None:
    (app / "seeders").mkdir()
    (app / "seeders" / "__init__.py").touch()

    assert [file.path.name for file in new_files([draft("members")])] == ["members.py"]


def test_no_module_is_overwritten(app: Path) -> None:
    (app / "seeders").mkdir()
    for name in ("members.py", "teams.py"):
        (app / "seeders" / name).write_text("mine", encoding="utf-8")

    with pytest.raises(ConfigurationError) as error:
        new_files([draft("members"), draft("visits"), draft("teams")])

    assert error.value.problems == (
        f"{app}/seeders/members.py exists, and no file is overwritten. Move it away first.",
        f"{app}/seeders/teams.py exists, and no file is overwritten. Move it away first.",
    )


def test_a_module_of_the_packages_name_is_not_hidden(app: Path) -> None:
    (app / "seeders.py").touch()

    with pytest.raises(ConfigurationError) as error:
        new_files([draft("members")])

    assert str(error.value) == (
        f"{app}/seeders.py is a module, and a package of that name would hide it. "
        "Make it a package first: seeders/__init__.py with a module in it."
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shpo", "--app=shpo: no such app in INSTALLED_APPS. Name the app of the file with --app: seeding, shop."),
        (MIRRORS, "No model mirrors the table, so no app is known. Name the app of the file with --app: seeding, shop."),
        (
            "contenttypes",
            (
                f"contenttypes is an installed package ({Path(contenttypes.__file__).parent}), not part of the project. "
                "Name another --app."
            ),
        ),
    ],
)
def test_a_file_goes_to_an_app_of_the_project_only(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        new_files([draft("members", name)])

    assert str(error.value) == said


def test_what_is_written_is_there(tmp_path: Path) -> None:
    write([NewFile(path=tmp_path / "seeders" / name, text=f"# {name} é\n") for name in ("a.py", "b.py")])

    assert [(tmp_path / "seeders" / name).read_bytes() for name in ("a.py", "b.py")] == [
        b"# a.py \xc3\xa9\n",
        b"# b.py \xc3\xa9\n",
    ]


def test_a_file_that_has_appeared_meanwhile_stays(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("mine", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"a\.py cannot be written: File exists\.$"):
        write([NewFile(path=tmp_path / "a.py", text="theirs")])

    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "seeders").touch()

    with pytest.raises(ConfigurationError, match=r"a\.py cannot be written: File exists\.$"):
        write([NewFile(path=tmp_path / "seeders" / "a.py", text="")])
