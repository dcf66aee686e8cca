"""National codes against published examples and against an independent implementation."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
import stdnum.cn.ric
import stdnum.cn.uscc
import stdnum.iso7064.mod_11_10
import stdnum.luhn
from hypothesis import given, settings
from hypothesis import strategies as st

from standards import bank_card, citizen_id, credit_code, organisation_code, phone, plate, registration_number

Shared = Callable[[str], Path]


def rows(folder: Path) -> list[dict[str, str]]:
    files = [folder] if folder.is_file() else sorted(folder.glob("*.csv"))
    return [row for file in files for row in csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())]


def test_citizen_id_examples_of_the_standard() -> None:
    assert citizen_id.problem("11010519491231002X") is None
    assert citizen_id.problem("440524188001010014") is None
    assert citizen_id.birth_date("440524188001010014") == datetime.date(1880, 1, 1)
    assert citizen_id.sex("440524188001010014") == "1"
    assert citizen_id.sex("11010519491231002X") == "2"
    assert citizen_id.division("11010519491231002X") == "110105"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "length"),
        ("1101051949123100", "length"),
        ("110105491231002", "length"),
        ("11010519491231002X\n", "length"),
        ("11010519491231002x", "characters"),
        ("1101051949123100２X", "characters"),
        ("1101051949123X002X", "characters"),
        ("110105190002290022", "birth_date"),
        ("110105194913310022", "birth_date"),
        ("110105179912310022", "birth_date"),
        ("110105194912310021", "check_digit"),
    ],
)
def test_citizen_id_problems(value: str, reason: str) -> None:
    assert citizen_id.problem(value) == reason
    assert not citizen_id.is_valid(value)


def test_citizen_id_published_vectors(shared_data: Shared) -> None:
    vectors = rows(shared_data("id_number_vectors"))
    assert len(vectors) == 17
    for row in vectors:
        value = row["id"]
        expected = row["expected"] == "valid"
        long = citizen_id.from_15(value) if len(value) == 15 else value
        assert (long is not None and citizen_id.is_valid(long)) is expected, row["reason"]


def test_a_division_that_no_list_knows_does_not_make_a_number_wrong() -> None:
    body = "99999919900101123"
    assert citizen_id.is_valid(body + citizen_id.check_digit(body))


def test_citizen_id_of_the_first_generation() -> None:
    assert citizen_id.from_15("110105491231002") == "11010519491231002X"
    assert citizen_id.from_15("150102880730303") == "150102198807303035"
    assert (citizen_id.from_15("110105801231997") or "").startswith("11010518801231997")
    assert (citizen_id.from_15("110105801231995") or "").startswith("11010519801231995")
    assert citizen_id.from_15("360198910283844") is None
    assert citizen_id.from_15("11010549123100X") is None
    assert citizen_id.from_15("11010519491231002X") is None


@settings(derandomize=True, database=None)
@given(st.from_regex(r"[0-9]{17}", fullmatch=True))
def test_citizen_id_check_digit_agrees_with_stdnum(body: str) -> None:
    assert citizen_id.check_digit(body) == stdnum.cn.ric.calc_check_digit(body + "0")


@settings(derandomize=True, database=None)
@given(st.from_regex(r"[0-9]{17}", fullmatch=True), st.integers(0, 16), st.integers(1, 9))
def test_citizen_id_check_digit_sees_every_single_wrong_digit(body: str, place: int, shift: int) -> None:
    wrong = body[:place] + str((int(body[place]) + shift) % 10) + body[place + 1 :]
    assert citizen_id.check_digit(wrong) != citizen_id.check_digit(body)


def test_credit_code_published_vectors(shared_data: Shared) -> None:
    vectors = rows(shared_data("uscc_valid"))
    valid = [row["uscc"] for row in vectors if row["expected"] == "valid"]
    assert len(valid) > 100
    assert [one for one in valid if credit_code.problem(one)] == []
    assert [one for one in valid if not organisation_code.is_valid(credit_code.organisation(one) or "")] == []
    wrong = {row["uscc"]: credit_code.problem(row["uscc"]) for row in vectors if row["expected"] != "valid"}
    assert set(wrong.values()) == {"length", "characters", "check_digit"}


def test_credit_codes_of_a_real_register_are_right_whatever_their_division(shared_data: Shared) -> None:
    codes = [row["CreditCode"] for row in rows(shared_data("enterprise_daily_increment")) if row["CreditCode"]]
    assert len(codes) > 3000
    assert [one for one in codes if not credit_code.is_valid(one)] == []


@pytest.mark.parametrize("head", ["A1", "N2", "N3", "Y1"])
def test_credit_codes_that_begin_with_a_letter_are_right(head: str) -> None:
    body = head + "420102" + "MA4K2NKX3"
    code = body + credit_code.check_digit(body)
    assert credit_code.is_valid(code)
    assert credit_code.division(code) == "420102"
    assert not stdnum.cn.uscc.is_valid(code)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("91420100MA4K2NKX3", "length"),
        ("91420100MA4K2NKX3a", "characters"),
        ("91420100OA4K2NKX3A", "characters"),
        ("91A20100MA4K2NKX3A", "characters"),
        ("91420100MA4K2NKX3B", "check_digit"),
        ("91420100MA4K2NKX3A", None),
    ],
)
def test_credit_code_problems(value: str, reason: str | None) -> None:
    assert credit_code.problem(value) == reason


@settings(derandomize=True, database=None)
@given(st.from_regex(r"[0-9]{8}[0-9A-HJ-NPQRTUWXY]{9}", fullmatch=True))
def test_credit_code_check_character_agrees_with_stdnum(body: str) -> None:
    assert credit_code.check_digit(body) == stdnum.cn.uscc.calc_check_digit(body)


def test_organisation_code() -> None:
    assert organisation_code.is_valid("D2143569X")
    assert organisation_code.is_valid("MA5AP9ET2")
    assert organisation_code.problem("D2143569-X") == "length"
    assert organisation_code.problem("D2143569A") == "characters"
    assert organisation_code.problem("MA5AP9ET5") == "check_digit"


def test_phone_published_vectors(shared_data: Shared) -> None:
    kinds = {"mobile": "mobile", "tel": "landline"}
    for row in rows(shared_data("phone_vectors")):
        found = phone.kind(phone.normalise_text(row["value"]))
        assert (found == kinds[row["kind"]]) is (row["expected"] == "valid"), row


@pytest.mark.parametrize(
    ("delivered", "normal"),
    [
        ("138-1234-5678", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("013812345678", "13812345678"),
        ("027-88993108", "02788993108"),
        ("(027)88993108", "02788993108"),
        ("027-88993108-801", "027-88993108-801"),
        ("12345", "12345"),
        ("138 1234", "138 1234"),
    ],
)
def test_phone_normal_form(delivered: str, normal: str) -> None:
    assert phone.normalise_text(delivered) == normal
    assert phone.normalise_text(normal) == normal


@pytest.mark.parametrize("head", ["11", "12", "19", "53", "91", "92", "93", "A1", "N1", "N9", "Y1"])
def test_credit_code_kinds(head: str) -> None:
    assert credit_code.is_kind_known(f"{head}420102MA4K2NKX3A")


@pytest.mark.parametrize("head", ["", "9", "94", "14", "A2", "Y2", "B1", "I1", "91"[::-1]])
def test_credit_code_kinds_that_no_authority_registers(head: str) -> None:
    assert credit_code.is_kind_known(head) is (head == "19")


def test_registers_hold_right_codes_with_a_wrong_organisation_code_within(shared_data: Shared) -> None:
    """Why the organisation code is a warning: a handful of registered enterprises would be lost."""
    codes = {row["统一社会信用代码"] for row in rows(shared_data("enterprise_registration"))}
    right = [one for one in codes if credit_code.is_valid(one)]
    odd = [one for one in right if not organisation_code.is_valid(credit_code.organisation(one) or "")]
    assert len(right) > 7000
    assert 1 <= len(odd) <= 10
    assert all(credit_code.is_kind_known(one) for one in right)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("440301103097413", None),
        ("110108012660422", None),
        ("440301501154610", "check_digit"),
        ("440301103097414", "check_digit"),
        ("44030110309741", "length"),
        ("4403011030974130", "length"),
        ("44030110309741X", "characters"),
        ("44030110309741３", "characters"),
        ("", "length"),
    ],
)
def test_registration_number(value: str, reason: str | None) -> None:
    assert registration_number.problem(value) == reason


@settings(derandomize=True, database=None)
@given(st.from_regex(r"[0-9]{14}", fullmatch=True))
def test_registration_number_agrees_with_stdnum(body: str) -> None:
    assert registration_number.check_digit(body) == stdnum.iso7064.mod_11_10.calc_check_digit(body)


def test_registration_numbers_of_a_real_register(shared_data: Shared) -> None:
    numbers = [row["No"] for row in rows(shared_data("enterprise_daily_increment")) if row["No"]]
    fifteen = [one for one in numbers if len(one) == 15 and one.isascii() and one.isdigit()]
    assert len(fifteen) > 1400
    right = sum(registration_number.is_valid(one) for one in fifteen)
    assert right / len(fifteen) > 0.99


@settings(derandomize=True, database=None)
@given(st.from_regex(r"[0-9]{15,18}", fullmatch=True))
def test_bank_card_agrees_with_stdnum(body: str) -> None:
    assert bank_card.check_digit(body) == stdnum.luhn.calc_check_digit(body)
    assert bank_card.is_valid(body + bank_card.check_digit(body))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("6225760008219524", None),
        ("6225760008219525", "check_digit"),
        ("622576000821952", "length"),
        ("62257600082195240000", "length"),
        ("6225 7600 0821 95", "characters"),
        ("６２２５７６０００８２１９５２４", "characters"),
    ],
)
def test_bank_card_problems(value: str, reason: str | None) -> None:
    assert bank_card.problem(value) == reason


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("鄂A12345", "ordinary"),
        ("鄂AB1C2D", "ordinary"),
        ("鄂A1234挂", "ordinary"),
        ("粤Z1234港", "ordinary"),
        ("使014578", "ordinary"),
        ("鄂AD12345", "new_energy"),
        ("鄂ADF1234", "new_energy"),
        ("鄂A12345D", "new_energy"),
        ("鄂AI2345", None),
        ("鄂AO2345", None),
        ("鄂I12345", None),
        ("鄂A1234", None),
        ("鄂A123456", None),
        ("鄂AM12345", None),
        ("鄂a12345", None),
        ("鄂A·12345", None),
        ("某A12345", None),
        ("鄂A12345\n", None),
        ("", None),
    ],
)
def test_plates(value: str, kind: str | None) -> None:
    assert plate.kind(value) == kind
    assert plate.is_valid(value) is (kind is not None)
