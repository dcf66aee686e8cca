"""Every national code and every step of normalisation means the same for one value and for a column of them."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standards import (
    bank_card,
    citizen_id,
    code_list,
    credit_code,
    division_history,
    divisions,
    elements,
    organisation_code,
    phone,
    plate,
    registration_number,
    text,
)

Scalar = Callable[[str], Any]
Column = Callable[[Any], Any]

small = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def hold_equal(connection: Any, values: Sequence[str], scalar: Scalar, column: Column) -> None:
    table = ibis.memtable(pa.table({"place": range(len(values)), "value": pa.array(values, pa.string())}))
    got = connection.to_pyarrow(table.select("place", got=column(table.value)).order_by("place"))["got"].to_pylist()
    wrong = [(value, one, scalar(value)) for value, one in zip(values, got, strict=True) if one != scalar(value)]
    assert not wrong, wrong[:5]


def spoiled(value: str, place: int, sign: str, how: str) -> str:
    """A value that is nearly right, in the ways that delivered files are wrong."""
    place %= len(value) or 1
    return {
        "right": value,
        "changed": value[:place] + sign + value[place + 1 :],
        "longer": value[:place] + sign + value[place:],
        "shorter": value[:place] + value[place + 1 :],
        "line": value + "\n",
        "blank": " " + value,
        "lower": value.lower(),
        "wide": "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in value),
    }[how]


SIGNS = st.sampled_from("0123456789XxAIOSVZabz+-. \t\n\u3000\u2028（）()，９Ｘ•．东𠮷·")
HOW = st.sampled_from(["right", "right", "changed", "changed", "longer", "shorter", "line", "blank", "lower", "wide"])
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=22)


def near(correct: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    one = st.builds(spoiled, correct, st.integers(0, 30), SIGNS, HOW)
    return st.lists(one | one | one | ANY | st.text(SIGNS, max_size=20), min_size=60, max_size=200)


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    year = draw(st.integers(1795, 2105) | st.sampled_from([1900, 2000, 1996, 2023, 2024]))
    month, day = draw(st.integers(0, 13)), draw(st.integers(0, 32) | st.sampled_from([28, 29, 30, 31]))
    body = f"{draw(st.integers(0, 999999)):06d}{year:04d}{month:02d}{day:02d}{draw(st.integers(0, 999)):03d}"
    return body + citizen_id.check_digit(body)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    letters = st.sampled_from(credit_code.ALPHABET)
    organisation = draw(st.text(letters, min_size=8, max_size=8))
    organisation += draw(st.just(organisation_code.check_digit(organisation)) | letters)
    body = draw(letters) + draw(letters) + f"{draw(st.integers(0, 999999)):06d}" + organisation
    return body + credit_code.check_digit(body)


ORGANISATIONS = st.text(st.sampled_from(organisation_code.ALPHABET), min_size=8, max_size=8).map(
    lambda body: body + organisation_code.check_digit(body)
)
PHONES = st.from_regex(r"(\+?86|0|0086)?[ -]?1[3-9][0-9]-?[0-9]{4} ?[0-9]{4}", fullmatch=True) | st.from_regex(
    r"\(?(010|02[0-9]|0[3-9][0-9]{2})\)?-?[0-9]{7,8}(-[0-9]{1,4})?", fullmatch=True
)

CITIZEN_FORMS: dict[str, tuple[Scalar, Column]] = {
    "valid": (citizen_id.is_valid, citizen_id.valid),
    "well_formed": (lambda one: citizen_id.problem(one) in (None, "check_digit"), citizen_id.well_formed),
    "sex": (citizen_id.sex, citizen_id.sex_code),
    "division": (citizen_id.division, citizen_id.division_code),
    "birth": (
        lambda one: date.strftime("%Y%m%d") if (date := citizen_id.birth_date(one)) else None,
        citizen_id.birth_text,
    ),
    "issuing_division": (citizen_id.is_issuing_division_known, citizen_id.issuing_division_known),
    "not_valid_under_case_and_and": (
        lambda one: 1 if one != "" and not citizen_id.is_valid(one) else 0,
        lambda col: ibis.cases(((col != "") & ~citizen_id.valid(col), 1), else_=0),
    ),
}
CREDIT_FORMS: dict[str, tuple[Scalar, Column]] = {
    "kind": (credit_code.is_kind_known, credit_code.kind_known),
    "valid": (credit_code.is_valid, credit_code.valid),
    "division": (credit_code.division, credit_code.division_code),
    "organisation": (credit_code.organisation, credit_code.organisation_code_of),
    "organisation_ok": (
        lambda one: len(one) == 18 and organisation_code.is_valid(one[8:17]),
        credit_code.organisation_code_ok,
    ),
}


@pytest.mark.parametrize("form", CITIZEN_FORMS)
@small
@given(values=near(identity_numbers()))
def test_citizen_id(connection: Any, form: str, values: list[str]) -> None:
    hold_equal(connection, values, *CITIZEN_FORMS[form])


@small
@given(values=st.lists(st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True), min_size=60, max_size=200))
def test_citizen_id_check_digit_is_judged_apart_from_the_date(connection: Any, values: list[str]) -> None:
    values = [one if place % 2 else one[:17] + citizen_id.check_digit(one[:17]) for place, one in enumerate(values)]
    hold_equal(connection, values, lambda one: citizen_id.check_digit(one[:17]) == one[17], citizen_id.check_digit_ok)


@pytest.mark.parametrize("form", CREDIT_FORMS)
@small
@given(values=near(credit_codes()))
def test_credit_code(connection: Any, form: str, values: list[str]) -> None:
    hold_equal(connection, values, *CREDIT_FORMS[form])


@small
@given(values=near(ORGANISATIONS))
def test_organisation_code(connection: Any, values: list[str]) -> None:
    hold_equal(connection, values, organisation_code.is_valid, organisation_code.valid)


FIFTEEN = st.builds(
    "{:06d}{}{:02d}{:02d}{:03d}".format,
    st.integers(0, 999999),
    st.sampled_from(["00", "04", "49", "80", "99"]),
    st.integers(0, 13),
    st.integers(0, 32) | st.sampled_from([28, 29]),
    st.integers(0, 999) | st.integers(994, 999),
)
REGISTRATIONS = st.from_regex(r"[0-9]{14}", fullmatch=True).map(
    lambda body: body + registration_number.check_digit(body)
)
CARDS = st.from_regex(r"[0-9]{15,18}", fullmatch=True).map(lambda body: body + bank_card.check_digit(body))
PLATES = st.from_regex(r"[京鄂新使][A-Z0-9]{6,7}[挂学D]?", fullmatch=True)


@small
@given(values=near(FIFTEEN))
def test_citizen_id_of_the_first_generation(connection: Any, values: list[str]) -> None:
    hold_equal(connection, values, citizen_id.from_15, citizen_id.upgraded)


@small
@given(values=near(REGISTRATIONS))
def test_registration_number(connection: Any, values: list[str]) -> None:
    hold_equal(connection, values, registration_number.is_valid, registration_number.valid)


@small
@given(values=near(CARDS))
def test_bank_card(connection: Any, values: list[str]) -> None:
    hold_equal(connection, values, bank_card.is_valid, bank_card.valid)


@small
@given(values=near(PLATES))
def test_plate(connection: Any, values: list[str]) -> None:
    hold_equal(connection, values, plate.is_valid, plate.valid)
    hold_equal(connection, values, lambda one: plate.kind(one) == "new_energy", plate.new_energy)


@pytest.mark.parametrize("year", [None, 1980, 1999, 2010, 2026])
def test_divisions_of_the_country(connection: Any, year: int | None) -> None:
    on = None if year is None else datetime.date(year, 6, 30)
    codes = [*division_history._table(), "429999", "", "4201", "4201061", "42010é", "4201'6", "999999", "000000"]
    hold_equal(
        connection,
        codes,
        lambda one: division_history.is_known(one, on),
        lambda col: division_history.known(col, on),
    )


@pytest.mark.parametrize("year", [1950, 1983, 1992, 2010, 2020, 2026])
def test_divisions_since_a_year(connection: Any, year: int) -> None:
    codes = [*division_history._table(), "429999", "", "4201", "4201061", "999999"]
    hold_equal(
        connection,
        codes,
        lambda one: division_history.is_known_since(one, year),
        lambda col: division_history.known_since(col, ibis.literal(str(year))),
    )


@small
@given(values=near(PHONES))
def test_phone(connection: Any, values: list[str]) -> None:
    hold_equal(connection, values, phone.is_valid, phone.valid)
    hold_equal(connection, values, lambda one: phone.kind(one) == "mobile", phone.mobile)
    hold_equal(connection, values, lambda one: phone.kind(one) == "landline", phone.landline)
    hold_equal(connection, values, phone.normalise_text, phone.normalise)


@pytest.mark.parametrize("list_id", code_list.list_ids())
def test_code_lists(connection: Any, list_id: str) -> None:
    values = [*code_list.codes(list_id), "", "00", "ZZ", "enterprise ", "１"]
    hold_equal(
        connection,
        values,
        lambda one: code_list.is_in_list(one, list_id),
        lambda col: code_list.in_list(col, list_id),
    )


def test_divisions(connection: Any) -> None:
    hold_equal(connection, [*divisions.titles(), "429999", ""], divisions.is_known, divisions.known)


NAMES = st.from_regex(
    r"[张王李]?[ \u3000]?[三四五娜][ •‧．·]{0,2}[A-Zａ-ｚ]{0,3}[(（]?[ \t]{0,2}[)）]?", fullmatch=True
)


@pytest.mark.parametrize("step", elements.STEPS)
@small
@given(values=near(NAMES | PHONES | identity_numbers()))
def test_each_step(connection: Any, step: str, values: list[str]) -> None:
    one = elements.STEPS[step]
    hold_equal(connection, values, one.scalar, one.column)
    hold_equal(connection, values, lambda value: text.apply_text(value, [one]), lambda col: text.apply(col, [one]))


ONE_OF_EACH = {tuple(one.normalise): one.id for one in reversed(elements.elements())}
"""Rows of steps -> the first element that takes them; elements with the same steps are normalised by the same expression."""


@pytest.mark.parametrize("element", [None, *ONE_OF_EACH.values()])
@settings(parent=small, max_examples=2)
@given(values=near(NAMES | PHONES | identity_numbers() | credit_codes()))
def test_each_element(connection: Any, element: str | None, values: list[str]) -> None:
    hold_equal(
        connection,
        values,
        lambda one: elements.normalise_text(one, element),
        lambda col: elements.normalise(col, element),
    )


FORMS: dict[str, Column] = {
    "citizen_id": citizen_id.valid,
    "citizen_id.check_digit": citizen_id.check_digit_ok,
    "citizen_id.birth": citizen_id.birth_text,
    "citizen_id.sex": citizen_id.sex_code,
    "citizen_id.division": citizen_id.division_code,
    "credit_code": credit_code.valid,
    "credit_code.division": credit_code.division_code,
    "credit_code.organisation": credit_code.organisation_code_of,
    "credit_code.organisation_ok": credit_code.organisation_code_ok,
    "citizen_id.issuing_division": citizen_id.issuing_division_known,
    "citizen_id.upgraded": citizen_id.upgraded,
    "credit_code.kind": credit_code.kind_known,
    "organisation_code": organisation_code.valid,
    "registration_number": registration_number.valid,
    "bank_card": bank_card.valid,
    "plate": plate.valid,
    "phone": phone.valid,
    "division of the country": division_history.known,
    "sex": lambda col: code_list.in_list(col, "sex"),
    "division": divisions.known,
    "element without": partial(elements.normalise, element_id=None),
    **{f"element {one}": partial(elements.normalise, element_id=one) for one in ONE_OF_EACH.values()},
}


@pytest.mark.parametrize("form", FORMS)
def test_null_stays_null(connection: Any, form: str) -> None:
    table = ibis.memtable(pa.table({"value": pa.array([None, None], pa.string())}))
    assert connection.to_pyarrow(table.select(got=FORMS[form](table.value)))["got"].to_pylist() == [None, None]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_said_to_spark(form: str) -> None:
    table = ibis.table({"value": "string"}, name="delivered")
    assert "delivered" in str(ibis.to_sql(table.select(got=FORMS[form](table.value)), dialect="pyspark"))


def nasty_values() -> list[str]:
    chance = random.Random(20261121)
    bodies = [
        f"420106{chance.randint(1900, 2030)}{chance.randint(1, 13):02d}{chance.randint(1, 31):02d}" for _ in range(40)
    ]
    numbers = [body + f"{chance.randint(0, 999):03d}" for body in bodies]
    heads = [
        f"{head}420100MA{chance.randint(0, 9999999):07d}" for head in ("91", "92", "A1", "N2", "Y1") for _ in range(8)
    ]
    correct = [
        *(body + citizen_id.check_digit(body) for body in numbers),
        *(body + credit_code.check_digit(body) for body in heads),
        *["110105491231002", "110105801231997", "440301103097413", "6225760008219524", "鄂AD12345", "鄂A1234挂"],
        *["420106", "110103", "429999"],
        *["13812345678", "+86 138-1234-5678", "(027)88993108", "027-88993108-801", "D2143569X"],
        *["张　三", "阿里木江．买买提", "JOHN  SMITH", "武汉(集团)有限公司", "光谷大道１号（３—２)", "１,０００．５０"],
    ]
    signs = "0123456789XxAIOSVZabz+-. \t\n\r\x85\u2028\u200b\u3000（）()，９Ｘ•．东𠮷·\\]['"
    how = ["changed", "longer", "shorter", "line", "blank", "lower", "wide"]
    wrong = [spoiled(one, chance.randint(0, 30), chance.choice(signs), way) for one in correct for way in how]
    return [*correct, *wrong, *signs, "", *(sign + "张" + sign for sign in signs)]


def test_engines_agree(engine: Any) -> None:
    values = nasty_values()
    table = engine.load("nasty_values", pa.table({"place": range(len(values)), "value": pa.array(values, pa.string())}))
    got = engine.to_arrow(table.select("place", **{name: form(table.value) for name, form in FORMS.items()}))
    got = got.sort_by("place")
    scalars: dict[str, Scalar] = {
        "citizen_id": citizen_id.is_valid,
        "citizen_id.sex": citizen_id.sex,
        "citizen_id.division": citizen_id.division,
        "credit_code": credit_code.is_valid,
        "credit_code.organisation": credit_code.organisation,
        "citizen_id.issuing_division": citizen_id.is_issuing_division_known,
        "citizen_id.upgraded": citizen_id.from_15,
        "credit_code.kind": credit_code.is_kind_known,
        "organisation_code": organisation_code.is_valid,
        "registration_number": registration_number.is_valid,
        "bank_card": bank_card.is_valid,
        "plate": plate.is_valid,
        "phone": phone.is_valid,
        "division of the country": division_history.is_known,
        "element without": lambda one: elements.normalise_text(one, None),
        **{f"element {one}": partial(elements.normalise_text, element_id=one) for one in ONE_OF_EACH.values()},
    }
    for name, scalar in scalars.items():
        wrong = [(value, one) for value, one in zip(values, got[name].to_pylist(), strict=True) if one != scalar(value)]
        assert not wrong, (name, wrong[:5])
