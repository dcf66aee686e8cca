"""Bulk issuing of national numbers agrees with independent implementations."""

from __future__ import annotations

import numpy as np
import pytest
from stdnum.cn import ric, uscc

from simulation.numbers import CREDIT_ALPHABET, citizen_ids, compact_dates, credit_codes, iso_times, numerals
from standards import citizen_id, credit_code, organisation_code


def _days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def test_examples_of_the_standard() -> None:
    ids = citizen_ids(np.array([110105, 440524]), _days("1949-12-31", "1880-01-01"), np.array([2, 1]))
    assert ids.tolist() == ["11010519491231002X", "440524188001010014"]


def test_citizen_ids_pass_an_independent_check() -> None:
    rng = np.random.default_rng(1)
    births = np.datetime64("1920-01-01") + rng.integers(0, 38_000, 500).astype("timedelta64[D]")
    ids = citizen_ids(np.full(500, 420106), births, rng.integers(0, 1000, 500))
    assert [one for one in ids.tolist() if ric.calc_check_digit(one) != one[17]] == []
    assert {one[17] for one in ids.tolist()} == set("0123456789X")


def test_credit_codes_pass_an_independent_check() -> None:
    codes = credit_codes(np.arange(2_000) % 3 + 1, np.full(2_000, 420111), np.arange(2_000)).tolist()
    assert [one for one in codes if not uscc.is_valid(one)] == []
    assert len(set(codes)) == 2_000
    assert {one[:2] for one in codes} == {"91", "92", "93"}
    assert {one[2:8] for one in codes} == {"420111"}
    assert set("".join(codes)) <= set(CREDIT_ALPHABET)


def _organisation_check(body: str) -> str:
    weighted = zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)
    rest = 11 - sum(int(one, 36) * weight for one, weight in weighted) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def test_organisation_code_within_is_valid() -> None:
    assert _organisation_check("MA4K2NKX") == "3"
    codes = credit_codes(np.ones(3_000, dtype=int), np.full(3_000, 420102), np.arange(3_000) * 17).tolist()
    assert [one for one in codes if _organisation_check(one[8:16]) != one[16]] == []
    assert {one[16] for one in codes} == set("0123456789X")


def test_issued_numbers_are_right_for_the_standards_too() -> None:
    births = np.datetime64("1930-01-01") + (np.arange(400) * 83).astype("timedelta64[D]")
    ids = citizen_ids(np.full(400, 420117), births, np.arange(400)).tolist()
    codes = credit_codes(np.full(400, 2), np.full(400, 420117), np.arange(400) * 31).tolist()
    assert [one for one in ids if citizen_id.problem(one)] == []
    assert [one for one in codes if credit_code.problem(one)] == []
    assert [one for one in codes if organisation_code.problem(one[8:17])] == []
    assert CREDIT_ALPHABET == credit_code.ALPHABET


@pytest.mark.parametrize(("value", "width", "text"), [(7, 3, "007"), (42, 2, "42"), (0, 1, "0")])
def test_numerals_keep_leading_zeros(value: int, width: int, text: str) -> None:
    assert numerals(np.array([value]), width).tolist() == [text]


def test_dates_and_times_as_text() -> None:
    assert compact_dates(_days("2000-02-29", "1969-07-01")).tolist() == ["20000229", "19690701"]
    moment = np.array(["2026-01-02T03:04:05"], dtype="datetime64[s]")
    assert iso_times(moment).tolist() == ["2026-01-02 03:04:05"]
