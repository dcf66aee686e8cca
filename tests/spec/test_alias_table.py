"""Former codes in, key in force out."""

from __future__ import annotations

from datetime import datetime

import ibis
import pyarrow as pa
import pytest

from catalog.register import Library
from pipelines.fusion.alias import alias_table

LIBRARY = Library.model_validate(
    {
        "title": "人口",
        "key": "citizen_id",
        "key_in": {"ga_household": "citizen_id"},
        "aliases": [
            {"resource": "ga_reissued", "alias": "old", "key": "new"},
            {"resource": "ga_merged", "alias": "gone", "key": "kept"},
        ],
        "items": {"name": {"title": "姓名", "authority": "ga_household"}},
    }
)


def stated(alias: str, key: str, rows: list[tuple[str | None, str | None, int]]) -> ibis.expr.types.Table:
    return ibis.memtable(
        pa.table(
            {
                alias: pa.array([row[0] for row in rows], pa.string()),
                key: pa.array([row[1] for row in rows], pa.string()),
                "_observed": pa.array([datetime(2026, 1, row[2]) for row in rows], pa.timestamp("us")),
                "_seq": pa.array(range(len(rows)), pa.int64()),
                "_batch": pa.array(["b"] * len(rows), pa.string()),
            }
        )
    )


@pytest.mark.parametrize(
    ("reissued", "merged", "expected"),
    [
        pytest.param([("A", "B", 1)], [], {"A": "B"}, id="one"),
        pytest.param([("A", "B", 1), ("B", "C", 2)], [], {"A": "C", "B": "C"}, id="a chain is followed"),
        pytest.param([("A", "B", 1), ("A", "C", 2)], [], {"A": "C"}, id="the newest statement wins"),
        pytest.param([("A", "B", 1)], [("B", "C", 1)], {"A": "C", "B": "C"}, id="across two resources"),
        pytest.param([("A", "A", 1), ("B", None, 1), (None, "C", 1)], [], {}, id="nothing said"),
        pytest.param([("A", "B", 1), ("B", "A", 2)], [], {"A": "B", "B": "A"}, id="a circle ends before its start"),
        pytest.param(
            [("A", "B", 1), ("B", "C", 1), ("C", "D", 1), ("D", "E", 1)],
            [],
            {"A": "E", "B": "E", "C": "E", "D": "E"},
            id="four steps",
        ),
    ],
)
def test_aliases(reissued, merged, expected) -> None:
    table = alias_table(
        LIBRARY, {"ga_reissued": stated("old", "new", reissued), "ga_merged": stated("gone", "kept", merged)}
    )
    assert table is not None
    rows = ibis.duckdb.connect().to_pyarrow(table).to_pylist()
    assert {row["alias"]: row["key"] for row in rows} == expected


def test_no_source_of_aliases_has_delivered() -> None:
    assert alias_table(LIBRARY, {}) is None
