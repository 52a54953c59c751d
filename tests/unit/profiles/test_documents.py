"""Files as plain values, with the line of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from seeding.profiles.documents import Document, Place, UnreadableError, read

TOML = """\
# a comment
a = 1

[tables.x]
list = [
  1,
  2,
]
inner = { deep = [ { key = "v" },
  2 ] }
text = '''
b = 3
'''
last = 2026-01-31
"""
YAML = """\
# a comment
a: 1
tables:
  x:
    list:
      - 1
      - [2,
         3]
    on: off
    last: 2026-01-31
"""


def made(folder: Path, name: str, text: str) -> Document:
    """A document that was read from a file."""
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("a",), 2),
        (("tables", "x"), 4),
        (("tables", "x", "list"), 5),
        (("tables", "x", "list", 1), 5),
        (("tables", "x", "inner", "deep"), 9),
        (("tables", "x", "text"), 11),
        (("tables", "x", "last"), 14),
        (("tables", "x", "nothing"), 4),
        (("nothing",), 1),
    ],
)
def test_lines_of_toml(tmp_path: Path, place: Place, line: int) -> None:
    assert made(tmp_path, "a.toml", TOML).line(place) == line


@pytest.mark.parametrize(
    ("place", "line"), [(("a",), 2), (("tables", "x", "list", 0), 6), (("tables", "x", "list", 1, 1), 8), (("tables", "y"), 3)]
)
def test_lines_of_yaml(tmp_path: Path, place: Place, line: int) -> None:
    assert made(tmp_path, "a.yaml", YAML).line(place) == line


def test_yaml_is_that_of_today(tmp_path: Path) -> None:
    x = made(tmp_path, "a.yml", YAML).data["tables"]["x"]

    assert x == {"list": [1, [2, 3]], "on": "off", "last": "2026-01-31"}
    assert made(tmp_path, "b.yaml", "yes: true\nno: False\n3: x").data == {"yes": True, "no": False, "3": "x"}


def test_json_has_lines_whatever_it_is_indented_with(tmp_path: Path) -> None:
    document = made(tmp_path, "a.json", '{\n\t"a": {\n\t\t"b": "c\\u00e9\\/"\n\t}\n}')

    assert document.data == {"a": {"b": "cé/"}}
    assert document.line(("a", "b")) == 3


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("a.toml", "a = 1\na = 2\n", 2, "Cannot overwrite a value"),
        ("a.yaml", "a: 1\nb: 2\na: 3\n", 3, "a is there twice"),
        ("a.yaml", "a: &x 1\nb: *x\n", 2, "it has an alias"),
        ("a.yaml", "a: !!python/name:os.system x\n", 1, "the tag"),
        ("a.yaml", "? [a, b]\n: 1\n", 1, "a key is not a word"),
        ("a.yaml", "a: 1\n---\nb: 2\n", 2, "but found another document"),
        ("a.json", '{"a": NaN}', 1, "NaN is not a number"),
        ("a.json", "3", 1, "not a table"),
        ("a.txt", "", 1, r"a profile is a file of .toml, .yaml, .yml, .json"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path, name: str, text: str, line: int, words: str) -> None:
    with pytest.raises(UnreadableError, match=words) as error:
        made(tmp_path, name, text)

    assert error.value.line == line


def test_a_file_that_is_not_text_is_no_profile(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "a.toml", tmp_path / "missing.toml"):
        with pytest.raises(UnreadableError, match="it cannot be read"):
            read(path)
