"""Errors in what is held about people: each kind with its rate, and how it is made.

Every function takes the planter, picks its rows and plants one kind. `plant_person_errors` runs them in order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.numbers import Text
from simulation.planting import HOUSEHOLD, INSURANCE, Kind, Planter

CHECK_DIGIT = Kind("id_check_digit", HOUSEHOLD, "citizen_id", "finding", "citizen_id check digit, GB 11643")
FULL_WIDTH = Kind("id_full_width", HOUSEHOLD, "citizen_id", "normalised", "NFKC on the way into standard")
SEX = Kind("sex_not_as_in_id", HOUSEHOLD, "sex", "finding", "sex agrees with the id's 17th digit")
BIRTH = Kind("birth_not_as_in_id", HOUSEHOLD, "birth_date", "finding", "birth_date agrees with the id")
NO_DAY = Kind("impossible_birth_date", HOUSEHOLD, "birth_date", "quarantine", "date cannot be parsed")
SEX_CODE = Kind("unknown_sex_code", HOUSEHOLD, "sex", "finding", "code list GB/T 2261.1")
ETHNICITY = Kind("unknown_ethnicity_code", HOUSEHOLD, "ethnicity", "finding", "code list GB/T 3304")
NO_ID = Kind("missing_id", HOUSEHOLD, "citizen_id", "quarantine", "required key", rate=0.002)
NO_NAME = Kind("missing_name", HOUSEHOLD, "name", "finding", "name is given")
TWICE = Kind("exact_duplicate", HOUSEHOLD, "", "normalised", "the same row twice counts once", rate=0.002)
TWO_VERSIONS = Kind("two_rows_one_id", HOUSEHOLD, "citizen_id", "quarantine", "the older row of one key", rate=0.002)
NAME = Kind("name_differs", INSURANCE, "name", "finding", "name agrees with ga_household", rate=0.005)
PHONE = Kind("invalid_phone", INSURANCE, "phone", "finding", "mobile number", rate=0.005)
EMPLOYER = Kind("unknown_employer", INSURANCE, "employer_code", "finding", "employer_code exists in sc_company")

_CHARACTERS = np.array(list("一二乙丁子山川木水火土石田禾竹米羊鱼鸟虎"))


def plant_person_errors(planter: Planter, unused_codes: Text) -> None:
    """Plant every kind of this module.

    Args:
        planter: the registers; changed in place.
        unused_codes: valid credit codes that no company has.
    """
    _ids(planter)
    _dates_and_codes(planter)
    _missing(planter)
    _repeated(planter)
    _insurance(planter, unused_codes)


def wrong_ending(planter: Planter, codes: Text, alphabet: str) -> Text:
    """``codes`` with another last character of ``alphabet``, chosen so that it is never the right one."""
    place = np.array([alphabet.index(code[-1]) for code in codes], dtype=np.int64)
    moved = (place + planter.rng.integers(1, len(alphabet), len(codes))) % len(alphabet)
    return np.strings.add(np.strings.slice(codes, 0, -1), np.array(list(alphabet))[moved])


def another_character(planter: Planter, names: Text) -> Text:
    """``names`` with another last character."""
    drawn = planter.rng.integers(0, len(_CHARACTERS), len(names))
    drawn = np.where(_CHARACTERS[drawn] == np.strings.slice(names, -1, None), (drawn + 1) % len(_CHARACTERS), drawn)
    return np.strings.add(np.strings.slice(names, 0, -1), _CHARACTERS[drawn])


def broken_phones(numbers: Text) -> Text:
    """``numbers`` cut short, or beginning as no mobile number does, or with a letter among the digits."""
    short = np.strings.slice(numbers, 0, -2)
    start = np.strings.add("12", np.strings.slice(numbers, 2, None))
    letter = np.strings.add(np.strings.slice(numbers, 0, -1), "O")
    way = np.arange(len(numbers)) % 3
    return np.select([way == 0, way == 1], [short, start], letter)


def _plain(planter: Planter) -> pd.Index:
    return planter.tables[HOUSEHOLD].index


def _ids(planter: Planter) -> None:
    chosen = planter.pick(CHECK_DIGIT, _plain(planter))
    ids = planter.column(HOUSEHOLD, chosen, "citizen_id")
    planter.change(CHECK_DIGIT, chosen, wrong_ending(planter, ids, "0123456789X"))
    chosen = planter.pick(FULL_WIDTH, _plain(planter))
    points = np.ascontiguousarray(planter.column(HOUSEHOLD, chosen, "citizen_id").astype("U18"))
    wide = points.view(np.uint32) + 0xFEE0
    planter.change(FULL_WIDTH, chosen, wide.view("U18"))


def _dates_and_codes(planter: Planter) -> None:
    chosen = planter.pick(SEX, _plain(planter))
    planter.change(SEX, chosen, np.where(planter.column(HOUSEHOLD, chosen, "sex") == "1", "2", "1"))
    chosen = planter.pick(BIRTH, _plain(planter))
    births = planter.column(HOUSEHOLD, chosen, "birth_date")
    month = np.where(np.strings.slice(births, 4, 6) == "01", "03", "01")
    planter.change(BIRTH, chosen, _spliced(np.strings.slice(births, 0, 4), month, "15"))
    chosen = planter.pick(NO_DAY, _plain(planter))
    years = np.strings.slice(planter.column(HOUSEHOLD, chosen, "birth_date"), 0, 4)
    planter.change(NO_DAY, chosen, _spliced(years, "02", "30"))
    chosen = planter.pick(SEX_CODE, _plain(planter))
    planter.change(SEX_CODE, chosen, planter.rng.choice(["3", "5", "7"], len(chosen)))
    chosen = planter.pick(ETHNICITY, _plain(planter))
    planter.change(ETHNICITY, chosen, planter.rng.choice(["00", "58", "77"], len(chosen)))


def _missing(planter: Planter) -> None:
    chosen = planter.pick(NO_ID, _plain(planter))
    planter.change(NO_ID, chosen, "")
    table = planter.tables[HOUSEHOLD]
    planter.change(NO_NAME, planter.pick(NO_NAME, table.index[table["former_name"] == ""]), "")


def _repeated(planter: Planter) -> None:
    table = planter.tables[HOUSEHOLD]
    chosen = planter.pick(TWICE, table.index)
    again = planter.add_rows(HOUSEHOLD, table.loc[chosen])
    planter.note(TWICE, again, planter.column(HOUSEHOLD, chosen, "citizen_id"))
    chosen = planter.pick(TWO_VERSIONS, table.index)
    older = table.loc[chosen].copy()
    older["updated_at"] = "2023" + older["updated_at"].str[4:].str.replace("-02-29", "-02-28")
    older["address"] = "武汉市" + older["address"].str[3:6] + "旧址1号"
    ids = planter.column(HOUSEHOLD, chosen, "citizen_id")
    planter.note(TWO_VERSIONS, planter.add_rows(HOUSEHOLD, older), ids, ids, ids)


def _insurance(planter: Planter, unused_codes: Text) -> None:
    table, register = planter.tables[INSURANCE], planter.tables[HOUSEHOLD]
    known = table.index.intersection(register.index[register["former_name"] == ""])
    chosen = planter.pick(NAME, known)
    planter.change(NAME, chosen, another_character(planter, planter.column(INSURANCE, chosen, "name")))
    chosen = planter.pick(PHONE, table.index)
    planter.change(PHONE, chosen, broken_phones(planter.column(INSURANCE, chosen, "phone")))
    chosen = planter.pick(EMPLOYER, table.index)
    planter.change(EMPLOYER, chosen, unused_codes[np.arange(len(chosen)) % len(unused_codes)])


def _spliced(first: Any, second: Any, third: Any) -> Text:
    return np.strings.add(np.strings.add(first, second), third)
