"""The documentation against the code: every flag, variable, exit code, group and table stands in it."""

from __future__ import annotations

import ast
import json
import re
import runpy
import shlex
import sys
import tomllib
from argparse import Action
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import environ
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class

from seeding import conf
from seeding.conf.jobs import job_folder, manage_command, requested_by
from seeding.conf.profiles import profile_folders
from seeding.console import markdown_inventory
from seeding.exceptions import INTERRUPTED, TERMINATED, ConfigurationError, SeedingError
from seeding.generation.registry import Registry
from seeding.generation.rows import Rows
from seeding.generation.seeders import BaseSeeder, SeederConfig
from seeding.management.command import SeedingCommand
from seeding.masking import STRATEGIES
from seeding.masking.classification import inventory
from seeding.masking.masker import masking_strategies
from tests.bench.report import inserted
from tests.support.databases import ROOT, RULES, Database
from tests.support.pages import page

README = (ROOT / "README.md").read_text(encoding="utf-8")
DJANGOS_OWN = {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
               "--force-color", "--skip-checks"}  # fmt: skip


PAGES = [*(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")), *sorted((ROOT / "docs").glob("*.md"))]
OURS = (
    "seed",
    "seed_check",
    "seed_explain",
    "seed_mask",
    "seed_new",
    "seed_profile",
    "seed_reset",
    "seed_rollback",
    "seed_snapshot",
    "seed_status",
    "seed_verify",
)
OTHERS = set(
    "--collector --cov --cov-branch --create-db --extra --fail-level --fake --generate-hashes --group --host --no-deps "
    "--nthreads --nworkers --part --port "
    "--no-emit-index-url --no-header --no-install-recommends --no-strip-extras --number --parallel --python-version "
    "--require-hashes --reuse-db --universal --upgrade".split()
)
"""Options of other programs."""
SOURCES = [*(ROOT / "seeding").rglob("*.py"), *(ROOT / "terpseed").rglob("*.py"), *(ROOT / "settings").glob("*.py")]
DJANGOS_WORDS = ("unrecognized arguments",)


def options_of(command: str) -> set[str]:
    """The options of a command, Django's own included."""
    parser = load_command_class("seeding", command).create_parser("manage.py", command)
    return {option for action in parser._actions for option in action.option_strings if option.startswith("--")}


def table(heading: str, of: str = "") -> str:
    """The part of a page (the commands, unless another is given) under a heading."""
    return re.split(r"\n#+ ", (of or page("commands")).split(f"# {heading}\n", 1)[1])[0]


@pytest.mark.parametrize("command", [*OURS, "terp_schema"])
def test_the_options_in_the_docs_are_those_of_the_command(command: str) -> None:
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    own = [action for action in parser._actions if not DJANGOS_OWN & set(action.option_strings)]

    listed = re.findall(r"^\| (`.*?`) \|", table(command), re.MULTILINE)
    assert sorted(re.findall(r"`([^`]+)`", " ".join(listed).replace("\\|", "|"))) == sorted(map(written, own))


def written(action: Action) -> str:
    """An option as the docs write it, with what it takes."""
    if not action.option_strings:
        return f"{action.metavar} …"
    taken = "" if action.nargs == 0 else f" {action.metavar or '|'.join(map(str, action.choices or ()))}"
    return action.option_strings[0] + taken


@pytest.mark.parametrize("command", OURS)
def test_every_example_of_the_help_is_understood(command: str) -> None:
    loaded = load_command_class("seeding", command)
    assert isinstance(loaded, SeedingCommand)
    parser = loaded.create_parser("manage.py", command)

    for arguments in loaded.examples:
        parser.parse_args(arguments.split())

    assert loaded.examples
    assert all(f"  manage.py {command} {arguments}".rstrip() in parser.format_help() for arguments in loaded.examples)


def test_every_exit_code_stands_in_the_docs_and_no_other() -> None:
    def codes(error: type[SeedingError]) -> set[int]:
        return {error.exit_code}.union(*(codes(one) for one in error.__subclasses__()))

    listed = {
        int(code) for row in re.findall(r"^\| ([\d, ]+) \|", table("Exit codes"), re.MULTILINE) for code in row.split(",")
    }
    known = codes(SeedingError) | {0, INTERRUPTED, TERMINATED}
    assert listed == known
    assert {int(code) for code in re.findall(r"(?:^## |and )(\d+)", page("troubleshooting"), re.MULTILINE)} == known - {0}


class Asked(Mapping[str, str]):
    """An environment in which nothing is set, and which remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def read_everything(variables: Mapping[str, str]) -> None:
    """Have every loader of a config read what it reads."""
    today = date(2026, 3, 2)
    seed, rollback, mask = (defaults(command) for command in ("seed", "seed_rollback", "seed_mask"))
    conf.load_seed(seed, variables, today=today, terminal=False)
    conf.load_rollback(rollback, variables, terminal=False)
    with pytest.raises(ConfigurationError, match="SEEDING_MASKING_KEY"):
        conf.load_masking(mask, variables, today=today, terminal=False)
    conf.load_logging(variables)
    job_folder(variables)
    requested_by(variables)
    manage_command({"DJANGO_SETTINGS_MODULE": "settings"})
    conf.load_monitoring(variables)
    conf.is_plain(seed, variables)
    conf.row_rules()
    conf.missing_table_help()
    conf.more_referred()
    profile_folders()
    conf.pools_transactions(variables)
    masking_strategies()


def defaults(command: str) -> dict[str, Any]:
    """The options of a command that is given none."""
    return vars(load_command_class("seeding", command).create_parser("manage.py", command).parse_args([]))


def test_every_variable_stands_in_the_docs_and_in_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()
    read_everything(asked)
    monkeypatch.setattr(environ.Env, "ENVIRON", asked)
    monkeypatch.setattr(environ.Env, "read_env", lambda *_: None)
    runpy.run_path(str(ROOT / "settings" / "base.py"))

    assert set(re.findall(r"`([A-Z_]{2,})`", table("Environment variables"))) == asked.names
    assert set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)) == asked.names


@pytest.mark.parametrize("seeder", Registry.discover().ordered, ids=lambda seeder: seeder.name)
def test_every_seeder_stands_in_the_readme_under_its_group(seeder: BaseSeeder) -> None:
    config = seeder.config

    (row,) = re.findall(rf"^\| `{config.group}` \| (.*) \|$", table("What is seeded", README), re.MULTILINE)
    assert config.table_name in row


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, part in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]+))?\)", path.read_text(encoding="utf-8")):
        leads_to = path.parent / target if target else path
        assert leads_to.exists(), target
        if part:
            headings = re.findall(r"^#+ (.+)$", leads_to.read_text(encoding="utf-8"), re.MULTILINE)
            assert part in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings], part


def test_every_rule_stands_in_the_docs_and_no_other() -> None:
    rules = {f"| {rule.name} | {rule.tables[0]} | {rule.sentence} |" for rule in RULES}

    listed = (ROOT / "docs" / "terp-data.md").read_text(encoding="utf-8").split("## What must be true\n")[1]
    assert set(re.findall(r"^\| [a-zA-Z]\S*-.* \|$", listed, re.MULTILINE)) == rules


def test_the_example_of_a_seeder_is_the_one_that_is_tested() -> None:
    example = (ROOT / "seeding/example/seeders/catalogue.py").read_text(encoding="utf-8")

    assert f"```python\n{example}```" in page("writing-seeders")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_python_in_the_docs_is_python(path: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
        compile(block, path.name, "exec")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_in_the_docs_is_understood(path: Path) -> None:
    ours = {command for command, app in get_commands().items() if app in ("seeding", "terpseed")}
    text = path.read_text(encoding="utf-8")
    lines = re.findall(r"(?:^    |`)(?:[A-Z_]+=\S+ )*python manage\.py (\w+)([^\n`#&|]*)", text, re.MULTILINE)

    for command, arguments in [(command, arguments) for command, arguments in lines if command in ours]:
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        try:
            parser.parse_args(shlex.split(arguments))
        except CommandError as error:
            pytest.fail(f"{path.name}: manage.py {command}{arguments}: {error}")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_option_that_the_docs_name_exists(path: Path) -> None:
    known = {option for command in OURS for option in options_of(command)} | DJANGOS_OWN | OTHERS

    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", path.read_text(encoding="utf-8")))

    assert named - known == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_variable_that_the_docs_name_exists(path: Path) -> None:
    known = set(
        re.findall(r"`([A-Z_]{2,})`", table("Environment variables") + page("writing-seeders").split("## Settings\n")[1])
    )

    named = set(re.findall(r"\b(SEEDING_[A-Z_]+[A-Z])\b", path.read_text(encoding="utf-8")))

    assert named - known == set()


@pytest.mark.parametrize("server", ["mariadb", "sqlite"])
def test_the_ledger_is_what_the_operations_page_has_somebody_else_make(
    make_database: Callable[..., Database], server: str
) -> None:
    (listed,) = re.findall(r"for migration in (.*); do python manage.py sqlmigrate seeding \$migration", page("operations"))
    database = make_database(server, ready=False)
    call_command("terp_schema", database=database.alias, stdout=StringIO())

    for migration in listed.split():
        sql = call_command("sqlmigrate", "seeding", migration, database=database.alias, no_color=True, stdout=StringIO())
        for statement in re.sub("^(--|BEGIN|COMMIT).*\n", "", f"{sql}\n", flags=re.MULTILINE).split(";\n")[:-1]:
            database.query(statement)
    call_command("migrate", "--fake", database=database.alias, verbosity=0)

    call_command("migrate", "--check", database=database.alias, verbosity=0)
    assert listed.split() == sorted(path.stem for path in (ROOT / "seeding" / "migrations").glob("0*.py"))
    assert database.seed(table="strains")["records_inserted"] == 5


def test_every_page_is_linked_from_the_readme() -> None:
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} == set(
        re.findall(r"\]\((docs/[a-z-]+\.md)\)", README)
    )


def test_every_setting_stands_in_the_docs_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()

    class Watched:
        def __getattr__(self, name: str) -> Any:
            read.add(name)
            return False if name == "SEEDING_DATABASE_IS_FALLBACK" else getattr(settings, name)

    for name, module in list(sys.modules.items()):
        if name.startswith("seeding.") and getattr(module, "settings", None) is settings:
            monkeypatch.setattr(module, "settings", Watched())
    read_everything({"SEEDING_ENV": "staging"})

    listed = page("writing-seeders").split("## Settings\n")[1]
    own = {name for name in read if name.startswith("SEEDING_")}
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", listed, re.MULTILINE)) == own


def test_every_field_of_a_seeders_configuration_stands_in_the_docs_and_no_other() -> None:
    listed = page("writing-seeders").split("| `SeederConfig` | meaning |")[1].split("\n\n")[0]

    rows = re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", listed, re.MULTILINE)
    assert set(re.findall(r"`([a-z_]+)`", " ".join(rows))) == {field.name for field in fields(SeederConfig)}


def test_every_method_of_rows_stands_in_the_docs_and_no_other() -> None:
    listed = page("writing-seeders").split("| of `rows` | gives |")[1].split("\n\n")[0]
    methods = {name for name, value in vars(Rows).items() if not name.startswith("_") and callable(value)}

    assert set(re.findall(r"`(\w+)\(", listed)) == methods


def test_every_message_of_the_docs_is_one_that_the_code_says() -> None:
    said = [words for source in SOURCES for words in texts(ast.parse(source.read_text(encoding="utf-8")))]
    listed = re.findall(r"^\| (`.*?`) \|", page("troubleshooting"), re.MULTILINE)

    for message in re.findall(r"`([^`]+)`", " ".join(listed)):
        for part in message.split("…"):
            assert any(part.strip() in words for words in said) or part.strip() in DJANGOS_WORDS, part


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of a module, without the values that are put into it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(part.value for part in node.values if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_the_compliance_page_holds_the_inventory_as_it_is() -> None:
    page = (ROOT / "docs/compliance.md").read_text(encoding="utf-8")

    assert markdown_inventory(inventory(Registry.discover())).strip() in page


def test_every_masking_strategy_stands_in_the_docs() -> None:
    page = (ROOT / "docs/masking.md").read_text(encoding="utf-8")

    rows = [f"| `{one.name}` | {one.gives} | {one.keeps} | {one.room or 'any'} |" for one in STRATEGIES]
    assert "\n".join(rows) in page


def test_the_figures_of_the_performance_are_the_measured_ones() -> None:
    document = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")

    measured = json.loads((ROOT / "docs" / "performance" / "figures.json").read_text(encoding="utf-8"))

    assert document == inserted(document, measured)
    assert "| figure | wanted |" in document


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_map_has_every_package_and_every_module_at_the_top() -> None:
    tree = table("The map", CONTRIBUTING).split("```")[1]
    folders = re.findall(r"^ +(?:(?:[a-z_]+|__init__), )*?([a-z_]+)/", tree, re.MULTILINE)
    lines = re.findall(r"^  ((?:\w+(?:, )?)+)  ", tree, re.MULTILINE)

    packages = {path.parent.name for path in (ROOT / "seeding").rglob("__init__.py")} - {
        "seeding", "migrations", "commands", "seeders",
    }  # fmt: skip
    assert set(folders) == packages
    assert {name for line in lines for name in line.split(", ")} == {path.stem for path in (ROOT / "seeding").glob("*.py")}


def test_the_layers_are_those_of_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]

    rows = re.findall(r"^\| \d+ \| (.*) \|$", table("The layers", CONTRIBUTING), re.MULTILINE)
    assert [re.findall(r"`(\w+)`", row) for row in rows] == [row.split(" | ") for row in contract["layers"]]


def test_every_file_to_open_is_there() -> None:
    rows = re.findall(r"^\| .*? \| (.*) \|$", table("To change …, open …", CONTRIBUTING), re.MULTILINE)
    named = re.findall(r"`((?:seeding|docs|terpseed)/[\w/.]+)`", " ".join(rows))

    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []
