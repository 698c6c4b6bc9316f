"""Files of events as columns of plain values."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from webapp.core.errors import InvalidInputError
from webapp.telemetry.importer_files import ROWS, open_file


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def columns(path: Path, **options) -> dict[str, list]:
    whole: dict[str, list] = {}
    for stretch in open_file(path).stretches(**options):
        for name, values in stretch.columns.items():
            whole.setdefault(name, []).extend(values)
    return whole


def test_a_column_of_numbers_is_one_although_some_are_blank(tmp_path):
    path = written(tmp_path, "a.csv", "id,total\na,1.5\nb, \nc,\nd,NA\ne,7\n")

    assert columns(path) == {"id": ["a", "b", "c", "d", "e"], "total": [1.5, None, None, None, 7.0]}


def test_a_column_with_words_is_text_and_its_blanks_are_missing(tmp_path):
    path = written(tmp_path, "a.csv", "plan\n1\nbasic\n \n")

    assert columns(path)["plan"] == ["1", "basic", None]


def test_a_word_that_comes_later_among_numbers_stays_a_word(tmp_path):
    rows = "".join(f"{number},{number % 7}.5\n" for number in range(120_000))
    path = written(tmp_path, "long.csv", f"n,value\n{rows}120000,oops\n")

    values = columns(path)["value"]

    assert len(values) == 120_001
    assert values[-1] == "oops"
    assert values[0] == 0.5


def test_identifiers_keep_their_leading_zeros(tmp_path):
    path = written(tmp_path, "a.csv", "id,x\n007,1\n7,2\n")

    assert columns(path, texts={"id"})["id"] == ["007", "7"]


def test_quotes_semicolons_and_a_byte_order_mark_are_understood(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffid;note\n1;"a; ""b"""\n'.encode())

    assert open_file(path).columns == ["id", "note"]
    assert columns(path)["note"] == ['a; "b"']


def test_a_row_with_another_number_of_columns_is_told_by_its_number(tmp_path):
    path = written(tmp_path, "a.csv", "a,b\n1,2\n3\n5,6\n")

    stretches = list(open_file(path).stretches())

    assert [number for stretch in stretches for number in stretch.numbers] == [1, 3]
    assert [each for stretch in stretches for each in stretch.unreadable] == [
        (2, "has 1 columns where the header has 2")
    ]


def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1, 2], "x": [0.5, float("nan")], "t": ["a", None]}), path)

    assert columns(path) == {"id": [1, 2], "x": [0.5, None], "t": ["a", None]}
    assert open_file(path).size == 2


def test_lines_of_json_may_hold_their_features_in_an_object(tmp_path):
    lines = [{"prediction_id": "a", "features": {"x": 1, "y": "b"}}, {"prediction_id": "b", "x": 2}]
    path = written(tmp_path, "a.ndjson", "\n".join(map(json.dumps, lines)) + "\n[1]\n\n")

    (stretch,) = open_file(path).stretches()

    assert stretch.columns == {"prediction_id": ["a", "b"], "x": [1, 2], "y": ["b", None]}
    assert stretch.unreadable == [(3, "is no JSON object")]


def test_a_long_file_comes_in_stretches_and_says_how_far_it_got(tmp_path):
    path = written(tmp_path, "a.csv", "x\n" + "1\n" * (2 * ROWS + 1))
    file = open_file(path)

    sizes = [len(stretch.numbers) for stretch in file.stretches()]

    assert sizes == [ROWS, ROWS, 1]
    assert file.position == file.size


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xlsx", b"", "no file that can be imported"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"a,a\n1,2\n", "has the column 'a' twice"),
        ("a.csv", b"a,b\n\xff\xfe,2\n", "cannot be read as CSV|not UTF-8"),
        ("a.parquet", b"nonsense", "cannot be read as PARQUET"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match=sentence):
        list(open_file(path).stretches())


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(InvalidInputError, match="cannot be read: No such file"):
        open_file(tmp_path / "gone.csv")
