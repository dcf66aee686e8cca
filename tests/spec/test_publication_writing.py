"""The CSV file: what Excel makes of it. It opens as Chinese text, runs nothing and changes no code."""

import csv
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exchange.publication.writing import guarded, write_rows

TABLE = pa.table(
    {
        "code": ["420106199001011234", "007", "12E5", "420106", None],
        "name": ['=HYPERLINK("http://x","张")', "@SUM(A1)", "-1+2", "含,逗号\n换行", ""],
        "amount": pa.array([-5, None, 0, 7, 12], pa.int64()),
        "capital": pa.array([Decimal("-1.50"), None, Decimal("2.00"), None, None], pa.decimal128(18, 2)),
        "day": pa.array([date(2026, 11, 21), None, None, None, None]),
    }
)
TITLES = {"code": "代码", "name": "名称", "amount": "数量", "capital": "资本", "day": "日期"}


@pytest.fixture
def written(tmp_path):
    paths = {"csv": tmp_path / "a.csv", "parquet": tmp_path / "a.parquet"}
    rows = write_rows(TABLE.to_batches(max_chunksize=2), TABLE.schema, TITLES, **paths)
    assert rows == 5
    return paths


@pytest.mark.duty("R-215")
def test_the_csv_reads_back_with_its_guards(written):
    raw = written["csv"].read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\xef\xbb\xbf") == 1
    with written["csv"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["代码", "名称", "数量", "资本", "日期"],
        ["\t420106199001011234", '\'=HYPERLINK("http://x","张")', "-5", "-1.50", "2026-11-21"],
        ["\t007", "'@SUM(A1)", "", "", ""],
        ["\t12E5", "'-1+2", "0", "2.00", ""],
        ["420106", "含,逗号\n换行", "7", "", ""],
        ["", "", "12", "", ""],
    ]
    assert raw.endswith(b"\r\n")
    assert raw.replace("含,逗号\n换行".encode(), b"").count(b"\n") == raw.count(b"\r\n")


@pytest.mark.duty("R-215")
def test_the_parquet_file_has_the_values_as_they_are(written):
    assert pq.read_table(written["parquet"]).equals(TABLE)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_nothing_a_spreadsheet_would_run_stands_first(start):
    assert guarded(pa.chunked_array([[f"{start}1+1"]])).to_pylist() == [f"'{start}1+1"]


def test_nothing_to_write_is_a_heading(tmp_path):
    write_rows([], TABLE.schema, TITLES, csv=tmp_path / "a.csv", parquet=tmp_path / "a.parquet")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines() == ["代码,名称,数量,资本,日期"]
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0
