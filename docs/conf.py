"""The site that `make docs` builds: the Markdown pages as they stand, and the API out of the docstrings.

The repository is the source directory, not `docs`, so that every link holds on the site as it does in the files. A linked file
that is no page becomes a download.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import django
from django.conf import settings
from django.db.models.base import ModelBase
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent.parent))
settings.configure(INSTALLED_APPS=["seeding"])  # whatever `.env` says
django.setup()

project = "django-seed-ledger"
root_doc = "docs/index"
include_patterns = ["docs/*.md", *(f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY"))]
exclude_patterns = [".*", "build"]  # not even walked through

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 6
highlight_language = "bash"  # an indented block is a command

default_role = "literal"  # docstrings write code as Markdown does
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 100

autodoc_type_aliases = {
    **{name: f"seeding.arrays.{name}" for name in ("Floats", "Integers", "Mask", "Words")},
    "Dataset": "seeding.generation.datasets.Dataset",  # imported for types alone where seeders are
}

# Types of others, whose pages could be looked up by the network alone, and variables of types.
OTHERS = (
    "collections\\.abc|date|datetime|django|environ|fractions|models|numpy|pathlib|Path|pl|polars|typing|TypeAliasForwardRef"
    "|KeyMap|KeySet|Forecast|Status|Ask|Sink|Registry|VerifyReport|ProfileReport|ProfileRules"
)
ELSEWHERE = r"seeding\.(generation\.rows\.T|models\.M|schema\.references\.Reference|testing\.(datasets|templates)\.\w+)"
nitpick_ignore_regex = [("py:.*", rf"({OTHERS})(\..*)?|P|Symbols|{ELSEWHERE}")]

html_theme = "furo"
html_title = "django-seed-ledger"
html_extra_path = ["root"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
smartquotes = False  # `--json` stays what one types


def with_navigation(_: Sphinx, name: str, text: list[str]) -> None:
    """The index is a page like any other: what its sections link to, in their order, is the navigation as well."""
    if name == root_doc:
        for caption, section in re.findall(r"^## (.+)\n([^#]*)", text[0], re.MULTILINE):
            pages = "\n".join(f"{title} <{page}>" for title, page in re.findall(r"\[([^]]+)\]\(([^)]+)\.md\)", section))
            text[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"


def readable(*given: object) -> tuple[str | None, ...]:
    """A signature (the last two of what Sphinx gives) with aliases and members by their names, and no default to guess."""
    alias = re.compile(r"(?:TypeAliasForwardRef\(')?~?(seeding\.rows\.\w+)(?:'\))?")
    member = re.compile(r"<(\w+\.\w+): [^>]*>")
    words = (member.sub(r"\1", str(one)).replace("<factory>", "...") if one else None for one in given[-2:])
    return tuple(one and alias.sub(r"~\1", one) for one in words)


def with_columns(_: Sphinx, __: str, ___: str, described: object, ____: object, text: list[str]) -> None:
    """Django's models say in `help_text` what Sphinx looks for in docstrings."""
    if isinstance(described, ModelBase):
        for field in described._meta.concrete_fields:
            said = f": {field.help_text}" if field.help_text else ""
            text.append(f"* `{field.name}` ({field.get_internal_type()}){said}")


def setup(app: Sphinx) -> None:
    """Sphinx's hook."""
    app.connect("source-read", with_navigation)
    app.connect("autodoc-process-signature", readable)
    app.connect("autodoc-process-docstring", with_columns)
    app.add_lexer("mermaid", TextLexer)
