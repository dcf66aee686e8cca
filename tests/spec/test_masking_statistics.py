"""Frequency tables: what is counted, how unknowns, zeros and totals stand in the table, what is suppressed."""

from datetime import date

import ibis
import pytest

from ground.errors import UserError
from masking.statistics import StatisticSpec, frequencies
from masking.tabulation import tabulate

CON = ibis.duckdb.connect()
AS_OF = date(2026, 11, 21)
DISTRICTS = {"420106": "武昌区", "420111": "洪山区", "420102": "江岸区"}
CHILD, ADULT = "2020-01-01", "1980-01-01"


def spec(**changes):
    document = {
        "dimensions": [
            {"name": "division", "title": "行政区划", "kind": "code", "code_list": "division"},
            {"name": "age", "title": "年龄段", "kind": "age_band", "column": "birth_date", "edges": [0, 18]},
        ],
        "measure_title": "人数",
    }
    return StatisticSpec.model_validate(document | changes)


def table(rows):
    made = ibis.memtable(
        {
            "division": [one for one, _, count in rows for _ in range(count)],
            "born": [b for _, b, n in rows for _ in range(n)],
        },
        schema={"division": "string", "born": "string"},
    )
    return made.mutate(birth_date=made["born"].cast("date"))


def statistic(rows, of=None, min_cell=5):
    of = of or spec()
    counted = CON.to_pyarrow(frequencies(of, table(rows), as_of=AS_OF))
    return tabulate(of, counted, min_cell=min_cell, code_lists={"division": DISTRICTS})


def cells(made):
    return {
        (row.get("division_title"), row.get("age")): row["count"] if row["status"] == "shown" else "*"
        for row in made.table.to_pylist()
    }


def test_totals_zeros_and_unknowns():
    made = statistic(
        [("420106", CHILD, 7), ("420106", ADULT, 20), ("420111", ADULT, 9), ("999999", ADULT, 6), (None, None, 8)]
    )
    assert cells(made) == {
        ("武昌区", "0至17岁"): 7,
        ("武昌区", "18岁及以上"): 20,
        ("武昌区", "不详"): 0,
        ("武昌区", "合计"): 27,
        ("洪山区", "0至17岁"): 0,
        ("洪山区", "18岁及以上"): 9,
        ("洪山区", "不详"): 0,
        ("洪山区", "合计"): 9,
        ("不详", "0至17岁"): 0,
        ("不详", "18岁及以上"): 6,
        ("不详", "不详"): 8,
        ("不详", "合计"): 14,
        ("合计", "0至17岁"): 7,
        ("合计", "18岁及以上"): 35,
        ("合计", "不详"): 8,
        ("合计", "合计"): 50,
    }
    assert (made.cells, made.suppressed, made.exposed) == (16, 0, 0)
    codes = {row["division_title"]: row["division"] for row in made.table.to_pylist()}
    assert codes == {"武昌区": "420106", "洪山区": "420111", "不详": "_U", "合计": "_T"}


@pytest.mark.duty("R-194")
def test_a_small_cell_takes_others_with_it_and_the_mark_does_not_tell_which():
    rows = [("420106", CHILD, 3), ("420106", ADULT, 20), ("420111", CHILD, 30), ("420111", ADULT, 40)]
    made = statistic(rows)
    shown = cells(made)

    assert {key for key, count in shown.items() if count == "*"} == {
        (district, age) for district in ("武昌区", "洪山区") for age in ("0至17岁", "18岁及以上")
    }
    assert shown["合计", "合计"] == 93
    assert all(row["count"] is None for row in made.table.to_pylist() if row["status"] == "suppressed")
    assert set(made.table["status"].to_pylist()) == {"shown", "suppressed"}


def test_one_dimension_with_its_total():
    of = spec(dimensions=[{"name": "division", "title": "行政区划", "kind": "code", "values": DISTRICTS}])
    made = statistic([("420106", ADULT, 2), ("420111", ADULT, 50), ("420102", ADULT, 9)], of)
    assert cells(made) == {("武昌区", None): "*", ("洪山区", None): 50, ("江岸区", None): "*", ("合计", None): 61}


def test_without_totals_only_the_small_ones_are_suppressed():
    of = spec(totals=False)
    made = statistic([("420106", CHILD, 3), ("420106", ADULT, 20), ("420111", CHILD, 30), ("420111", ADULT, 40)], of)
    assert list(cells(made).values()) == ["*", 20, 30, 40]


def test_bands_stand_in_their_order_and_codes_in_that_of_the_list():
    of = spec(
        dimensions=[
            {"name": "division", "title": "行政区划", "kind": "code", "code_list": "division"},
            {"name": "year", "title": "出生年", "kind": "year", "column": "birth_date"},
        ]
    )
    made = statistic([("420102", "2001-01-01", 9), ("420106", "1999-01-01", 9), ("420102", None, 9)], of)
    rows = made.table.to_pylist()
    assert [row["year"] for row in rows[:4]] == ["1999", "2001", "不详", "合计"]
    assert [row["division_title"] for row in rows[::4]] == ["武昌区", "江岸区", "合计"]


def test_a_table_of_nobody_has_no_cells_to_show():
    made = statistic([])
    assert made.exposed == 0
    assert all(row["count"] == 0 for row in made.table.to_pylist())


@pytest.mark.parametrize(
    "dimension",
    [
        {"name": "name", "title": "姓名", "kind": "code"},
        {"name": "name", "title": "姓名", "kind": "code", "code_list": "a", "values": {"1": "一"}},
        {"name": "age", "title": "年龄", "kind": "age_band"},
        {"name": "age", "title": "年龄", "kind": "age_band", "edges": [18, 0]},
        {"name": "count", "title": "数", "kind": "year"},
    ],
)
def test_free_text_and_other_wrong_dimensions_are_refused(dimension):
    with pytest.raises(ValueError, match=r"code_list|edges|name"):
        spec(dimensions=[dimension])


def test_unknown_column_or_code_list_is_refused():
    with pytest.raises(UserError, match="现有列"):
        frequencies(spec(dimensions=[{"name": "sex", "title": "性别", "kind": "year"}]), table([]), as_of=AS_OF)
    of = spec(dimensions=[{"name": "division", "title": "区", "kind": "code", "code_list": "nowhere"}])
    with pytest.raises(UserError, match="现有代码表：division"):
        statistic([("420106", ADULT, 9)], of)
