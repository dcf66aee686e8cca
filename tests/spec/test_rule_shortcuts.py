"""What rules ask first because it is cheap says yes to nothing that the rule itself refuses, on every engine."""

from __future__ import annotations

import datetime
import itertools
import random
import re
from dataclasses import dataclass
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.rules import Rule
from quality.scan import scan
from standards import citizen_id, credit_code, phone
from standards.check_digits import weighted_sum_of, written_out

SIGNS = "0123456789eExX+-. _\t,bB０５"
"""Whatever a cast to a number may read besides digits, and a little more."""


@dataclass(frozen=True)
class Owned:
    id: str = "people"
    department: str = "ga"


def rule(item: str, number: int, /, **check: Any) -> Rule:
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


def texts(length: int, count: int) -> list[str]:
    chance = random.Random(length)
    some = ["".join(chance.choices(SIGNS, [9] * 10 + [1] * (len(SIGNS) - 10), k=length)) for _ in range(count)]
    exponents = [
        f"{'1234567890123456789'[: length - 1 - cut]}e{'0' * (cut - 1)}{power}"
        for cut in (1, 2, 3)
        for power in range(10)
    ]
    others = [
        "0x" + "f" * (length - 2),
        "0b" + "1" * (length - 2),
        "1_" + "1" * (length - 2),
        "1" * (length - 2) + ".5",
    ]
    return [
        *some,
        *exponents,
        *others,
        "1" * (length - 1) + " ",
        " " + "1" * (length - 1),
        "9" * length,
        "9" * (length + 1),
    ]


@pytest.mark.parametrize("length", [3, 4, 6, 11, 18])
def test_written_out_means_digits_and_nothing_else(engine: Any, length: int) -> None:
    values = texts(length, 3000)
    least, most = 10 ** (length - 1), 10**length - 1
    table = engine.load(f"written_{length}", pa.table({"value": pa.array(values, pa.string())}))
    table = table.mutate(number=table.value.try_cast("int64"))
    got = engine.to_arrow(table.select("value", yes=written_out(table.value, table.number, least, most))).to_pylist()
    said = {one["value"] for one in got if one["yes"]}
    digits = {value for value in values if re.fullmatch(f"[1-9][0-9]{{{length - 1}}}", value)}
    assert said == {value for value in digits if not value.endswith("00")}
    assert len(said) > 20


@pytest.mark.parametrize("bounds", [(99, 999), (10, 99), (100, 1000)])
def test_bounds_of_different_length_are_refused(bounds: tuple[int, int]) -> None:
    table = ibis.table({"v": "string", "n": "int64"}, name="t")
    with pytest.raises(ValueError, match="same number of digits"):
        written_out(table.v, table.n, *bounds)


def test_a_sum_that_would_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        weighted_sum_of(ibis.table({"n": "int64"}, name="t").n, (1,) * 20, 11)


def numbers() -> list[str]:
    """Identity numbers of every kind of day, right and nearly right, and texts that a cast takes for huge numbers."""
    chance = random.Random(11643)
    made = []
    for year, month, day in itertools.product(
        (1799, 1800, 1899, 1900, 1996, 2000, 2023, 2024, 2099, 2100), range(14), (0, 1, 9, 28, 29, 30, 31, 32)
    ):
        body = f"{chance.choice(['420106', '010000', '810000', '999999'])}{year}{month:02d}{day:02d}{chance.choice([0, 10, 100, 123, 999]):03d}"
        made.append(body + citizen_id.check_digit(body))
    wrong = [one[:17] + chance.choice("0123456789Xx") for one in made]
    odd = [
        "9e18",
        "9e18" + " " * 14,
        "00000000000009e18X",
        "9223372036854775807",
        "-9223372036854775808",
        "0x4201061996010100",
        "",
        "X",
    ]
    odd += [
        "12345619960101e030",
        "123456199601010e3X",
        "1234561996010100e1",
        "4201061996-1010010",
        "42010619960101 010",
    ]
    return [*made, *wrong, *odd, *(one + " " for one in made[:20]), *(one[:-1] for one in made[:20])]


def test_an_identity_number_as_a_number_is_judged_as_its_text_is(engine: Any) -> None:
    values = numbers()
    table = engine.load("numbers", pa.table({"value": pa.array([*values, None], pa.string())}))
    table = table.mutate(digits=citizen_id.as_number(table.value))
    got = engine.to_arrow(
        table.select(
            "value", by_number=citizen_id.valid(table.value, table.digits), by_text=citizen_id.valid(table.value)
        )
    ).to_pylist()
    wrong = [
        one for one in got
        if one["value"] is not None and {one["by_number"], one["by_text"]} != {citizen_id.is_valid(one["value"])}
    ]  # fmt: skip
    assert not wrong, wrong[:5]
    assert {"value": None, "by_number": None, "by_text": None} in got
    assert sum(bool(one["by_number"]) for one in got) > 300


