"""Files of every format: the same columns as text, whatever they were."""

import bz2
import datetime as dt
import gzip
import json
import lzma
import sqlite3
import zipfile

import duckdb
import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import workbooks

from crmlab.data.bench import bench
from crmlab.data.formats import packed
from crmlab.data.formats.opened import opened
from crmlab.data.reading import Reading
from crmlab.errors import CrmlabError

CSV = "who,when,paid\n007,2024-01-05,1250.125\n8,2024-02-05,980\n"
ROWS = [("007", "2024-01-05", "1250.125"), ("8", "2024-02-05", "980")]
FRAME = pd.DataFrame(
    {
        "who": ["007", "8"],
        "when": pd.to_datetime(["2024-01-05 10:00", "2024-02-05 00:00"]),
        "paid": [1250.125, 980],
    }
)
TYPED = [("007", "2024-01-05 10:00:00.000000", "1250.1250"), ("8", "2024-02-05 00:00:00.000000", "980")]


def rows(folder, given, **said):
    """Return all rows of what is given, as text."""
    with bench(folder) as workplace:
        source = opened(workplace, given, Reading(**said))
        names = {f"f{i}": name for i, name in enumerate(source.names)}
        listed = ", ".join(names)
        return source.names, source.read(
            workplace, names, lambda: workplace.run(f"SELECT {listed} FROM read ORDER BY number")
        )


def refusal(folder, given, **said):
    with pytest.raises(CrmlabError) as error:
        rows(folder, given, **said)
    assert error.value.exit_code == 2
    return str(error.value)


