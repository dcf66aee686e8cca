"""Amounts as registers write them come into one form; currencies are kept and gaps are not filled."""

from __future__ import annotations

import ibis
import pyarrow as pa
import pytest

from standards import elements, money

FORMS = [
    ("1,653.5700(万元人民币)", "1653.5700万元"),
    ("200万元人民币", "200万元"),
    ("100万人民币", "100万元"),
    ("50万人民币元", "50万元"),
    ("300(万元)", "300万元"),
    ("300（万元（人民币））", "300万元"),
    ("１０万元", "10万元"),
    ("20(万美元)", "20万美元"),
    ("1000万港币", "1000万港元"),
    ("1000万港元", "1000万港元"),
    ("8(万加拿大元)", "8万加拿大元"),
    # The currency is not stated, so it is not there.
    ("500(万)", "500万"),
    # No amount: left as it is, for a rule to find.
    ("约100万", "约100万"),
    ("(待定)", "(待定)"),
    ("100万元人民币以上", "100万元人民币以上"),
    ("2000元", "2000元"),
]


@pytest.mark.parametrize(("delivered", "normal"), FORMS)
def test_an_amount_has_one_form(delivered: str, normal: str) -> None:
    assert elements.normalise_text(delivered, "money_text") == normal
    assert elements.normalise_text(normal, "money_text") == normal


def test_a_column_of_amounts_comes_out_the_same() -> None:
    values = [one for one, _ in FORMS] + ["10万元\n", "10(万元人民币)\n", "万元", ""]
    table = ibis.memtable(pa.table({"place": range(len(values)), "value": pa.array(values, pa.string())}))
    connection = ibis.duckdb.connect()
    got = connection.to_pyarrow(table.select("place", got=money.normalise(table.value)).order_by("place"))
    connection.disconnect()
    assert got["got"].to_pylist() == [money.normalise_text(one) for one in values]
