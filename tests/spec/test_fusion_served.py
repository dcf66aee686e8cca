"""What readers see of a base library, and which values stand in dispute; table in and table out on every engine."""

from __future__ import annotations

from typing import Any

import pytest
from fusion_tables import arrow, expected, load, shown

from catalog.register import Library
from pipelines.fusion.fuse import fuse
from pipelines.fusion.served import served
from pipelines.fusion.shape import base_schema

COMPANIES = Library.model_validate(
    {
        "title": "法人库",
        "key": "credit_code",
        "key_in": {"sc": "credit_code", "tax": "taxpayer_no"},
        "items": {
            "name": {
                "title": "名称",
                "authority": "sc",
                "corroborating": ["tax"],
                "fallback": ["tax"],
                "from_item": {"tax": "taxpayer_name"},
            },
            "state": {"title": "登记状态", "authority": "sc"},
            "tax_state": {"title": "纳税人状态", "authority": "tax", "from_item": {"tax": "state"}},
        },
    }
)

BASE = """
    credit_code | name | name__source | name__agreement | state  | tax_state | sc__observed | tax__observed
    C1          | 甲   | sc           | agreed          | active | 01        | 2024-01-01   | 2024-02-01
    C2          | 乙   | tax          | sole            |        | 02        |              | 2024-02-02
    C3          | 丙   | tax          | differs         | active |           | 2024-01-03   | 2024-02-03
    C4          |      |              |                 |        |           | 2024-01-04   |
"""


def view(engine: Any, marks: str | None = None, alias: str | None = None) -> Any:
    base = load(engine, arrow(BASE))
    marked = None if marks is None else load(engine, arrow("resource | row_key | item\n" + marks))
    former = None if alias is None else load(engine, arrow("library | alias | key\n" + alias))
    return served(COMPANIES, base, marked, former)


@pytest.mark.duty("R-057", "R-067")
def test_every_item_tells_source_time_and_agreement(engine: Any) -> None:
    like = """
        credit_code | name | name__source | name__observed | name__agreement | state  | state__source | state__observed | state__agreement | tax_state | tax_state__source | tax_state__observed | tax_state__agreement
        C1          | 甲   | sc           | 2024-01-01     | agreed          | active | sc            | 2024-01-01      | sole             | 01        | tax               | 2024-02-01          | sole
        C2          | 乙   | tax          | 2024-02-02     | sole            |        |               |                 |                  | 02        | tax               | 2024-02-02          | sole
        C3          | 丙   | tax          | 2024-02-03     | differs         | active | sc            | 2024-01-03      | sole             |           |                   |                     |
        C4          |      |              |                |                 |        |               |                 |                  |           |                   |                     |
    """
    assert shown(engine, view(engine), like) == expected(like)
    assert list(view(engine).columns) == [
        *("credit_code", "credit_code__disputed"),
        *(f"{i}{s}" for i in COMPANIES.items for s in ("", "__source", "__observed", "__agreement", "__disputed")),
    ]


def test_nothing_is_disputed_without_a_mark(engine: Any) -> None:
    for marks in (None, ""):
        rows = engine.to_arrow(view(engine, marks)).to_pylist()
        assert len(rows) == 4
        assert {cell for row in rows for column, cell in row.items() if column.endswith("__disputed")} == {False}


DISPUTES = {
    "on the value that is served": ("sc | C1 | name", "C1 name"),
    "under the name by which the resource calls it": ("tax | C2 | taxpayer_name", "C2 name"),
    "not by another resource's name for it": ("tax | C2 | name", ""),
    "not on a value that only corroborates": ("tax | C1 | taxpayer_name", ""),
    "not on the item of that name in another resource": ("tax | C1 | state", "C1 tax_state"),
    "on the authority's item while sources differ": ("sc | C3 | name", "C3 name"),
    "not on the authority's missing value": ("sc | C2 | name", ""),
    "not on a value that is not there": ("sc | C4 | state", ""),
    "on the key, by whichever resource": (
        "tax | C1 | taxpayer_no\nsc | C4 | credit_code",
        "C1 credit_code, C4 credit_code",
    ),
    "two marks on one row": ("sc | C1 | name\nsc | C1 | name\nsc | C1 | state", "C1 name, C1 state"),
    "not for a row that the library does not have": ("sc | C9 | name", ""),
    "under a former code": ("sc | X1 | name", "C1 name"),
}


@pytest.mark.duty("R-076")
@pytest.mark.parametrize(("marks", "disputed"), DISPUTES.values(), ids=DISPUTES.keys())
def test_a_mark_disputes_the_value_it_lies_on(engine: Any, marks: str, disputed: str) -> None:
    rows = engine.to_arrow(view(engine, marks, "legal_person | X1 | C1")).to_pylist()
    assert len(rows) == 4
    found = [
        f"{row['credit_code']} {item}"
        for row in sorted(rows, key=lambda row: row["credit_code"])
        for item in [COMPANIES.key, *COMPANIES.items]
        if row[f"{item}__disputed"]
    ]
    assert ", ".join(found) == disputed


def test_the_view_reads_what_fusion_writes(engine: Any) -> None:
    empty = fuse(COMPANIES, {})
    assert empty.schema() == base_schema(COMPANIES)
    assert engine.to_arrow(served(COMPANIES, empty)).num_rows == 0
