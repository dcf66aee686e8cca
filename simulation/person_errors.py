"""Errors in the household register and in social insurance: each kind with its rate, and how it is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.numbers import Ints, Text, credit_codes
from simulation.planting import HOUSEHOLD, INSURANCE, Kind, Planter
from simulation.world import Block, World

CHECK_DIGIT = Kind("id_check_digit", HOUSEHOLD, "citizen_id", "finding", "citizen_id check digit, GB 11643")
FULL_WIDTH = Kind("id_full_width", HOUSEHOLD, "citizen_id", "normalised", "NFKC on the way into standard")
SEX = Kind("sex_not_as_in_id", HOUSEHOLD, "sex", "finding", "sex agrees with the id's 17th digit")
BIRTH = Kind("birth_not_as_in_id", HOUSEHOLD, "birth_date", "finding", "birth_date agrees with the id")
NO_DAY = Kind("impossible_birth_date", HOUSEHOLD, "birth_date", "quarantine", "date cannot be parsed")
SEX_CODE = Kind("unknown_sex_code", HOUSEHOLD, "sex", "finding", "code list GB/T 2261.1")
ETHNICITY = Kind("unknown_ethnicity_code", HOUSEHOLD, "ethnicity", "finding", "code list GB/T 3304")
NO_ID = Kind("missing_id", HOUSEHOLD, "citizen_id", "quarantine", "required key", rate=0.002)
NO_NAME = Kind("missing_name", HOUSEHOLD, "name", "finding", "name is given")
SHIFTED = Kind("shifted_columns", HOUSEHOLD, "birth_date", "quarantine", "no date where one belongs", rate=0.001)
TWICE = Kind("exact_duplicate", HOUSEHOLD, "", "normalised", "the same row twice counts once", rate=0.002)
TWO_VERSIONS = Kind("two_rows_one_id", HOUSEHOLD, "citizen_id", "quarantine", "the older row of one key", rate=0.002)
TWO_PEOPLE = Kind("two_people_one_id", HOUSEHOLD, "name", "quarantine", "the older row of one key", rate=0.001)
NAME = Kind("name_differs", INSURANCE, "name", "finding", "name agrees with ga_household", rate=0.005)
PHONE = Kind("invalid_phone", INSURANCE, "phone", "finding", "mobile number", rate=0.005)
EMPLOYER = Kind("unknown_employer", INSURANCE, "employer_code", "finding", "employer_code exists in sc_company")
FIFTEEN = Kind("id_of_15_digits", INSURANCE, "citizen_id", "finding", "citizen_id has 18 characters", rate=0.002)

_CHARACTERS = np.array(list("一二乙丁子山川木水火土石田禾竹米羊鱼鸟虎"))
_UNUSED_SERIALS, _UNUSED = 887_000_000, 200
_SHIFT = ["former_name", "sex", "ethnicity", "birth_date", "division", "address", "household_no", "relation"]


def plant(planter: Planter, world: World, _block: Block) -> None:
    """Plant every kind of this module."""
    _ids(planter)
    _dates_and_codes(planter)
    _missing(planter)
    _repeated(planter)
    _insurance(planter, world)


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


def unused_codes(world: World, places: Ints) -> Text:
    """Valid credit codes that no company has, another one for every number from 0 to 160,000."""
    count = len(places)
    serials = _UNUSED_SERIALS + places * 3 + world.seed % 3
    return credit_codes(np.ones(count, dtype=np.int64), np.full(count, 420106), serials)


def full_width(texts: Text) -> Text:
    """``texts`` of ASCII characters, all of one length, in full-width forms (U+FF01 to U+FF5E)."""
    points = np.ascontiguousarray(texts)
    wide: Text = (points.view(np.uint32) + 0xFEE0).view(points.dtype)
    return wide


def _plain(planter: Planter) -> pd.Index:
    return planter.tables[HOUSEHOLD].index


def _ids(planter: Planter) -> None:
    chosen = planter.pick(CHECK_DIGIT, _plain(planter))
    ids = planter.column(HOUSEHOLD, chosen, "citizen_id")
    planter.change(CHECK_DIGIT, chosen, wrong_ending(planter, ids, "0123456789X"))
    chosen = planter.pick(FULL_WIDTH, _plain(planter))
    planter.change(FULL_WIDTH, chosen, full_width(planter.column(HOUSEHOLD, chosen, "citizen_id").astype("U18")))


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
    chosen = planter.pick(SHIFTED, table.index[table["former_name"] == ""])
    held = {item: planter.column(HOUSEHOLD, chosen, item) for item in _SHIFT}
    # A separator too many after the name: every later value stands one column to the right, the last is lost.
    for item, before in zip([*_SHIFT[1:], "updated_at"], _SHIFT, strict=True):
        if item == SHIFTED.item:
            planter.change(SHIFTED, chosen, held[before])
        else:
            table.loc[chosen, item] = held[before]


def _repeated(planter: Planter) -> None:
    table = planter.tables[HOUSEHOLD]
    chosen = planter.pick(TWICE, table.index)
    again = planter.add_rows(HOUSEHOLD, table.loc[chosen])
    planter.note(TWICE, again, planter.column(HOUSEHOLD, chosen, "citizen_id"))
    chosen = planter.pick(TWO_VERSIONS, table.index)
    older = _in_2023(table.loc[chosen])
    older["address"] = "武汉市" + older["address"].str[3:6] + "旧址1号"
    ids = planter.column(HOUSEHOLD, chosen, "citizen_id")
    planter.note(TWO_VERSIONS, planter.add_rows(HOUSEHOLD, older), ids, ids, ids)
    chosen = planter.pick(TWO_PEOPLE, table.index)
    other = _in_2023(table.loc[chosen])
    right = planter.column(HOUSEHOLD, chosen, "name")
    wrong = np.strings.add(planter.rng.choice(["欧阳", "司徒", "上官"], len(chosen)), np.strings.slice(right, 1, None))
    other["name"], other["household_no"] = wrong, other["household_no"].str[:-4] + "0000"
    ids = planter.column(HOUSEHOLD, chosen, "citizen_id")
    planter.note(TWO_PEOPLE, planter.add_rows(HOUSEHOLD, other), ids, wrong, right)


def _in_2023(rows: pd.DataFrame) -> pd.DataFrame:
    older = rows.copy()
    older["updated_at"] = "2023" + older["updated_at"].str[4:].str.replace("-02-29", "-02-28")
    return older


def _insurance(planter: Planter, world: World) -> None:
    table, register = planter.tables[INSURANCE], planter.tables[HOUSEHOLD]
    known = table.index.intersection(register.index[register["former_name"] == ""])
    chosen = planter.pick(NAME, known)
    planter.change(NAME, chosen, another_character(planter, planter.column(INSURANCE, chosen, "name")))
    chosen = planter.pick(PHONE, table.index)
    planter.change(PHONE, chosen, broken_phones(planter.column(INSURANCE, chosen, "phone")))
    chosen = planter.pick(EMPLOYER, table.index)
    planter.change(EMPLOYER, chosen, unused_codes(world, np.arange(len(chosen)) % _UNUSED))
    ids = table["citizen_id"]
    chosen = planter.pick(FIFTEEN, ids.index[ids.str[6:8] == "19"])
    ids = planter.column(INSURANCE, chosen, "citizen_id")
    planter.change(FIFTEEN, chosen, np.strings.add(np.strings.slice(ids, 0, 6), np.strings.slice(ids, 8, 17)))


def _spliced(first: Any, second: Any, third: Any) -> Text:
    return np.strings.add(np.strings.add(first, second), third)
