"""The floor's population library as a register, its resources, its rules and its masking plan.

Values and fallbacks are those of `floor/limit_population.py`; agreement goes further than the floor, which flags one
conflict: every source of a name and of a phone number is compared.
"""

from __future__ import annotations

from typing import Any

from catalog.city import City
from catalog.departments import Department
from catalog.model import Resource
from catalog.register import Library, Register
from masking.plan import MaskingPlan
from quality.rules import RuleSet

FEEDS: dict[str, dict[str, str]] = {
    "ga_household": {
        "name": "name",
        "sex": "sex",
        "ethnicity": "ethnicity",
        "birth_date": "try_strptime(birth_date, '%Y%m%d')::DATE",
        "division": "division",
        "address": "address",
    },
    "mz_marriage": {"name": "name", "marital_status": "marital_status"},
    "rs_social": {"name": "name", "phone": "phone", "employer": "employer"},
    "wj_health": {"name": "name", "phone": "phone", "blood_type": "blood_type"},
    "jy_student": {"name": "name", "school": "school", "grade": "grade"},
}
"""Feed of the floor's city -> item of its standard table -> how the standard stage reads it."""


def _item(authority: str, *others: str, type_: str = "text") -> dict[str, Any]:
    return {
        "title": authority,
        "authority": authority,
        "corroborating": list(others),
        "fallback": list(others),
        "type": type_,
    }


POPULATION = Library.model_validate(
    {
        "title": "人口库",
        "key": "id_no",
        "key_in": dict.fromkeys(FEEDS, "id_no"),
        "items": {
            "name": _item("ga_household", "rs_social", "wj_health", "mz_marriage", "jy_student"),
            "sex": _item("ga_household"),
            "ethnicity": _item("ga_household"),
            "birth_date": _item("ga_household", type_="date"),
            "division": _item("ga_household"),
            "address": _item("ga_household"),
            "marital_status": _item("mz_marriage"),
            "phone": _item("rs_social", "wj_health"),
            "employer": _item("rs_social"),
            "blood_type": _item("wj_health"),
            "school": _item("jy_student"),
            "grade": _item("jy_student", type_="integer"),
        },
    }
)


def _resource(feed: str) -> Resource:
    types = {name: item.type for name, item in POPULATION.items.items()}
    items = [
        {"id": "id_no", "title": "公民身份号码"},
        *({"id": one, "title": one, "type": types[one]} for one in FEEDS[feed]),
    ]
    access = {"class": "unconditional"}
    entry = {"id": feed, "title": feed, "department": "bureau", "system": "floor", "sharing": access, "opening": access}
    return Resource.model_validate(entry | {"update_cycle": "daily", "key": ["id_no"], "items": items})


CITY = City(
    departments=(Department(id="bureau", name="大数据局"),),
    resources=tuple(_resource(feed) for feed in FEEDS),
    feeds=(),
    register=Register(libraries={"population": POPULATION}),
)
"""The floor's catalogue, so that the benchmark runs the product's own build."""


def _rule(item: str, what: str, check: dict[str, Any], dimension: str = "conformity") -> dict[str, Any]:
    return {
        "id": f"population.{item}.{what}",
        "title": what,
        "item": item,
        "check": check,
        "dimension": dimension,
        "basis": "benchmark",
        "message": {"zh": "请核对", "en": "check it"},
    }


def _rules() -> list[dict[str, Any]]:
    # Items that everyone has; demanding a school of a pensioner would make three failures of every row.
    present = ["id_no", "name", "sex", "ethnicity", "division", "address", "birth_date"]
    rules = [_rule(item, "there", {"kind": "not_null"}, "completeness") for item in present]
    bounds = {"id_no": 18, "sex": 1, "ethnicity": 2, "division": 6, "marital_status": 2, "phone": 11, "employer": 18}
    rules += [
        _rule(item, "length", {"kind": "length", "min": length, "max": length}) for item, length in bounds.items()
    ]
    rules += [_rule(item, "short", {"kind": "length", "min": 2, "max": 60}) for item in ("name", "address", "school")]
    patterns = {
        "id_no": "[1-9][0-9]{16}[0-9X]",
        "division": "42[0-9]{4}",
        "phone": "1[3-9][0-9]{9}",
        "employer": "91[0-9]{6}[0-9A-Z]{10}",
        "school": "S[0-9]+",
        "sex": "[0-9]",
        "ethnicity": "[0-9][0-9]",
        "blood_type": "[ABO]+",
        "marital_status": "[1-4]0",
    }
    rules += [_rule(item, "shape", {"kind": "matches", "pattern": one}) for item, one in patterns.items()]
    lists = {
        "sex": ["0", "1", "2", "9"],
        "blood_type": ["A", "B", "O", "AB"],
        "marital_status": ["10", "20", "30", "40"],
        "ethnicity": [f"{n:02d}" for n in range(1, 57)],
    }
    rules += [_rule(item, "listed", {"kind": "one_of", "values": values}) for item, values in lists.items()]
    return [
        *rules,
        _rule("id_no", "check_digit", {"kind": "citizen_id"}, "accuracy"),
        _rule("birth_date", "of_id", {"kind": "birth_date_of", "citizen_id": "id_no"}, "consistency"),
        # The floor's city draws the sex at random: the rule that compares it with the number would fail half of all
        # rows, which no city does. The first letter of the school stands in its place.
        _rule("school", "begins", {"kind": "matches", "pattern": "S.*"}),
        _rule("birth_date", "past", {"kind": "date_not_after", "limit": "2026-01-01"}, "accuracy"),
        _rule("birth_date", "old", {"kind": "date_not_before", "limit": "1900-01-01"}, "accuracy"),
        _rule("grade", "range", {"kind": "between", "min": 1, "max": 12}, "accuracy"),
        _rule("division", "in_city", {"kind": "division_in", "divisions": ["4201"]}, "accuracy"),
        _rule("phone", "number", {"kind": "phone"}),
        _rule("sex", "not_ethnicity", {"kind": "not_equals_item", "other": "ethnicity"}, "consistency"),
        _rule("name", "not_address", {"kind": "not_equals_item", "other": "address"}, "consistency"),
    ]


RULES = RuleSet.model_validate({"resource": "population", "rules": _rules()})

MASKING = MaskingPlan.model_validate(
    {
        "columns": {
            "pid": {"title": "假名", "technique": "pseudonym", "column": "id_no"},
            "name": {"title": "姓名", "technique": "person_name"},
            "sex": {"title": "性别", "technique": "allowed", "values": ["0", "1", "2", "9"]},
            "birth_year": {"title": "出生年份", "technique": "year", "column": "birth_date"},
            "division": {"title": "区划", "technique": "division", "digits": 6},
            "phone": {"title": "手机号码", "technique": "phone"},
            "marital_status": {"title": "婚姻", "technique": "allowed", "values": ["10", "20", "30", "40"]},
            "blood_type": {"title": "血型", "technique": "allowed", "values": ["A", "B", "O", "AB"]},
        },
        "quasi_identifiers": ["name", "sex", "birth_year", "division", "phone", "marital_status", "blood_type"],
        "k": 5,
    }
)
"""The eight columns that the floor masks; the pseudonym is keyed, and k is measured over all the others."""
