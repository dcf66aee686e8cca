"""Resources whose own key is not the library's: newest row, rows that wait, versions in force, marks under the key."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from fusion_tables import arrow, load, standard

from catalog.model import Resource
from catalog.register import Library
from pipelines.fusion.collapse import collapse
from pipelines.fusion.marks import marks_by_key
from pipelines.fusion.residue import waiting_rows

PEOPLE = Library.model_validate(
    {
        "title": "人口库",
        "key": "citizen_id",
        "key_in": {"ga": "citizen_id", "wj": "id_no"},
        "items": {
            "name": {"title": "姓名", "authority": "ga", "fallback": ["wj"], "from_item": {"wj": "full_name"}},
            "sex": {"title": "性别", "authority": "ga"},
            "blood": {"title": "血型", "authority": "wj"},
        },
    }
)
RECORDS = """
    record | id_no | full_name | blood | _observed
    r1     | P1    | 王伟      | A     | 2024-01-01
    r2     | P1    | 王伟      | B     | 2024-02-01
    r3     |       | 李芳      | O     | 2024-01-01
    r4     | OLD2  | 赵敏      | AB    | 2024-01-01
"""
DIVISIONS = Library.model_validate(
    {
        "title": "区划",
        "base": "geography",
        "key": "code",
        "key_in": {"mz": "code"},
        "in_force_from": {"mz": "valid_from"},
        "items": {"name": {"title": "名称", "authority": "mz"}},
    }
)


def resource(name: str, key: str) -> Resource:
    access = {"class": "unconditional"}
    return Resource.model_validate(
        {
            "id": name, "title": name, "department": "d", "system": "s", "sharing": access, "opening": access,
            "update_cycle": "daily", "key": [key], "items": [{"id": key, "title": key}],
        }
    )  # fmt: skip


def test_the_newest_record_of_a_person_counts(engine: Any) -> None:
    rows = engine.to_arrow(collapse(PEOPLE, "wj", load(engine, standard(RECORDS)))).to_pylist()
    assert sorted((row["id_no"], row["blood"]) for row in rows) == [("OLD2", "AB"), ("P1", "B")]


def test_rows_without_a_key_wait_under_the_names_of_the_library(engine: Any) -> None:
    rows = engine.to_arrow(waiting_rows(PEOPLE, "wj", load(engine, standard(RECORDS)), ["record"])).to_pylist()
    assert [(row["resource"], row["row_key"], row["name"], row["sex"], row["blood"], row["batch"]) for row in rows] == [
        ("wj", "r3", "李芳", None, "O", "b")
    ]


VERSIONS = """
    code | name | valid_from | _observed
    c1   | 旧名 | 2000-01-01 | 2024-03-01
    c1   | 今名 | 2020-01-01 | 2024-01-01
    c1   | 将来 | 2030-01-01 | 2024-02-01
    c2   | 未设 | 2030-01-01 | 2024-01-01
    c3   | 一直 |            | 2024-01-01
"""


@pytest.mark.parametrize(
    ("day", "names"),
    [
        ("2019-12-31", {"c1": "旧名", "c3": "一直"}),
        ("2020-01-01", {"c1": "今名", "c3": "一直"}),
        ("2030-01-01", {"c1": "将来", "c2": "未设", "c3": "一直"}),
    ],
)
def test_the_version_in_force_is_the_last_that_has_begun(engine: Any, day: str, names: dict[str, str]) -> None:
    """Not the one observed last: a department may look at an old version again."""
    table = load(engine, standard(VERSIONS))
    table = table.mutate(valid_from=table["valid_from"].cast("date"))
    rows = engine.to_arrow(collapse(DIVISIONS, "mz", table, day=datetime.date.fromisoformat(day))).to_pylist()
    assert {row["code"]: row["name"] for row in rows} == names


def test_versions_are_never_collapsed_without_a_day(engine: Any) -> None:
    with pytest.raises(ValueError, match="day"):
        collapse(DIVISIONS, "mz", load(engine, standard(VERSIONS)))


def test_a_mark_on_the_record_taken_lies_on_the_person(engine: Any) -> None:
    """A mark on an older record that the library did not take disputes nothing of the person."""
    marks = load(
        engine, arrow("resource | row_key | item\nwj | r2 | blood\nwj | r1 | blood\nwj | r4 | id_no\nga | P7 | name")
    )
    alias = load(engine, arrow("alias | key\nOLD2 | P2"))
    found = marks_by_key(
        PEOPLE, marks, {"ga": resource("ga", "citizen_id"), "wj": resource("wj", "record")},
        {"wj": load(engine, standard(RECORDS))}, alias, day=datetime.date(2026, 1, 1),
    )  # fmt: skip
    added = {(row["resource"], row["row_key"], row["item"]) for row in engine.to_arrow(found).to_pylist()}
    assert added - {("wj", "r2", "blood"), ("wj", "r1", "blood"), ("wj", "r4", "id_no"), ("ga", "P7", "name")} == {
        ("wj", "P1", "blood"),
        ("wj", "P2", "id_no"),
    }
