"""The fused scan: a standard table in, every failing row of every rule out."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
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
    (
        {"kind": "organisation_code"},
        ["MA0000008", "D2143569X", "D21435690", "D2143569", None, "d2143569X"],
        ["0", "2", "3", "5"],
    ),
    ({"kind": "registration_number"}, ["110108000000016", "110108000000017", "11010800000001", None], ["1", "2"]),
    (
        {"kind": "bank_card"},
        ["4532015112830366", "4532015112830367", "453201511283036", None, "x532015112830366"],
        ["1", "2", "4"],
    ),
    ({"kind": "plate"}, ["鄂A12345", "鄂AD12345", "鄂AI2345", "鄂A1234", None, "鄂A1234学"], ["2", "3"]),
    (
        {"kind": "issuing_division_known", "of": "citizen_id"},
        ["11010519491231002X", "99010519491231002X", None, "x"],
        [],
    ),
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


def test_the_division_of_a_number_was_in_force_after_its_bearers_birth() -> None:
    """132322 ended long before 2010: nobody born then got a number there. 999999 never was. A wrong number says nothing."""
    born = [citizen_id_of(body) for body in ("11010519491231002", "99999919491231002", "13232220100101001")]
    rows = [{"v": one} for one in [*born, WRONG, None]]
    assert failing(rows, rule("v", kind="issuing_division_known", of="citizen_id"), {"v": "string"}) == ["1", "2"]


def test_the_division_of_a_credit_code_is_known() -> None:
    codes = ["91350211M000100Y46", "91999911M000100Y46", "91100000100003962T", "9999", None]
    check = rule("v", kind="issuing_division_known", of="credit_code")
    assert failing([{"v": code} for code in codes], check, {"v": "string"}) == ["1"]


def citizen_id_of(body: str) -> str:
    """A number by the definition of GB 11643."""
    return body + "10X98765432"[sum(int(sign) * pow(2, 17 - place, 11) for place, sign in enumerate(body)) % 11]


def test_age_on_a_day() -> None:
    """Born on 31 December 1949: 20 on the birthday, 19 on the day before."""
    days = [
        datetime.date(1969, 12, 30),
        datetime.date(1969, 12, 31),
        datetime.date(1971, 12, 30),
        datetime.date(1971, 12, 31),
    ]
    rows = [{"id": RIGHT, "v": day} for day in [*days, None, datetime.date(1940, 1, 1)]]
    rows += [{"id": WRONG, "v": days[0]}, {"id": None, "v": days[0]}]
    check = rule("v", kind="age_between", citizen_id="id", min=20, max=21)
    assert failing(rows, check, {"id": "string", "v": "date"}) == ["0", "3", "5"]


def test_another_age_for_men() -> None:
    man, woman = citizen_id_of("11010520000101001"), citizen_id_of("11010520000101002")
    rows = [{"id": who, "v": datetime.date(year, 1, 1)} for who in (man, woman) for year in (2019, 2021, 2022)]
    check = rule("v", kind="age_between", citizen_id="id", min=20, min_of_men=22, max=120)
    assert failing(rows, check, {"id": "string", "v": "date"}) == ["0", "1", "3"]


def test_years_before_the_day_of_evaluation() -> None:
    days = [(2021, 11, 21), (2021, 11, 22), (2003, 11, 22), (2003, 11, 21), (2027, 1, 1)]
    rows = [{"v": datetime.date(*day)} for day in days] + [{"v": None}]
    assert failing(rows, rule("v", kind="years_ago", min=5, max=22), {"v": "date"}) == ["1", "3", "4"]


def test_a_name_agrees_with_another_register() -> None:
    register = ibis.memtable(
        [("P1", "王伟", None), ("P2", "李芳", "李小芳"), ("P3", None, None), (None, "赵", None)],
        schema={"id": "string", "name": "string", "former": "string"},
    )
    rows = [
        ("P1", "王伟"),
        ("P1", "王为"),
        ("P2", "李小芳"),
        ("P2", "李"),
        ("P3", "孙"),
        ("P9", "钱"),
        (None, "周"),
        ("P1", None),
    ]
    table = [dict(zip(("id", "v"), row, strict=True)) for row in rows]
    check = rule("v", kind="agrees_with", resource="register", key="id", item="name", or_item="former")
    assert failing(table, check, {"id": "string", "v": "string"}, register=register) == ["1", "3"]


def test_a_marriage_follows_the_end_of_the_one_before() -> None:
    death = ibis.memtable([("S9",), (None,)], schema={"id": "string"})
    rows = [
        ("P1", 1, "1", "S1"), ("P1", 2, "2", "S1"), ("P1", 3, "1", "S2"),  # divorced between
        ("P2", 1, "1", "S3"), ("P2", 2, "1", "S4"),  # two at once
        ("P3", 1, "1", "S9"), ("P3", 2, "1", "S5"),  # widowed
        (None, 1, "1", "S6"), (None, 2, "1", "S7"),
    ]  # fmt: skip
    table = [{"v": p, "at": datetime.date(2020, 1, d), "what": w, "spouse": s} for p, d, w, s in rows]
    schema = {"v": "string", "at": "date", "what": "string", "spouse": "string"}
    unless = {"resource": "death", "item": "id", "own_item": "spouse"}
    wanted = {"kind": "follows", "by": "v", "order": "at", "before": "what", "never_after": "1"}
    married = rule("v", unless_in=unless, **wanted).model_copy(update={"where": {"what": "1"}})
    assert failing(table, married, schema, death=death) == ["4"]
    assert failing(table, rule("v", **wanted), schema) == ["1", "4", "6"]


def test_dates_in_order() -> None:
    early, late = datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)
    rows = [
        {"a": early, "v": late},
        {"a": late, "v": early},
        {"a": early, "v": early},
        {"a": None, "v": early},
        {"a": late, "v": None},
    ]
    schema = {"a": "date", "v": "date"}
    assert failing(rows, rule("v", kind="not_before_item", other="a"), schema) == ["1"]
    assert failing(rows, rule("v", kind="not_after_item", other="a"), schema) == ["0"]


def test_a_value_stands_once() -> None:
    rows = [{"v": "x"}, {"v": "y"}, {"v": "x"}, {"v": None}, {"v": None}]
    assert failing(rows, rule("v", kind="unique_item"), {"v": "string"}) == ["0", "2"]


def test_several_items_together_stand_once() -> None:
    rows = [
        {"v": "a", "w": "1"},
        {"v": "a", "w": "1"},
        {"v": "a", "w": "2"},
        {"v": "a", "w": None},
        {"v": "a", "w": None},
    ]
    check = rule("v", kind="unique_item", together_with=["w"])
    assert failing(rows, check, {"v": "string", "w": "string"}) == ["0", "1"]


def test_the_minority_of_a_dependency_is_found_and_a_tie_accuses_nobody() -> None:
    schema = {"zip": "string", "v": "string", "w": "string"}
    rows = [
        {"zip": "1", "v": "a", "w": "x"}, {"zip": "1", "v": "a", "w": "x"}, {"zip": "1", "v": "b", "w": "y"},
        {"zip": "2", "v": "a", "w": "x"}, {"zip": "2", "v": "b", "w": "x"},
        {"zip": "3", "v": None, "w": "x"}, {"zip": None, "v": "b", "w": "x"},
        {"zip": "4", "v": "a", "w": "x"}, {"zip": "4", "v": "a", "w": "x"}, {"zip": "4", "v": "b", "w": "x"},
        {"zip": "4", "v": "c", "w": "x"}, {"zip": "5", "v": "a", "w": "x"},
    ]  # fmt: skip
    assert failing(rows, rule("v", kind="usual_with", given=["zip"]), schema) == ["2"], (
        "half of the rows decide nothing"
    )
    assert failing(rows, rule("v", kind="usual_with", given=["zip", "w"]), schema) == []


def test_a_row_called_by_several_items_is_found_again() -> None:
    """The key of a marriage is its certificate and the person; the rule finds the row by both."""
    table = ibis.memtable(
        [(n, k, "1", datetime.date(2026, 9, d)) for n, k, d in [("a", "x", 1), ("a", "y", 9), ("b", "x", 9)]],
        schema={"n": "string", "k": "string", "v": "string", "at": "date"},
    ).mutate(_batch=ibis.literal("b"))
    death = ibis.memtable([("x", datetime.date(2026, 9, 5))], schema={"id": "string", "died": "date"})
    check = rule(
        "v", kind="cross", other="death", key="k", other_key="id", when={"v": "1"}, other_earlier={"died": "at"}
    )
    plan = scan(table, [check], key=["n", "k"], references={"death": death}, as_of=AS_OF, resource=Owned())
    assert ibis.duckdb.connect().to_pyarrow(plan.failures)["row_key"].to_pylist() == ["b|x"]


def test_two_items_start_alike() -> None:
    rows = [
        {"a": "420102001", "v": "420102999"},
        {"a": "420103001", "v": "420102999"},
        {"a": None, "v": "4"},
        {"a": "4", "v": None},
    ]
    check = rule("v", kind="starts_alike", other="a", length=6)
    assert failing(rows, check, {"a": "string", "v": "string"}) == ["1"]


def test_a_number_is_the_difference_of_two() -> None:
    rows = [(10.0, 3.0, 7.0), (10.0, 3.0, 7.02), (10.0, 3.0, 6.995), (None, 3.0, 1.0), (10.0, 3.0, None)]
    check = rule("v", kind="equals_difference", minuend="a", subtrahend="b", tolerance=0.01)
    assert failing([dict(zip("abv", row, strict=True)) for row in rows], check, dict.fromkeys("abv", "float64")) == [
        "1"
    ]
    exact = [[Decimal(str(one)) for one in row] for row in rows[:3]]
    schema = dict.fromkeys("abv", "decimal(18,4)")
    assert failing([dict(zip("abv", row, strict=True)) for row in exact], check, schema) == ["1"]


def test_only_the_rows_that_the_rule_speaks_of_are_asked() -> None:
    rows = [{"v": None, "state": "1"}, {"v": None, "state": "2"}, {"v": None, "state": None}, {"v": "x", "state": "1"}]
    stated = rule("v", kind="not_null").model_copy(update={"where": {"state": "1"}})
    assert failing(rows, stated, {"v": "string", "state": "string"}) == ["0"]


def test_two_people_under_one_number() -> None:
    """The same person twice is a repeated record; different names are two people."""
    rows = [
        {"v": "1", "name": "王伟", "sex": "1"},
        {"v": "1", "name": "王伟", "sex": "1"},
        {"v": "2", "name": "李芳", "sex": "2"},
        {"v": "2", "name": "赵敏", "sex": "2"},
        {"v": "3", "name": "孙丽", "sex": "2"},
        {"v": "3", "name": None, "sex": "2"},
        {"v": "4", "name": "周强", "sex": "1"},
        {"v": "4", "name": "周强", "sex": "2"},
    ]
    schema = {"v": "string", "name": "string", "sex": "string"}
    assert failing(rows, rule("v", kind="unique_item", differs_in=["name"]), schema) == ["2", "3"]
    assert failing(rows, rule("v", kind="unique_item", differs_in=["name", "sex"]), schema) == ["2", "3", "6", "7"]


def test_a_value_is_absent_from_another_resource() -> None:
    rows = [{"v": "91A"}, {"v": "91B"}, {"v": "91X"}, {"v": None}]
    company = reference(COMPANIES)
    check = rule("v", kind="absent_in_reference", resource="company", item="code")
    assert failing(rows, check, {"v": "string"}, company=company) == ["0", "1"]
    gone = rule("v", kind="absent_in_reference", resource="company", item="code", other_when={"state": "cancelled"})
    assert failing(rows, gone, {"v": "string"}, company=company) == ["1"]


def test_it_is_enough_that_one_of_several_registers_holds_the_value() -> None:
    rows = [{"v": "91A"}, {"v": "P1"}, {"v": "91X"}, {"v": None}]
    other = ibis.memtable([{"id": "P1"}], schema={"id": "string"})
    check = rule("v", kind="in_reference", resource="company", item="code", or_in={"people2": "id"})
    assert failing(rows, check, {"v": "string"}, company=reference(COMPANIES), people2=other) == ["2"]
    plan = planned(rows, [check], {"v": "string"}, company=reference(COMPANIES))
    assert "people2" in plan.not_assessable[0].zh
    assert "company" not in plan.not_assessable[0].zh


def test_a_contradiction_in_time() -> None:
    """Dead for more than 60 days when the insurer last looked, and still insured."""
    death = ibis.memtable(
        [
            ("P1", datetime.date(2026, 1, 1)),
            ("P1", datetime.date(2026, 3, 1)),
            ("P2", None),
            (None, datetime.date(2026, 1, 1)),
        ],
        schema={"id": "string", "died": "date"},
    )
    looked = datetime.datetime(2026, 3, 2, 8), datetime.datetime(2026, 3, 3, 8)  # 60 and 61 days later
    rows = [
        {"id": "P1", "v": "1", "at": looked[0]},
        {"id": "P1", "v": "1", "at": looked[1]},
        {"id": "P1", "v": "4", "at": looked[1]},
        {"id": "P2", "v": "1", "at": looked[1]},
        {"id": "P3", "v": "1", "at": looked[1]},
        {"id": None, "v": "1", "at": looked[1]},
        {"id": "P1", "v": "1", "at": None},
    ]
    check = rule("v", kind="cross", other="death", key="id", when={"v": "1"}, other_earlier={"died": "at"}, days=60)
    assert failing(rows, check, {"id": "string", "v": "string", "at": "timestamp"}, death=death) == ["1"]
    # The household register has no state: whoever stands there is taken to live, today.
    today = rule("v", kind="cross", other="death", key="id", other_earlier={"died": "as_of"}, days=300)
    assert failing(rows, today, {"id": "string", "v": "string", "at": "timestamp"}, death=death) == ["0", "1", "2", "6"]


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
