"""The documentation against the code: every flag, variable, exit code, group and table stands in it."""

from __future__ import annotations

import re

import pytest
from django.core.management import load_command_class

from seeding.console import markdown_inventory
from seeding.exceptions import INTERRUPTED, TERMINATED, SeedingError
from seeding.inventory import inventory
from seeding.management.command import SeedingCommand
from seeding.masking import STRATEGIES
from seeding.registry import Registry
from seeding.seeders import BaseSeeder
from tests.conftest import ROOT, RULES

README = (ROOT / "README.md").read_text(encoding="utf-8")
DJANGOS_OWN = {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color",
               "--force-color", "--skip-checks"}  # fmt: skip


def table(heading: str) -> str:
    """The part of the README under a heading."""
    return re.split(r"\n#+ ", README.split(f"# {heading}\n", 1)[1])[0]


@pytest.mark.parametrize(
    ("command", "heading"),
    [
        ("seed", "The command"),
        ("seed_rollback", "Rolling back"),
        ("seed_check", "Checking"),
        ("seed_mask", "Masking what is there"),
        ("seed_status", "Status and lock"),
    ],
)
def test_every_flag_stands_in_the_readme_and_no_other(command: str, heading: str) -> None:
    parser = load_command_class("seeding", command).create_parser("manage.py", command)
    flags = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}

    listed = re.findall(r"^\| (`--.*?`) \|", table(heading), re.MULTILINE)
    assert set(re.findall(r"(?<=`)--[a-z-]+", " ".join(listed))) == flags - DJANGOS_OWN


@pytest.mark.parametrize("command", ["seed", "seed_rollback", "seed_check", "seed_status"])
def test_every_example_of_the_help_is_understood(command: str) -> None:
    loaded = load_command_class("seeding", command)
    assert isinstance(loaded, SeedingCommand)
    parser = loaded.create_parser("manage.py", command)

    for arguments in loaded.examples:
        parser.parse_args(arguments.split())

    assert loaded.examples
    assert all(f"  manage.py {command} {arguments}".rstrip() in parser.format_help() for arguments in loaded.examples)


def test_every_exit_code_stands_in_the_readme_and_no_other() -> None:
    def codes(error: type[SeedingError]) -> set[int]:
        return {error.exit_code}.union(*(codes(one) for one in error.__subclasses__()))

    listed = {
        int(code) for row in re.findall(r"^\| ([\d, ]+) \|", table("Exit codes"), re.MULTILINE) for code in row.split(",")
    }
    assert listed == codes(SeedingError) | {0, INTERRUPTED, TERMINATED}


def test_every_variable_stands_in_the_readme_and_in_the_example() -> None:
    sources = [*(ROOT / "settings").glob("*.py"), ROOT / "seeding" / "conf.py"]
    code = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"|\(env, "([A-Z_]+)"|variables\.get\("([A-Z_]+)"', code))
    used = {name for found in read for name in found if name} | {"SEEDING_ENV", "DJANGO_ENV", "NODE_ENV"}

    assert set(re.findall(r"`([A-Z_]{2,})`", table("Environment variables"))) == used
    assert set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)) == used


@pytest.mark.parametrize("seeder", Registry.discover().ordered, ids=lambda seeder: seeder.name)
def test_every_seeder_stands_in_the_readme_under_its_group(seeder: BaseSeeder) -> None:
    config = seeder.config

    (row,) = re.findall(rf"^\| `{config.group}` \| (.*) \|$", table("What is seeded"), re.MULTILINE)
    assert config.table_name in row


def test_every_link_leads_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")):
            assert (ROOT / target).exists(), (page, target)


def test_every_rule_stands_in_the_docs_and_no_other() -> None:
    rules = {f"| {rule.name} | {rule.tables[0]} | {rule.sentence} |" for rule in RULES}

    listed = (ROOT / "docs" / "terp-data.md").read_text(encoding="utf-8").split("## What must be true\n")[1]
    assert set(re.findall(r"^\| [a-zA-Z]\S*-.* \|$", listed, re.MULTILINE)) == rules


def test_the_example_seeder_works() -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example is not None

    assert "class ReviewSeeder(BaseSeeder):" in example[1]
    compile(example[1], "README.md", "exec")


def test_the_compliance_page_holds_the_inventory_as_it_is() -> None:
    page = (ROOT / "docs/compliance.md").read_text(encoding="utf-8")

    assert markdown_inventory(inventory(Registry.discover())).strip() in page


def test_every_masking_strategy_stands_in_the_docs() -> None:
    page = (ROOT / "docs/masking.md").read_text(encoding="utf-8")

    rows = [f"| `{one.name}` | {one.gives} | {one.keeps} | {one.room or 'any'} |" for one in STRATEGIES]
    assert "\n".join(rows) in page
