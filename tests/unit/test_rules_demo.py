"""The rules of the demonstration city: each kind of error is found by the rule meant for it, and look-alikes by none."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest

from catalog.model import Resource
from ground.documents import read_document
from quality.rules import check_rules, read_rules
from quality.scan import scan

DOCUMENTS = Path(__file__).parents[2] / "simulation" / "documents"
NAMES = ("ga_household", "sw_social_insurance", "sc_company", "sw_tax_registration")
LOOKED_INTO = ("wj_death", "sc_code_change")
"""Resources that the rules of `NAMES` look into beside each other."""
AS_OF = datetime.date(2026, 11, 21)
TYPES = {"text": "string", "integer": "int64", "decimal": "decimal(18,4)", "date": "date", "timestamp": "timestamp"}
WOMAN, MAN = "11010519491231002X", "440524188001010014"  # the two examples of GB 11643
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def code(body: str) -> str:
    """A credit code of 17 characters and the check character that belongs to them (GB 32100)."""
    return body + ALPHABET[-sum(ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body)) % 31]


def citizen_id(body: str) -> str:
    """An identity number of 17 digits and the check character that belongs to them (GB 11643)."""
    return body + "10X98765432"[sum(int(sign) * pow(2, 17 - place, 11) for place, sign in enumerate(body)) % 11]


DEAD, DEAD_LATELY = citizen_id("11010519491231004"), citizen_id("11010519491231006")
ACTIVE, CANCELLED, REVOKED, UNKNOWN = (code(f"91420102MA000000{number}") for number in "1234")
INSTITUTION, COLLECTIVE = code("12420102MA0000005"), code("N2420102MA0000006")
RENUMBERED = code("91420102MA0000009")
WRONG = ACTIVE[:-1] + ALPHABET[(ALPHABET.index(ACTIVE[-1]) + 1) % 31]


@pytest.fixture(scope="module")
def resources() -> dict[str, Resource]:
    return {name: read_document(DOCUMENTS / "resources" / f"{name}.yaml", Resource) for name in (*NAMES, *LOOKED_INTO)}


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_speak_of_items_that_the_catalogue_has(name: str, resources: dict[str, Resource]) -> None:
    check_rules(read_rules(DOCUMENTS / "rules" / f"{name}.yaml"), resources.values(), name=name)


HOUSEHOLD = {
    "citizen_id": WOMAN,
    "name": "张三",
    "sex": "2",
    "ethnicity": "01",
    "birth_date": datetime.date(1949, 12, 31),
    "division": "420102",
}
INSURANCE = {
    "citizen_id": WOMAN,
    "name": "张三",
    "phone": "13800138000",
    "employer_code": ACTIVE,
    "insured_from": datetime.date(2020, 1, 1),
    "insured_state": "1",
}
COMPANY = {
    "credit_code": ACTIVE,
    "name": "武汉某某有限公司",
    "type": "enterprise",
    "legal_representative": "李四",
    "registered_capital": 100,
    "established_on": datetime.date(2020, 1, 1),
    "division": "420102",
    "industry": "C",
    "state": "active",
}
TAX = {
    "credit_code": ACTIVE,
    "name": "武汉某某有限公司",
    "phone": "027-87654321",
    "registered_on": datetime.date(2020, 1, 1),
    "state": "01",
}
ROW = dict(zip(NAMES, (HOUSEHOLD, INSURANCE, COMPANY, TAX), strict=True))
FUTURE = datetime.date(2091, 6, 1)

ERRORS = [
    ("ga_household", {"citizen_id": "110105194912310021"}, "citizen_id.check_digit"),
    ("ga_household", {"sex": "1"}, "sex.matches_id"),
    ("ga_household", {"sex": "7"}, "sex.code"),
    ("ga_household", {"birth_date": datetime.date(1949, 1, 15)}, "birth_date.matches_id"),
    ("ga_household", {"ethnicity": "77"}, "ethnicity.code"),
    ("ga_household", {"ethnicity": "00"}, "ethnicity.code"),
    ("ga_household", {"name": None}, "name.given"),
    ("ga_household", {"division": "429999"}, "division.known"),
    ("ga_household", {"citizen_id": DEAD}, "citizen_id.not_dead"),
    ("sw_social_insurance", {"citizen_id": "110105194912310021"}, "citizen_id.check_digit"),
    ("sw_social_insurance", {"name": None}, "name.given"),
    ("sw_social_insurance", {"phone": "1380013800"}, "phone.number"),
    ("sw_social_insurance", {"phone": "12800138000"}, "phone.number"),
    ("sw_social_insurance", {"phone": "1380013800O"}, "phone.number"),
    ("sw_social_insurance", {"employer_code": UNKNOWN}, "employer_code.registered"),
    ("sw_social_insurance", {"insured_from": FUTURE}, "insured_from.not_in_future"),
    ("sw_social_insurance", {"insured_state": "8"}, "insured_state.code"),
    ("sc_company", {"credit_code": WRONG}, "credit_code.check_character"),
    ("sc_company", {"established_on": FUTURE}, "established_on.not_in_future"),
    ("sc_company", {"industry": "U"}, "industry.code"),
    ("sc_company", {"registered_capital": -1}, "registered_capital.not_negative"),
    ("sc_company", {"state": "gone"}, "state.code"),
    ("sw_tax_registration", {"phone": "027-12"}, "phone.number"),
    ("sw_tax_registration", {"phone": "见附件"}, "phone.number"),
    ("sw_tax_registration", {"credit_code": CANCELLED}, "state.company_cancelled"),
    ("sw_tax_registration", {"credit_code": UNKNOWN}, "credit_code.registered"),
    ("sw_tax_registration", {"registered_on": FUTURE}, "registered_on.not_in_future"),
]
LOOK_ALIKES = [
    ("ga_household", {}),
    ("ga_household", {"citizen_id": MAN, "sex": "1", "birth_date": datetime.date(1880, 1, 1)}),  # over a hundred
    ("ga_household", {"name": "丁一"}),
    ("ga_household", {"citizen_id": DEAD_LATELY}),  # died so lately that the household may still be told
    ("ga_household", {"sex": "9"}),  # not stated
    ("ga_household", {"ethnicity": "97"}),
    ("ga_household", {"birth_date": None}),
    ("sw_social_insurance", {"employer_code": INSTITUTION}),  # registered elsewhere than with the market regulator
    ("sw_social_insurance", {"employer_code": COLLECTIVE}),
    ("sw_social_insurance", {"employer_code": None}),
    ("sw_social_insurance", {"employer_code": CANCELLED}),  # it was registered when it paid
    ("sw_social_insurance", {"insured_state": "4"}),
    ("sc_company", {"name": "武汉ABC贸易（中国）有限公司"}),
    ("sc_company", {"industry": "T"}),
    ("sc_company", {"established_on": AS_OF}),
    ("sc_company", {"registered_capital": 0}),
    ("sw_tax_registration", {"phone": "13800138000"}),
    ("sw_tax_registration", {"credit_code": CANCELLED, "state": "03"}),
    ("sw_tax_registration", {"credit_code": REVOKED}),  # still owes tax
    ("sw_tax_registration", {"credit_code": RENUMBERED}),  # the number it had; the register tells which it has now
]


def standard(resource: Resource, rows: list[dict[str, Any]]) -> ir.Table:
    schema = {item.id: TYPES[item.type.value] for item in resource.items} | {"_batch": "string"}
    return ibis.memtable([{**dict.fromkeys(schema), "_batch": "b1", **row} for row in rows], schema=schema)


def found(resources: dict[str, Resource], name: str, change: dict[str, Any]) -> list[str]:
    """Rules broken by one otherwise right row, without the resource's name."""
    company = resources["sc_company"]
    others = [{**COMPANY, "credit_code": one, "state": state} for one, state in
              ((ACTIVE, "active"), (CANCELLED, "cancelled"), (REVOKED, "revoked"))]  # fmt: skip
    deaths = [{"certificate_no": no, "citizen_id": dead, "registered_on": on} for no, dead, on in
              (("1", DEAD, datetime.date(2026, 9, 1)), ("2", DEAD_LATELY, datetime.date(2026, 11, 1)))]  # fmt: skip
    changes = [{"former_code": RENUMBERED, "code": ACTIVE}]
    resource = resources[name]
    plan = scan(
        standard(resource, [{**ROW[name], **change}]),
        read_rules(DOCUMENTS / "rules" / f"{name}.yaml").rules,
        key=resource.key,
        references={
            "sc_company": standard(company, others),
            "wj_death": standard(resources["wj_death"], deaths),
            "sc_code_change": standard(resources["sc_code_change"], changes),
        },
        as_of=AS_OF,
        resource=resource,
    )
    assert plan.not_assessable == ()
    rules = ibis.duckdb.connect().to_pyarrow(plan.failures)["rule"].to_pylist()
    return [rule.removeprefix(f"{name}.") for rule in rules]


@pytest.mark.duty("R-018", "R-077")
@pytest.mark.parametrize(
    ("name", "change", "rule"), ERRORS, ids=[f"{one[0]}-{one[2]}-{n}" for n, one in enumerate(ERRORS)]
)
def test_an_error_is_found_by_its_rule_and_by_no_other(
    resources: dict[str, Resource], name: str, change: dict[str, Any], rule: str
) -> None:
    assert found(resources, name, change) == [rule]


def test_a_code_that_is_none_is_not_registered_either(resources: dict[str, Resource]) -> None:
    both = found(resources, "sw_tax_registration", {"credit_code": WRONG})
    assert sorted(both) == ["credit_code.check_character", "credit_code.registered"]


@pytest.mark.parametrize(("name", "change"), LOOK_ALIKES, ids=[f"{one[0]}-{n}" for n, one in enumerate(LOOK_ALIKES)])
def test_what_only_looks_wrong_is_left_alone(resources: dict[str, Resource], name: str, change: dict[str, Any]) -> None:
    assert found(resources, name, change) == []