@settings(derandomize=True, database=None, deadline=None, max_examples=20)
@given(st.lists(st.text(st.sampled_from(SIGNS), min_size=16, max_size=20), min_size=50, max_size=200))
def test_no_text_is_too_strange_for_a_check_digit(values: list[str]) -> None:
    connection = ibis.duckdb.connect()
    table = ibis.memtable(pa.table({"value": pa.array(values, pa.string())}))
    table = table.mutate(digits=citizen_id.as_number(table.value))
    got = connection.to_pyarrow(
        table.select(
            "value",
            a=citizen_id.valid(table.value, table.digits),
            b=citizen_id.valid(table.value),
            c=credit_code.valid(table.value),
        )
    ).to_pylist()
    assert all(one["a"] == one["b"] == citizen_id.is_valid(one["value"]) for one in got)
    assert all(one["c"] == credit_code.is_valid(one["value"]) for one in got)
    connection.disconnect()


PATTERNS = [
    "[1-9][0-9]{16}[0-9X]",
    "42[0-9]{4}",
    "1[3-9][0-9]{9}",
    "[0-9]",
    "[0-9][0-9]",
    "[1-4]0",
    "[ABO]+",
    r"A|\d{3}",
]
RIGHT = "11010519491231002X"


def test_failing_rows_are_those_that_each_rule_refuses_on_every_engine(engine: Any) -> None:
    """One scan of many rules; each rule is judged by Python alone."""
    chance = random.Random(5)
    identities = numbers()
    words = [
        "5",
        "05",
        "40",
        "A",
        "ABO",
        "123",
        "1234",
        "",
        "12\n",
        "420106",
        "4201e2",
        "13812345678",
        "138123456e2",
        "027-87654321",
        "1381234567８",
    ]
    rows = [
        {
            "key": str(place),
            "_batch": "b",
            "id": chance.choice([None, *identities]),
            "v": chance.choice([None, *words, *identities]),
            "born": chance.choice([None, datetime.date(1996, 1, 1), datetime.date(2000, 9, 28)]),
            "sex": chance.choice([None, "1", "2", "9", "x"]),
        }
        for place in range(4000)
    ]
    rows += [{"key": "p", "_batch": "b", "id": RIGHT, "v": RIGHT, "born": datetime.date(1949, 12, 31), "sex": "1"}]
    rules = [
        *(rule("v", place, kind="matches", pattern=one) for place, one in enumerate(PATTERNS)),
        *(rule("id", 20 + place, kind="matches", pattern=one) for place, one in enumerate(PATTERNS)),
        rule("v", 40, kind="phone"),
        rule("v", 41, kind="one_of", values=["5", "40", "A", ""]),
        rule("v", 42, kind="length", min=2, max=2),
        rule("id", 43, kind="citizen_id"),
        rule("born", 44, kind="birth_date_of", citizen_id="id"),
        rule("sex", 45, kind="sex_of", citizen_id="id"),
        rule("sex", 46, kind="code_list", list="sex"),
    ]  # fmt: skip
    types = {
        "key": pa.string(),
        "_batch": pa.string(),
        "id": pa.string(),
        "v": pa.string(),
        "born": pa.date32(),
        "sex": pa.string(),
    }
    table = engine.load("people", pa.Table.from_pylist(rows, pa.schema(list(types.items()))))
    plan = scan(table, rules, key=["key"], references={}, as_of=datetime.date(2026, 11, 21), resource=Owned())
    got = {(one["row_key"], one["rule"]) for one in engine.to_arrow(plan.failures).to_pylist()}
    wanted = {(row["key"], one.id) for row in rows for one in rules if _fails(one, row)}
    assert got == wanted
    assert {one for _, one in wanted} == {one.id for one in rules}
    counted = {one["rule"]: one["failed"] for one in engine.to_arrow(plan.counts).to_pylist()}
    assert counted == {one.id: sum(name == one.id for _, name in wanted) for one in rules}


def _fails(one: Rule, row: dict[str, Any]) -> bool:
    value, check, number = row[one.item], one.check.model_dump(), row["id"]
    if value is None:
        return False
    proves = number is not None and citizen_id.is_valid(number)
    match check["kind"]:
        case "matches":
            return not re.fullmatch(check["pattern"], value, re.ASCII)
        case "phone":
            return not phone.is_valid(value)
        case "one_of":
            return value not in check["values"]
        case "length":
            return len(value) != 2
        case "citizen_id":
            return not citizen_id.is_valid(value)
        case "birth_date_of":
            return proves and citizen_id.birth_date(number) != value
        case "sex_of":
            return proves and value in ("1", "2") and citizen_id.sex(number) != value
        case _:
            return value not in ("0", "1", "2", "9")
