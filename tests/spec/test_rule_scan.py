"""The fused scan: a standard table in, every failing row of every rule out."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import ibis
import pytest

from quality.mask import BITS, COUNT_SCHEMA, FAILURE_SCHEMA
from quality.rules import Rule
from quality.scan import ScanPlan, scan

AS_OF = datetime.date(2026, 11, 21)


@dataclass(frozen=True)
class Owned:
    id: str = "people"
    department: str = "ga"


def rule(item: str, number: int = 0, /, **check: Any) -> Rule:
    return Rule.model_validate(
        {
            "id": f"people.{item}.r{number}",
            "title": "t",
            "item": item,
            "check": check,
            "dimension": "accuracy",
            "basis": "GB",
            "message": {"zh": "有误", "en": "wrong"},
        }
    )


def planned(rows: list[dict[str, Any]], rules: list[Rule], schema: dict[str, str], **references: Any) -> ScanPlan:
    table = ibis.memtable(
        [{"key": str(number), "_batch": "b1", **row} for number, row in enumerate(rows)],
        schema={"key": "string", "_batch": "string", **schema},
    )
    return scan(table, rules, key=["key"], references=references, as_of=AS_OF, resource=Owned())


def failing(rows: list[dict[str, Any]], check: Rule, schema: dict[str, str], **references: Any) -> list[str]:
    """Row keys that fail, in order; the counts must say the same."""
    connection = ibis.duckdb.connect()
    plan = planned(rows, [check], schema, **references)
    keys = sorted(connection.to_pyarrow(plan.failures)["row_key"].to_pylist(), key=int)
    counted = connection.to_pyarrow(plan.counts).to_pylist()
    assert [(one["rows"], one["failed"]) for one in counted] == [(len(rows), len(keys))]
    return keys


TEXT_CASES = [
    ({"kind": "not_null"}, ["a", "", None], ["1", "2"]),
    ({"kind": "citizen_id"}, ["11010519491231002X", "110105194912310021", "x", None, "440524188001010014"], ["1", "2"]),
    ({"kind": "credit_code"}, ["91350211M000100Y46", "91350211M000100Y47", "9135", None], ["1", "2"]),
    ({"kind": "phone"}, ["13800138000", "027-87654321", "12800138000", "1380013800O", None], ["2", "3"]),
    ({"kind": "code_list", "list": "sex"}, ["1", "9", "3", None], ["2"]),
    ({"kind": "one_of", "values": ["1", "2"]}, ["1", "9", None], ["1"]),
    (
        {"kind": "division_in", "divisions": ["4201", "110105"]},
        ["420102", "110105", "110106", "4201", None],
        ["2", "3"],
    ),
    ({"kind": "matches", "pattern": r"A|\d{3}"}, ["A", "123", "1234", "xA", "A\n", None], ["2", "3", "4"]),
    ({"kind": "length", "min": 2, "max": 3}, ["一", "一二", "一二三", "一二三四", None], ["0", "3"]),
]


@pytest.mark.parametrize(("check", "values", "expected"), TEXT_CASES, ids=lambda case: str(case)[:30])
def test_text_checks(check: dict[str, Any], values: list[str | None], expected: list[str]) -> None:
    assert failing([{"v": value} for value in values], rule("v", **check), {"v": "string"}) == expected


def test_a_right_credit_code_is_right_in_this_test() -> None:
    """The table above needs one; it is made by the definition of GB 32100, not by our own code."""
    alphabet, code = "0123456789ABCDEFGHJKLMNPQRTUWXY", "91350211M000100Y46"
    total = sum(alphabet.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    assert alphabet[-total % 31] == code[17]


def test_numbers_between_bounds() -> None:
    rows = [{"v": value} for value in (-1, 0, 5, 10, 11, None)]
    assert failing(rows, rule("v", kind="between", min=0, max=10), {"v": "int64"}) == ["0", "4"]
    assert failing(rows, rule("v", kind="between", min=0), {"v": "decimal(18,4)"}) == ["0"]


def test_dates_before_and_after() -> None:
    days = [datetime.date(2026, 11, 20), AS_OF, datetime.date(2026, 11, 22), None]
    rows = [{"v": day} for day in days]
    assert failing(rows, rule("v", kind="date_not_after"), {"v": "date"}) == ["2"]
    assert failing(rows, rule("v", kind="date_not_before", limit="2026-11-21"), {"v": "date"}) == ["0"]


def test_a_moment_on_the_day_of_evaluation_is_not_after_it() -> None:
    rows = [{"v": datetime.datetime(2026, 11, 21, 23, 59)}, {"v": datetime.datetime(2026, 11, 22, 0, 0)}]
    assert failing(rows, rule("v", kind="date_not_after"), {"v": "timestamp"}) == ["1"]


RIGHT = "11010519491231002X"  # GB 11643's own example: a woman born on 31 December 1949
WRONG = "110105194912310020"


def test_sex_agrees_with_the_number() -> None:
    rows = [
        {"id": RIGHT, "v": "2"},
        {"id": RIGHT, "v": "1"},
        {"id": RIGHT, "v": "9"},  # not stated contradicts nothing
        {"id": RIGHT, "v": None},
        {"id": WRONG, "v": "1"},  # a wrong number proves nothing
        {"id": None, "v": "1"},
    ]
    assert failing(rows, rule("v", kind="sex_of", citizen_id="id"), {"id": "string", "v": "string"}) == ["1"]


def test_birth_date_agrees_with_the_number() -> None:
    day, other = datetime.date(1949, 12, 31), datetime.date(1949, 12, 30)
    rows = [
        {"id": RIGHT, "v": day},
        {"id": RIGHT, "v": other},
        {"id": RIGHT, "v": None},
        {"id": WRONG, "v": other},
        {"id": None, "v": other},
    ]
    assert failing(rows, rule("v", kind="birth_date_of", citizen_id="id"), {"id": "string", "v": "date"}) == ["1"]


def test_two_items_of_a_row() -> None:
    rows = [{"a": "x", "v": "x"}, {"a": "x", "v": "y"}, {"a": None, "v": "y"}, {"a": "x", "v": None}]
    schema = {"a": "string", "v": "string"}
    assert failing(rows, rule("v", kind="equals_item", other="a"), schema) == ["1"]
    assert failing(rows, rule("v", kind="not_equals_item", other="a"), schema) == ["0"]


def reference(rows: list[tuple[str | None, str]]) -> Any:
    return ibis.memtable(
        [{"code": code, "state": state} for code, state in rows], schema={"code": "string", "state": "string"}
    )


COMPANIES = [("91A", "active"), ("91B", "cancelled"), ("91B", "cancelled"), (None, "active"), ("91C", "revoked")]


def test_a_value_is_held_by_another_resource() -> None:
    rows = [{"v": "91A"}, {"v": "91X"}, {"v": "12Y"}, {"v": None}, {"v": "91B"}]
    company = reference(COMPANIES)
    check = rule("v", kind="in_reference", resource="company", item="code")
    assert failing(rows, check, {"v": "string"}, company=company) == ["1", "2"]
    only_nine = rule("v", kind="in_reference", resource="company", item="code", starting=["9"])
    assert failing(rows, only_nine, {"v": "string"}, company=company) == ["1"]


def test_a_part_of_a_value_is_held_by_another_resource() -> None:
    rows = [{"v": "xx91A"}, {"v": "xx91Z"}, {"v": None}]
    check = rule("v", kind="in_reference", resource="company", item="code", part={"from": 3, "to": 5})
    assert failing(rows, check, {"v": "string"}, company=reference(COMPANIES)) == ["1"]


def test_two_resources_contradict_each_other() -> None:
    """Normal for the tax office, cancelled in the register; revoked companies still owe tax."""
    rows = [
        {"code": "91A", "v": "01"},
        {"code": "91B", "v": "01"},
        {"code": "91B", "v": "03"},
        {"code": "91C", "v": "01"},
        {"code": "91X", "v": "01"},
        {"code": None, "v": "01"},
        {"code": "91B", "v": None},
    ]
    check = rule("v", kind="cross", other="company", key="code", when={"v": "01"}, other_when={"state": "cancelled"})
    assert failing(rows, check, {"code": "string", "v": "string"}, company=reference(COMPANIES)) == ["1"]


def test_a_missing_reference_is_reported_and_never_passed_over() -> None:
    missing = rule("v", kind="in_reference", resource="company", item="code")
    plan = planned([{"v": "91A"}], [missing, rule("v", 1, kind="not_null")], {"v": "string"})
    assert plan.evaluated == ("people.v.r1",)
    assert [one.rule for one in plan.not_assessable] == ["people.v.r0"]
    assert "company" in plan.not_assessable[0].zh
    counts = ibis.duckdb.connect().to_pyarrow(plan.counts).to_pylist()
    assert [one["rule"] for one in counts] == ["people.v.r1"]


def test_nothing_assessable_gives_empty_tables_of_the_right_shape() -> None:
    plan = planned([{"v": "91A"}], [rule("v", kind="in_reference", resource="company", item="code")], {"v": "string"})
    connection = ibis.duckdb.connect()
    assert connection.to_pyarrow(plan.failures).num_rows == 0
    assert connection.to_pyarrow(plan.counts).num_rows == 0
    assert plan.failures.schema() == FAILURE_SCHEMA


@pytest.mark.duty("R-058", "R-077")
def test_every_failing_row_is_kept_with_all_that_a_finding_needs() -> None:
    rules = [
        rule("id", kind="citizen_id"),
        rule("v", 1, kind="sex_of", citizen_id="id"),
        rule("v", 2, kind="not_null"),
        rule("name", 3, kind="not_null"),
    ]
    rows = [
        {"id": RIGHT, "v": "1", "name": None},
        {"id": WRONG, "v": "1", "name": "a"},
        {"id": WRONG, "v": None, "name": None},
        {"id": RIGHT, "v": "2", "name": "a"},
    ]
    plan = planned(rows, rules, {"id": "string", "v": "string", "name": "string"})
    assert plan.failures.schema() == FAILURE_SCHEMA
    assert plan.counts.schema() == COUNT_SCHEMA
    found = ibis.duckdb.connect().to_pyarrow(plan.failures).to_pylist()
    assert sorted((one["row_key"], one["rule"], one["item"]) for one in found) == [
        ("0", "people.name.r3", "name"),
        ("0", "people.v.r1", "v"),
        ("1", "people.id.r0", "id"),
        ("2", "people.id.r0", "id"),
        ("2", "people.name.r3", "name"),
        ("2", "people.v.r2", "v"),
    ]
    assert {(one["resource"], one["department"], one["severity"], one["dimension"], one["batch"]) for one in found} == {
        ("people", "ga", "error", "accuracy", "b1")
    }


@pytest.mark.parametrize("count", [1, BITS, BITS + 1, 2 * BITS + 5])
def test_any_number_of_rules(count: int) -> None:
    """Rule n fails at row n alone, so that every bit of every mask is seen to be its own."""
    rules = [rule("v", number, kind="not_equals_item", other=f"w{number}") for number in range(count)]
    columns = {f"w{number}": "string" for number in range(count)}
    rows = [
        {"v": "x", **{f"w{other}": "x" if other == number else "-" for other in range(count)}}
        for number in range(count)
    ]
    plan = planned(rows, rules, {"v": "string", **columns})
    connection = ibis.duckdb.connect()
    found = connection.to_pyarrow(plan.failures).to_pylist()
    assert {(one["row_key"], one["rule"]) for one in found} == {(str(n), f"people.v.r{n}") for n in range(count)}
    assert len(found) == count
    counts = connection.to_pyarrow(plan.counts).to_pylist()
    assert len(counts) == count
    assert {(one["rows"], one["failed"]) for one in counts} == {(count, 1)}


def test_an_empty_table_counts_zero_for_every_rule() -> None:
    plan = planned([], [rule("v", kind="not_null"), rule("v", 1, kind="phone")], {"v": "string"})
    counts = ibis.duckdb.connect().to_pyarrow(plan.counts).to_pylist()
    assert sorted((one["rule"], one["rows"], one["failed"]) for one in counts) == [
        ("people.v.r0", 0, 0),
        ("people.v.r1", 0, 0),
    ]


def test_keys_of_several_items_are_joined() -> None:
    table = ibis.memtable(
        [{"a": "x", "b": 7, "_batch": "b1"}], schema={"a": "string", "b": "int64", "_batch": "string"}
    )
    rules = [rule("a", kind="one_of", values=["y"])]
    plan = scan(table, rules, key=["a", "b"], references={}, as_of=AS_OF, resource=Owned())
    assert ibis.duckdb.connect().to_pyarrow(plan.failures)["row_key"].to_pylist() == ["x|7"]


def test_several_references_are_joined_without_adding_rows() -> None:
    company = reference(COMPANIES)
    rules = [
        rule("v", 0, kind="in_reference", resource="company", item="code"),
        rule("w", 1, kind="in_reference", resource="company", item="code"),
        rule(
            "w",
            2,
            kind="cross",
            other="company",
            key="w",
            other_key="code",
            when={"v": "91A"},
            other_when={"state": "cancelled"},
        ),
    ]
    rows = [{"v": "91A", "w": "91B"}, {"v": "91Q", "w": "91Q"}, {"v": "91C", "w": "91A"}]
    plan = planned(rows, rules, {"v": "string", "w": "string"}, company=company)
    connection = ibis.duckdb.connect()
    found = connection.to_pyarrow(plan.failures).to_pylist()
    assert sorted((one["row_key"], one["rule"]) for one in found) == [
        ("0", "people.w.r2"),
        ("1", "people.v.r0"),
        ("1", "people.w.r1"),
    ]
    assert {one["rows"] for one in connection.to_pyarrow(plan.counts).to_pylist()} == {3}
