"""National codes against published examples and against an independent implementation."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
import stdnum.cn.ric
import stdnum.cn.uscc
from hypothesis import given, settings
from hypothesis import strategies as st

from standards import citizen_id, credit_code, organisation_code, phone

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
