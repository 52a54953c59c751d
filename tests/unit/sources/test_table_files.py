"""CSV and JSON Lines as rows: which line is which row, and what is wrong with a file as a whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seeding.exceptions import SourceError
from seeding.masking import Cipher
from seeding.sources.table_files import TableFile, open_table, records

KEY = Cipher.of("a key for tests, of some length")


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def opened(folder: Path, name: str, text: str | bytes, cipher: Cipher = KEY) -> TableFile:
    return open_table(written(folder, name, text), cipher, "id")


def indexes(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def test_a_csv_file_has_its_header_its_rows_and_the_lines_on_which_they_begin(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.csv", '\ufeffid, name \n3,"two\nlines"\n1,\\N\n\n2,\n')

    assert (file.columns, file.count) == (("id", "name"), 3)
    assert file.read(indexes(0, 1, 2)) == [
        (2, {"id": "3", "name": "two\nlines"}),
        (4, {"id": "1", "name": None}),
        (6, {"id": "2", "name": ""}),
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
    assert lines.index_of(indexes(1)).tolist() == [1]


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

    assert file.index_of(indexes(10, 20, 30)).tolist() == [1, 4, 0]
    assert file.index_of(indexes(9, 11, 31, -1)).tolist() == [-1, -1, -1, -1]
    assert file.index_of(indexes()).tolist() == []


def test_a_file_without_keys_has_no_row_that_a_key_leads_to(tmp_path: Path) -> None:
    assert opened(tmp_path, "a.csv", "name\na\n").index_of(indexes(0, 1)).tolist() == [-1, -1]
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
        ("a.csv", "", "a.csv: its first line must name the columns, separated by commas."),
        ("a.csv", "id,,name\n", "a.csv: its first line must name the columns, separated by commas."),
        ("a.csv", "id,name, id\n", "a.csv: its first line names a column twice."),
        ("a.csv", "id\n1\n2\n1\n1\n", "a.csv: 2 rows repeat the id of another one."),
        ("a.jsonl", '{"id": 1}\n{"id": "1"}\n', "a.jsonl: 1 rows repeat the id of another one."),
        (
            "a.csv",
            'id,name\n1,a\n2,"b\nc\n',
            "a.csv, line 3: no CSV from here on (unexpected end of data). Is a quotation mark open?",
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


def test_bytes_that_are_no_utf_8_cost_their_cell_alone(tmp_path: Path) -> None:
    file = opened(tmp_path, "a.csv", b"id,name\n1,Caf\xe9\n2,b\n")

    (_, first), (_, second) = file.read(indexes(0, 1))

    assert first == {"id": "1", "name": "Caf\udce9"}
    assert second == {"id": "2", "name": "b"}
