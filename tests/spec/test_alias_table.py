"""Former codes in, key in force out, with the evidence."""

from __future__ import annotations

from datetime import datetime

import ibis
import pyarrow as pa
import pytest

from catalog.register import Library
from pipelines.fusion.alias import ALIAS_SCHEMA, alias_table, in_force

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


COMPANIES = Library.model_validate(
    {
        "title": "法人",
        "key": "credit_code",
        "key_length": 18,
        "key_in": {"sc": "credit_code"},
        "aliases": [
            {
                "resource": "sc_change",
                "alias": "old",
                "key": "new",
                "kind": "kind",
                "kinds": {"更正": "corrected", "合并": "merged", "分立": "split"},
                "when": {"state": ["done"]},
            },
            {"resource": "sc", "alias": "number", "key": "credit_code", "means": "former_number"},
            {
                "resource": "sc",
                "alias_part": {"of": "credit_code", "from": 9, "to": 17},
                "key": "credit_code",
                "means": "former_number",
            },
        ],
        "items": {"name": {"title": "名称", "authority": "sc"}},
    }
)
ONE, TWO, THREE = "91420102AAAAAAAAA1", "91420103BBBBBBBBB2", "91420104BBBBBBBBB3"


def changes_of_codes(rows: list[tuple[str, str, str, str, int]]) -> ibis.expr.types.Table:
    return ibis.memtable(
        pa.table(
            {
                **{
                    name: pa.array([row[n] for row in rows], pa.string())
                    for n, name in enumerate(("old", "new", "kind", "state"))
                },
                "_observed": pa.array([datetime(2026, 1, row[4]) for row in rows], pa.timestamp("us")),
                "_seq": pa.array([1] * len(rows), pa.int64()),
                "_batch": pa.array([f"b{row[4]}" for row in rows], pa.string()),
            }
        )
    )


def holders(rows: list[tuple[str, str | None]]) -> ibis.expr.types.Table:
    return ibis.memtable(
        pa.table(
            {
                "credit_code": pa.array([row[0] for row in rows], pa.string()),
                "number": pa.array([row[1] for row in rows], pa.string()),
                "_observed": pa.array([datetime(2026, 1, 1)] * len(rows), pa.timestamp("us")),
                "_seq": pa.array([1] * len(rows), pa.int64()),
                "_batch": pa.array(["sc1"] * len(rows), pa.string()),
            }
        )
    )


def evidence(**sources) -> list[tuple]:
    table = alias_table(COMPANIES, sources)
    assert table is not None
    assert table.schema() == ALIAS_SCHEMA
    rows = ibis.duckdb.connect().to_pyarrow(table).to_pylist()
    return sorted((one["alias"], one["key"], one["kind"], one["batch"], one["ambiguous"]) for one in rows)


def test_every_kind_of_change_with_its_evidence() -> None:
    rows = [
        ("A", ONE, "更正", "done", 1),
        ("B", ONE, "合并", "done", 2),
        ("C", TWO, "更正", "pending", 3),  # not decided: says nothing
        ("D", ONE, "别的", "done", 4),  # a word nobody explained: what the source means in general
    ]
    assert evidence(sc_change=changes_of_codes(rows)) == [
        ("A", ONE, "corrected", "b1", False),
        ("B", ONE, "merged", "b2", False),
        ("D", ONE, "corrected", "b4", False),
    ]


def test_a_split_code_is_listed_and_never_resolved() -> None:
    rows = [("A", ONE, "分立", "done", 1), ("A", TWO, "分立", "done", 1), ("X", "A", "更正", "done", 1)]
    table = changes_of_codes(rows)
    assert evidence(sc_change=table) == [
        ("A", ONE, "split", "b1", True),
        ("A", TWO, "split", "b1", True),
        ("X", "A", "corrected", "b1", False),  # a chain ends before the split
    ]
    found = alias_table(COMPANIES, {"sc_change": table})
    assert found is not None
    resolved = ibis.duckdb.connect().to_pyarrow(in_force(found)).to_pylist()
    assert resolved == [{"alias": "X", "key": "A"}]


def test_a_split_with_one_part_delivered_is_still_ambiguous() -> None:
    assert evidence(sc_change=changes_of_codes([("A", ONE, "分立", "done", 1)]))[0][-1] is True


def test_a_correction_after_a_split_decides() -> None:
    rows = [("A", ONE, "分立", "done", 1), ("A", TWO, "分立", "done", 1), ("A", ONE, "更正", "done", 2)]
    assert evidence(sc_change=changes_of_codes(rows)) == [("A", ONE, "corrected", "b2", False)]


def test_registration_numbers_and_organisation_codes_lead_to_the_credit_code() -> None:
    assert evidence(sc=holders([(ONE, "420100000000001"), (TWO, None)])) == [
        ("420100000000001", ONE, "former_number", "sc1", False),
        ("AAAAAAAAA", ONE, "former_number", "sc1", False),
        ("BBBBBBBBB", TWO, "former_number", "sc1", False),
    ]


def test_a_number_of_two_holders_leads_nowhere_until_one_code_has_become_the_other() -> None:
    both = holders([(TWO, "1"), (THREE, "1")])
    assert {row[-1] for row in evidence(sc=both)} == {True}
    merged = changes_of_codes([(TWO, THREE, "合并", "done", 5)])
    assert evidence(sc=both, sc_change=merged) == [
        ("1", THREE, "former_number", "sc1", False),
        (TWO, THREE, "merged", "b5", False),
        ("BBBBBBBBB", THREE, "former_number", "sc1", False),
    ]


def test_one_alias_is_written_once() -> None:
    with pytest.raises(ValueError, match="alias_part"):
        Library.model_validate(
            {
                "title": "t",
                "key": "k",
                "key_in": {"sc": "k"},
                "aliases": [{"resource": "sc", "key": "k"}],
                "items": {"name": {"title": "名称", "authority": "sc"}},
            }
        )
