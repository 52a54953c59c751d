"""CSV and JSON Lines as rows: which line is which row, and what is wrong with a file as a whole."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seeding.exceptions import SourceError
from seeding.masking import Cipher
from seeding.sources.delimited_rows import Unquoted
from seeding.sources.table_files import TableFile, open_table, records

KEY = Cipher.of("a key for tests, of some length")


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def opened(folder: Path, name: str, text: str | bytes, cipher: Cipher = KEY) -> TableFile:
    return open_table(written(folder, name, text), cipher, ("id",))


def indexes(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def test_a_csv_file_has_its_header_its_rows_and_the_lines_on_which_they_begin(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.csv", '\ufeffid,name\n3,"two\nlines"\n1,\\N\n\n2,\n')

    assert (file.columns, file.count) == (("id", "name"), 3)
    assert file.read(indexes(0, 1, 2)) == [
        (2, {"id": "3", "name": "two\nlines"}),
        (4, {"id": "1", "name": None}),
        (6, {"id": "2", "name": Unquoted.EMPTY}),
    ]


def test_json_lines_have_the_columns_of_all_their_objects(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.jsonl", '{"id": 2, "a": null}\n\n{"b": [1], "id": 1}\n')

    assert (file.columns, file.count) == (("id", "a", "b"), 2)
    assert file.read(indexes(0, 1)) == [(1, {"id": 2, "a": None}), (3, {"b": [1], "id": 1})]


def test_a_record_of_another_shape_stays_a_row_that_says_what_it_should_have_been(tmp_path: Path) -> None:
    table = opened(tmp_path, "a.CSV", "id,name\n1,a,b\n2,c\n3\n")
    lines = opened(tmp_path, "a.ndjson", '[1]\n{"id": 1}\n{\n')

    assert table.read(indexes(0, 1, 2)) == [
        (2, "2 cells, as the header has"),
        (3, {"id": "2", "name": "c"}),
        (4, "2 cells, as the header has"),
    ]
    assert lines.read(indexes(0, 1, 2)) == [(1, "a JSON object"), (2, {"id": 1}), (3, "a JSON object")]
    assert lines.index_of(pl.Series(indexes(1))).to_list() == [1]


def test_rows_are_read_on_skipped_and_read_again(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.csv", "id\n10\n11\n12\n13\n")

    def read(*index: int) -> list[object]:
        return [record["id"] for _, record in file.read(indexes(*index)) if not isinstance(record, str)]

    assert read(0) == ["10"]
    assert read(1, 3) == ["11", "13"]
    assert read(1, 2) == ["11", "12"]
    assert read() == []
    assert read(0, 1, 2, 3) == ["10", "11", "12", "13"]


def test_a_key_leads_to_its_row_wherever_that_stands(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.csv", "id,name\n30,a\n10,b\nx,c\n,d\n20.0,e\n")

    assert file.index_of(pl.Series(indexes(10, 20, 30))).to_list() == [1, 4, 0]
    assert file.index_of(pl.Series(indexes(9, 11, 31, -1))).to_list() == [-1, -1, -1, -1]
    assert file.index_of(pl.Series(indexes())).to_list() == []


def test_a_file_without_keys_has_no_row_that_a_key_leads_to(tmp_path: Path) -> None:
    assert opened(tmp_path, "a.csv", "name\na\n").index_of(pl.Series(indexes(0, 1))).to_list() == [-1, -1]
    assert opened(tmp_path, "b.jsonl", "").count == 0


def test_the_fingerprint_depends_on_the_content_and_the_key_alone(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.csv", "id\n1\n")

    assert len(file.fingerprint) == 12
    assert opened(tmp_path, "b.csv", "id\n1\n").fingerprint == file.fingerprint
    assert opened(tmp_path, "b.csv", "id\n2\n").fingerprint != file.fingerprint
    assert opened(tmp_path, "b.csv", "id\n1\n", Cipher.of("another key, just as long")).fingerprint != file.fingerprint


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "id\n1\n".encode("utf-16"), "a.csv: it is in UTF-16. Save it in UTF-8."),
        ("a.jsonl", "\ufeff{}".encode("utf-16-be"), "a.jsonl: it is in UTF-16. Save it in UTF-8."),
        ("a.csv", "", "a.csv: its first line must name the columns, separated by commas, semicolons or tabs."),
        ("a.csv", "id,,name\n", "a.csv: its first line must name the columns, separated by commas, semicolons or tabs."),
        ("a.csv", "id,name,id\n", "a.csv: its first line names a column twice."),
        ("a.csv", "id\n1\n2\n1\n1\n", "a.csv: 2 rows repeat the id of another one."),
        ("a.jsonl", '{"id": 1}\n{"id": "1"}\n', "a.jsonl: 1 rows repeat the id of another one."),
        (
            "a.csv",
            'id,name\n1,a\n2,"b\nc\n',
            "a.csv, line 3: a quotation mark is open from here on. Close it.",
        ),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    with pytest.raises(SourceError) as error:
        opened(tmp_path, name, text)

    assert str(error.value) == said


def test_a_cell_may_be_as_long_as_a_document(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,text\n1," + "x" * 200_000 + "\n")

    ((_, record),) = records(path, ("id", "text"))

    assert isinstance(record, dict)
    assert len(record["text"]) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"id,name\n1,a\n2,Caf\xe9\n3,b\n", "a.csv, line 3: it is not UTF-8. Save the file in UTF-8."),
        ("a.csv", b"id,name\n1,Caf\xc3", "a.csv, line 2: it is not UTF-8. Save the file in UTF-8."),
        ("a.jsonl", b'{"name": "\x80"}', "a.jsonl, line 1: it is not UTF-8. Save the file in UTF-8."),
        ("a.csv", "id\n1\n".encode("utf-16-le"), "a.csv, line 1: it has NUL bytes, as UTF-16 has. Save the file in UTF-8."),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_the_line(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(SourceError) as error:
        opened(tmp_path, name, content)

    assert str(error.value) == said


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
def test_a_character_may_lie_across_two_portions_of_a_file(tmp_path: Path, size: int) -> None:
    text = "id,name\n1," + "x" * (size - 11) + "é"

    assert opened(tmp_path, "a.csv", text).count == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "id;name\r\n1;a, b\r\n2;\r\n"),
        ("a.csv", "id\tname\n1\ta, b\n2\t\n"),
        ("a.tsv", "\ufeffid\tname\n1\ta, b\n2\t\n"),
        ("a.TAB", "id\tname\r1\ta, b\r2\t"),
        ("a.csv", 'id,name\n"1","a, b"\n2,\n'),
    ],
)
def test_the_header_or_the_suffix_tells_what_separates_the_cells(tmp_path: Path, name: str, text: str) -> None:
    file = opened(tmp_path, name, text)

    assert [record for _, record in file.read(indexes(0, 1))] == [
        {"id": "1", "name": "a, b"},
        {"id": "2", "name": Unquoted.EMPTY},
    ]


@pytest.mark.parametrize("header", ["id,name;note", "id\tname,note", '"id",name;note'])
def test_a_header_with_two_separators_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(SourceError, match="Separate the columns by one of them"):
        opened(tmp_path, "a.csv", f"{header}\n1,a\n")


@pytest.mark.parametrize("header", ['id,"na"me', 'id,"na\nme"', 'id, "name"'])
def test_a_name_is_quoted_as_a_whole_and_on_one_line(tmp_path: Path, header: str) -> None:
    with pytest.raises(SourceError, match="in quotation marks as a whole or without any"):
        opened(tmp_path, "a.csv", f"{header}\n1,a\n")


def test_a_name_in_quotation_marks_may_hold_a_separator(tmp_path: Path) -> None:
    assert opened(tmp_path, "a.csv", 'id,"name;note"\n').columns == ("id", "name;note")


@pytest.mark.parametrize("header", ["id, name", "id ,name", 'id;" name"', "id\t\u00a0name"])
def test_names_with_spaces_around_them_are_refused_as_the_cells_would_keep_theirs(tmp_path: Path, header: str) -> None:
    with pytest.raises(SourceError, match="has spaces around it"):
        opened(tmp_path, "a.csv", f"{header}\n1,a\n")


def test_quotation_marks_tell_texts_from_nulls_and_empty_cells(tmp_path: Path) -> None:
    text = 'id,a,b\n1,"",\n2,"\\N",\\N\n3,"say ""hi""",5" wide\n4," a ", b \n'
    file = opened(tmp_path, "a.csv", text)

    assert [record for _, record in file.read(indexes(0, 1, 2, 3))] == [
        {"id": "1", "a": "", "b": Unquoted.EMPTY},
        {"id": "2", "a": "\\N", "b": None},
        {"id": "3", "a": 'say "hi"', "b": '5" wide'},
        {"id": "4", "a": " a ", "b": " b "},
    ]