def file(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --- packed --------------------------------------------------------------------------------------
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_is_unpacked(tmp_path, pack):
    assert rows(tmp_path, file(tmp_path, "orders", pack(CSV.encode())))[1] == ROWS


def test_an_archive_of_one_file_is_unpacked_and_of_several_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("export/orders.csv", CSV)
        archive.writestr("__MACOSX/._orders.csv", "litter")
    assert rows(tmp_path, tmp_path / "one.zip")[1] == ROWS
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    assert "two.zip holds 2 files (a.csv, b.csv)" in refusal(tmp_path, tmp_path / "two.zip")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x1f\x8bbroken", "cannot be unpacked"),
        (b"PK\x03\x04broken", "cannot be unpacked"),
        (b"7z\xbc\xaf....", "is packed by 7-Zip"),
        (b"%PDF-1.7", "is a PDF"),
        (b"<html><table>", "is a page of HTML or XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "has a password, or is not whole"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, says):
    assert says in refusal(tmp_path, file(tmp_path, "orders.csv", content))


def test_an_archive_that_unpacks_to_a_hundredfold_is_not_begun_with(tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "LARGEST", 10_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.csv", "0" * 1_000_000)
    monkeypatch.setattr(packed, "_copy", lambda *given: pytest.fail("was unpacked"))
    said = refusal(tmp_path, tmp_path / "bomb.zip")
    assert "bomb.zip would unpack to 1,000,000 bytes" in said
    assert "nothing was unpacked" in said


# --- typed files and frames ----------------------------------------------------------------------
def test_parquet(tmp_path):
    FRAME.to_parquet(tmp_path / "orders[1].parquet")
    assert rows(tmp_path, tmp_path / "orders[1].parquet") == (["who", "when", "paid"], TYPED)
    assert "not a whole Parquet file" in refusal(tmp_path, file(tmp_path, "x.parquet", b"PAR1 cut"))


def test_columns_of_one_name_and_keys_that_stand_twice_are_refused(tmp_path):
    for names in (["who", "paid", "paid"], ["who", "paid", "Paid"]):
        table = pa.Table.from_arrays([pa.array(["7"]), pa.array([1.0]), pa.array([2.0])], names=names)
        pq.write_table(table, tmp_path / "x.parquet")
        assert f"columns of one name: {names[1]}, {names[2]}" in refusal(tmp_path, tmp_path / "x.parquet")
    twice = file(tmp_path, "x.jsonl", '{"who": "7"}\n{"who": "8", "paid": 1, "paid": 2}\n')
    assert "line 2: the key 'paid' stands twice" in refusal(tmp_path, twice)


def test_what_holds_no_one_value_per_row_is_refused_where_it_is_asked_for(tmp_path):
    nested = pa.table({"who": ["7"], "paid": [{"net": 1.0}], "bytes": [b"\xff"], "text": ["é".encode()]})
    pq.write_table(nested, tmp_path / "x.parquet")
    said = refusal(tmp_path, tmp_path / "x.parquet")
    assert "'paid' holds lists or records, 'bytes' holds bytes that are no UTF-8 text" in said
    pq.write_table(nested.drop_columns(["paid", "bytes"]), tmp_path / "x.parquet")
    assert rows(tmp_path, tmp_path / "x.parquet")[1] == [("7", "é")]
    records = file(tmp_path, "x.jsonl", '{"who": {"id": 7}}\n')
    assert "'who' holds lists or records" in refusal(tmp_path, records)


def test_not_a_number_is_empty(tmp_path):
    pq.write_table(pa.table({"who": [1.0, float("nan"), 3.0]}), tmp_path / "x.parquet")
    assert rows(tmp_path, tmp_path / "x.parquet")[1] == [("1",), (None,), ("3",)]


@pytest.mark.parametrize(
    "hand_over",
    [
        lambda f: f,
        lambda f: pa.Table.from_pandas(f),
        lambda f: duckdb.from_df(f),
        lambda f: ibis.memtable(pa.Table.from_pandas(f)),
    ],
)
def test_frames(tmp_path, hand_over):
    assert rows(tmp_path, hand_over(FRAME)) == (["who", "when", "paid"], TYPED)


def test_a_frame_of_mixed_types_and_what_is_no_frame(tmp_path):
    mixed = pd.DataFrame({"who": ["a", 7, None], "tz": pd.to_datetime(["2024-01-05 10:00"] * 3, utc=True)})
    assert rows(tmp_path, mixed)[1] == [(who, "2024-01-05 10:00:00.000000Z") for who in ("a", "7", None)]
    assert "orders of type int cannot be read" in refusal(tmp_path, 7)


def test_json_lines(tmp_path):
    lines = [
        '{"who": "007", "when": "2024-01-05", "paid": 1250.125}',
        "",
        '{"who": 8, "paid": 980, "more": "a"}',
    ]
    names, found = rows(tmp_path, file(tmp_path, "orders.jsonl", "\n".join(lines)))
    assert names == ["who", "when", "paid", "more"]
    assert found == [("007", "2024-01-05", "1250.1250", None), ("8", None, "980", "a")]
    listed = json.dumps([{"who": "1"}, {"who": "2"}], indent=1)
    assert rows(tmp_path, file(tmp_path, "orders.json", listed))[1] == [("1",), ("2",)]
    assert "line 2: not JSON" in refusal(tmp_path, file(tmp_path, "bad.jsonl", '{"a": 1}\n{"a": \n'))


def test_a_database_is_asked_by_a_query_or_for_its_only_table(tmp_path):
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as made:
        made.execute("CREATE TABLE orders AS SELECT '007' AS who, 1250.125::DOUBLE AS paid")
        made.execute("CREATE TABLE other AS SELECT 1 AS x")
    query = "SELECT who, paid FROM orders"
    assert rows(tmp_path, tmp_path / "shop.duckdb", query=query)[1] == [("007", "1250.1250")]
    says = refusal(tmp_path, tmp_path / "shop.duckdb")
    assert "database with orders, other: say what to read, --query" in says
    assert "gone" in refusal(tmp_path, tmp_path / "shop.duckdb", query="SELECT * FROM gone")
    with sqlite3.connect(tmp_path / "shop.sqlite") as made:
        made.execute("CREATE TABLE orders (who TEXT, paid REAL)")
        made.execute("INSERT INTO orders VALUES ('007', 1250.125), ('8', 980.0)")
    made.close()
    assert rows(tmp_path, tmp_path / "shop.sqlite")[1] == [("007", "1250.1250"), ("8", "980")]
    assert "cannot be asked" in refusal(tmp_path, tmp_path / "shop.sqlite", query="DELETE FROM orders")
    assert rows(tmp_path, tmp_path / "shop.sqlite", query="SELECT who FROM orders")[1] == [("007",), ("8",)]


# --- workbooks -----------------------------------------------------------------------------------
SHEET = [
    ["who", "when", "paid"],
    ["007", dt.datetime(2024, 1, 5, 10, 30), 1250.125],
    [8, dt.datetime(2024, 2, 5), workbooks.Formula("2*490").valued(980)],
]


def test_a_workbook_is_read_by_its_values(tmp_path):
    path = workbooks.write(tmp_path / "orders.xlsx", {"Orders": SHEET, "Old": [["x"]]}, hidden=["Old"])
    names, found = rows(tmp_path, path)
    assert names == ["who", "when", "paid"]
    assert [(who, when[:16], paid) for who, when, paid in found] == [
        ("007", "2024-01-05 10:30", "1250.1250"),
        ("8", "2024-02-05", "980"),
    ]


def test_titles_and_blank_rows_of_a_sheet_are_passed_over_and_rows_keep_their_numbers(tmp_path):
    sheet = [["Sales report"], [], *SHEET[:2], [], SHEET[2]]
    path = workbooks.write(tmp_path / "orders.xlsx", {"Orders": sheet}, merged=["A1:C1"])
    assert len(rows(tmp_path, path)[1]) == 2
    with bench(tmp_path) as workplace:
        source = opened(workplace, path)
        assert source.where(workplace, [0, 1]) == ["4", "6"]


def test_sheets_are_asked_for(tmp_path):
    path = workbooks.write(
        tmp_path / "orders.xlsx", {"May": SHEET, "June": SHEET[:2], "X": SHEET}, hidden=["X"]
    )
    assert "has several sheets, 'May', 'June' (hidden: 'X'): say which, --sheet NAME" in refusal(
        tmp_path, path
    )
    assert len(rows(tmp_path, path, sheet="June")[1]) == 1
    assert len(rows(tmp_path, path, sheet="X")[1]) == 2
    assert "--sheet 'Y'" in refusal(tmp_path, path, sheet="Y")


def test_what_would_count_as_empty_in_a_workbook_is_refused(tmp_path):
    path = workbooks.write(tmp_path / "merged.xlsx", {"Orders": SHEET}, merged=["A2:A3"])
    assert "merged cells among its values (A2:A3)" in refusal(tmp_path, path)
    sheet = [*SHEET, ["9", dt.datetime(2024, 3, 5), workbooks.Formula("1+1")]]
    path = workbooks.write(tmp_path / "formula.xlsx", {"Orders": sheet})
    assert "formulas without a value (C4)" in refusal(tmp_path, path)


def test_options_of_other_formats_are_refused(tmp_path):
    path = file(tmp_path, "orders.csv", CSV)
    assert "--sheet is for files of workbook, and orders.csv is one of text" in refusal(
        tmp_path, path, sheet="x"
    )
    assert "--query is for files of database" in refusal(tmp_path, path, query="SELECT 1")


# --- several files -------------------------------------------------------------------------------
def test_a_folder_and_a_pattern_are_read_one_after_the_other(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    file(folder, "a.csv", CSV)
    file(folder, "b.csv.gz", gzip.compress(b"paid;who;when\n5;9;2024-03-01\n"))
    file(folder, "readme.md", "no data")
    assert rows(tmp_path, folder)[1] == [*ROWS, ("9", "2024-03-01", "5")]
    assert rows(tmp_path, str(folder / "a*"))[1] == ROWS
    with bench(tmp_path) as workplace:
        source = opened(workplace, folder)
        source.read(workplace, {"who": "who"}, lambda: None)
        assert source.where(workplace, [1, 2]) == ["a.csv 3", "b.csv.gz 2"]


def test_files_with_other_columns_are_refused(tmp_path):
    file(tmp_path, "a.csv", CSV)
    file(tmp_path, "b.csv", "who,when,sum\n1,2024-01-01,2\n")
    assert "b.csv lacks paid and has sum (beside a.csv)" in refusal(tmp_path, str(tmp_path / "*.csv"))
    assert "there is no file" in refusal(tmp_path, str(tmp_path / "*.tsv"))


# --- text ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(tmp_path, separator):
    assert rows(tmp_path, file(tmp_path, "x.csv", CSV.replace(",", separator)))[1] == ROWS


def test_a_decimal_comma_is_no_separator_and_a_separator_can_be_said(tmp_path):
    text = "who;when;paid\n1;2024-01-05;10,50\n2;2024-02-05;20,25\n"
    assert rows(tmp_path, file(tmp_path, "x.csv", text))[1][0] == ("1", "2024-01-05", "10,50")
    colons = "who:paid\n1:2\n"
    assert rows(tmp_path, file(tmp_path, "x.csv", colons), separator=":")[1] == [("1", "2")]


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\n', "SEP=;\r\n"])
def test_the_line_that_spreadsheets_write_above(tmp_path, first):
    assert rows(tmp_path, file(tmp_path, "x.csv", first + CSV.replace(",", ";")))[1] == ROWS


@pytest.mark.parametrize("above", ["\n\n", "Report,,\n\n", "Report\nof 2024\n\n\n", '"A, b ""c"""\n'])
def test_titles_are_passed_over_and_lines_keep_their_numbers(tmp_path, above):
    path = file(tmp_path, "x.csv", above + CSV)
    assert rows(tmp_path, path)[1] == ROWS
    with bench(tmp_path) as workplace:
        assert opened(workplace, path).where(workplace, [1]) == [str(above.count("\n") + 3)]
        assert "columns are named in line" in workplace.said[0]


def test_no_header(tmp_path):
    path = file(tmp_path, "x.csv", CSV.partition("\n")[2])
    assert "line 1 holds values (007, 2024-01-05, 1250.125)" in refusal(tmp_path, path)
    assert "--names" in refusal(tmp_path, path)
    assert rows(tmp_path, path, names=("who", "when", "paid")) == (["who", "when", "paid"], ROWS)
    assert rows(tmp_path, path, header=False) == (["1", "2", "3"], ROWS)
    assert "--names has 2 names, and x.csv has 3 columns" in refusal(tmp_path, path, names=("a", "b"))


def test_columns_without_a_name_are_called_by_their_places(tmp_path):
    names, found = rows(tmp_path, file(tmp_path, "x.csv", ",who,paid\n0,7,1\n1,8,2\n"))
    assert names == ["", "who", "paid"]
    names, found = rows(tmp_path, file(tmp_path, "x.csv", "who,paid,,\n7,1,,\n8,2,,\n"))
    assert names == ["who", "paid", "column 3", "column 4"]
    assert found == [("7", "1", None, None), ("8", "2", None, None)]
    assert "'paid' occurs 2 times" in refusal(tmp_path, file(tmp_path, "x.csv", "who,paid,paid\n7,1,2\n"))


def test_an_empty_workbook_is_refused(tmp_path):
    path = workbooks.write(tmp_path / "orders.xlsx", {"Orders": []})
    assert "has no visible sheet with values" in refusal(tmp_path, path)
    assert "is empty" in refusal(tmp_path, path, sheet="Orders")


def test_a_header_line_can_be_said(tmp_path):
    path = file(tmp_path, "x.csv", "a,b,c\nd,e,f\n" + CSV)
    assert rows(tmp_path, path, header_line=3) == (["who", "when", "paid"], ROWS)
    assert "has no row that begins there" in refusal(tmp_path, path, header_line=99)
