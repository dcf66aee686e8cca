"""k, uniqueness and l on masked rows, and the withholding of small classes."""

from collections import Counter

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masking.risk import as_risk, measure, withhold_small

CON = ibis.duckdb.connect()
ROWS = [("a", "1"), ("a", "2"), ("a", None), ("b", "1"), ("b", "1"), (None, "1"), (None, "1"), (None, "1"), ("c", "2")]


def table(rows):
    return ibis.memtable(
        {"place": list(range(len(rows))), "q": [q for q, _ in rows], "s": [s for _, s in rows]},
        schema={"place": "int64", "q": "string", "s": "string"},
    )


def measured(rows, k, sensitive=None):
    return as_risk(CON.to_pyarrow(measure(table(rows), ["q"], k=k, sensitive=sensitive)), sensitive=sensitive)


def test_measure():
    found = measured(ROWS, 3, "s")
    assert (found.rows, found.classes, found.k, found.unique, found.below, found.l) == (9, 4, 1, 1, 3, 1)


def test_missing_values_are_a_class_of_their_own():
    assert measured([(None, "1"), (None, "1"), ("a", "1"), ("a", "2")], 2).k == 2


def test_nothing_measures_zero():
    found = measured([], 5)
    assert (found.rows, found.k, found.below, found.l) == (0, 0, 0, None)


def test_without_quasi_identifiers_all_rows_are_one_class():
    found = as_risk(CON.to_pyarrow(measure(table(ROWS), [], k=5)))
    assert (found.classes, found.k) == (1, 9)
    assert CON.to_pyarrow(withhold_small(table(ROWS), [], 9)).num_rows == 9


def test_l_withholds_classes_without_variety():
    kept = CON.to_pyarrow(withhold_small(table(ROWS), ["q"], 2, sensitive="s", l=2)).to_pylist()
    assert {row["q"] for row in kept} == {"a"}
    assert list(kept[0]) == ["place", "q", "s"]


groups = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from(["1", "2", None])), max_size=25)


@pytest.mark.duty("R-194")
@settings(max_examples=40, deadline=None, derandomize=True)
@given(groups, st.integers(2, 5), st.integers(1, 3))
def test_what_stays_is_what_a_plain_count_keeps_and_meets_k_and_l(rows, k, variety):
    sizes = Counter(q for q, _ in rows)
    values = {q: {s for other, s in rows if other == q} for q in sizes}
    expected = [place for place, (q, _) in enumerate(rows) if sizes[q] >= k and len(values[q]) >= variety]

    kept = withhold_small(table(rows), ["q"], k, sensitive="s", l=variety)
    found = as_risk(CON.to_pyarrow(measure(kept, ["q"], k=k, sensitive="s")), sensitive="s")

    assert sorted(row["place"] for row in CON.to_pyarrow(kept).to_pylist()) == expected
    assert found.rows == len(expected)
    assert found.rows == 0 or (found.k >= k and found.l >= variety)
    assert measured(rows, k).k == min(sizes.values(), default=0)
    assert measured(rows, k).below == sum(size for size in sizes.values() if size < k)
