"""Bands and years, table in and table out."""

from datetime import date

import ibis
import pytest

from masking import generalise

AS_OF = date(2026, 11, 21)


@pytest.fixture(scope="module")
def con():
    return ibis.duckdb.connect()


def run(con, form, value, kind, **parameters):
    table = ibis.memtable({"value": [value]}, schema={"value": kind})
    return con.to_pyarrow(table.select(out=form(table["value"], **parameters))).to_pylist()[0]["out"]


@pytest.mark.parametrize(
    ("birth", "years"),
    [
        (date(2026, 11, 21), 0),
        (date(2025, 11, 22), 0),
        (date(2025, 11, 21), 1),
        (date(2008, 11, 22), 17),
        (date(2008, 11, 21), 18),
        (date(1926, 1, 1), 100),
        (date(2026, 11, 22), -1),
        (None, None),
    ],
)
def test_age(con, birth, years):
    assert run(con, generalise.age, birth, "date", as_of=AS_OF) == years


def test_age_of_someone_born_on_a_leap_day(con):
    assert run(con, generalise.age, date(2004, 2, 29), "date", as_of=date(2026, 2, 28)) == 21
    assert run(con, generalise.age, date(2004, 2, 29), "date", as_of=date(2026, 3, 1)) == 22


@pytest.mark.parametrize(
    ("birth", "band"),
    [
        (date(2026, 1, 1), "0至17岁"),
        (date(2008, 11, 22), "0至17岁"),
        (date(2008, 11, 21), "18至59岁"),
        (date(1900, 1, 1), "60岁及以上"),
        (date(2027, 1, 1), "不详"),
        (None, None),
    ],
)
def test_age_band(con, birth, band):
    assert run(con, generalise.age_band, birth, "date", edges=[0, 18, 60], as_of=AS_OF) == band


@pytest.mark.parametrize(
    ("value", "band"),
    [(-1.0, "不足0万元"), (0.0, "0至不足100万元"), (99.99, "0至不足100万元"), (100.0, "100万元及以上"), (None, None)],
)
def test_number_band(con, value, band):
    assert run(con, generalise.number_band, value, "float64", edges=[0, 100], unit="万元") == band


def test_year_band_and_year(con):
    assert run(con, generalise.year_band, date(2014, 12, 31), "date", edges=[2010, 2015]) == "2010至2014年"
    assert run(con, generalise.year_band, date(1999, 1, 1), "date", edges=[2010, 2015]) == "2010年以前"
    assert run(con, generalise.year, date(2014, 12, 31), "date") == 2014


def test_clip(con):
    values = [run(con, generalise.clip, value, "int64", bottom=10, top=90) for value in (3, 50, 400, None)]
    assert values == [10, 50, 90, None]


def test_labels_are_those_the_bands_give(con):
    edges = [0, 1, 18]
    given = {run(con, generalise.integer_band, value, "int64", edges=edges, unit="岁") for value in (-5, 0, 5, 40)}
    assert given == set(generalise.band_labels(edges, unit="岁", whole=True))