@pytest.mark.parametrize("row", ['1,"a"b', '1, "a"', '"1" ,a'])
def test_text_outside_of_quotation_marks_costs_its_row(tmp_path: Path, row: str) -> None:
    file = opened(tmp_path, "a.csv", f"id,name\n{row}\n2,b\n")

    assert [record for _, record in file.read(indexes(0, 1))] == [
        "quotation marks around whole cells",
        {"id": "2", "name": "b"},
    ]


def test_an_escape_in_a_tab_separated_file_costs_its_row(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.tsv", "id\tname\n1\ta\\tb\n2\t\\N\n")

    (_, first), (_, second) = file.read(indexes(0, 1))

    assert isinstance(first, str)
    assert second == {"id": "2", "name": None}


def test_an_empty_line_of_a_file_with_one_column_is_not_left_out_in_silence(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.csv", "name\na\n\nb\n")

    assert [record for _, record in file.read(indexes(0, 1, 2))] == [{"name": "a"}, "1 cells, as the header has", {"name": "b"}]


def test_numbers_of_json_lines_keep_all_their_digits(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.jsonl", '{"a": 12345678901234567.89, "b": 9007199254740993}\n{"a": NaN}\n')

    assert file.read(indexes(0, 1)) == [
        (1, {"a": Decimal("12345678901234567.89"), "b": 9007199254740993}),
        (2, "a JSON object"),
    ]
