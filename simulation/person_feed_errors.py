"""Errors of form in the feeds about people: ids, names, dates, codes, amounts, rows twice and columns shifted.

Each kind is seen in the row itself, or by the household register's name. What contradicts another row or another
department stands in `person_feed_contradictions`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.numbers import Text
from simulation.person_errors import another_character, wrong_ending
from simulation.person_feeds import (
    BIRTH,
    DISABILITY,
    FUND,
    MARRIAGE,
    MEDICAL,
    MINIMUM,
    RECORD,
    RESIDENCE,
    SCHOOL,
    registered,
    single,
    with_id,
)
from simulation.planting import HOUSEHOLD, Kind, Planter
from simulation.world import Block, World

_CHECK_HINT = "citizen_id check digit, GB 11643"
CHECK_DIGITS = tuple(
    Kind("id_check_digit", resource, "citizen_id", "finding", _CHECK_HINT) for resource in (FUND, SCHOOL, DISABILITY)
)
FIFTEEN = tuple(
    Kind("id_of_15_digits", resource, "citizen_id", "finding", "citizen_id has 18 characters", rate=0.002)
    for resource in (RECORD, FUND)
)
FULL_WIDTH = Kind("id_full_width", MEDICAL, "citizen_id", "normalised", "NFKC on the way into standard", rate=0.001)
SMALL_X = Kind("id_small_x", FUND, "citizen_id", "normalised", "x becomes X", is_error=False)
NAMES = tuple(
    Kind("name_differs", resource, "name", "finding", "name agrees with ga_household", rate=0.002)
    for resource in (MEDICAL, MINIMUM)
)
NO_DAYS = (
    Kind("impossible_registration_date", RESIDENCE, "registered_on", "quarantine", "date cannot be parsed"),
    Kind("impossible_issue_date", DISABILITY, "issued_on", "quarantine", "date cannot be parsed"),
    Kind("impossible_birth_date", BIRTH, "birth_date", "quarantine", "date cannot be parsed"),
)
_IMPOSSIBLE = {RESIDENCE: "2026/2/30", DISABILITY: "2026年2月30日", BIRTH: "2026-02-30"}
FUTURES = (
    Kind("opened_in_future", FUND, "opened_on", "finding", "not after the day of evaluation"),
    Kind("enrolled_in_future", SCHOOL, "enrolled_on", "finding", "not after the day of evaluation"),
)
CODES = (
    (Kind("unknown_disability_kind", DISABILITY, "kind", "finding", "code list disability_kind"), "9"),
    (Kind("unknown_school_state", SCHOOL, "state", "finding", "code list school_state"), "8"),
    (Kind("unknown_medical_kind", MEDICAL, "insured_kind", "finding", "code list medical_insured_kind", 0.001), "9"),
)
AMOUNTS = (
    Kind("absurd_deposit", FUND, "monthly_deposit", "finding", "monthly deposit between 0 and 50,000 yuan"),
    Kind("absurd_benefit", MINIMUM, "monthly_amount", "finding", "monthly amount between 0 and 50,000 yuan"),
)
_ABSURD = ["-500.00", "9999999.00", "-1080.00", "880000.00"]
VALIDITIES = (
    (
        Kind("valid_to_before_issue", DISABILITY, "valid_to", "finding", "valid_to not before issued_on"),
        "1999年12月31日",
    ),
    (
        Kind("valid_to_before_issue", RESIDENCE, "valid_to", "finding", "valid_to not before registered_on"),
        "2009/12/31",
    ),
)
TWICE = tuple(
    Kind("exact_duplicate", resource, "", "normalised", "the same row twice counts once", rate=0.002)
    for resource in (FUND, SCHOOL, MARRIAGE)
)
TWO_VERSIONS = (
    (
        Kind("two_rows_one_record", RECORD, "record_no", "quarantine", "the older row of one key", 0.001),
        "blood_type",
        "AB",
    ),
    (
        Kind("two_rows_one_id", MEDICAL, "citizen_id", "quarantine", "the older row of one key", 0.001),
        "insured_state",
        "4",
    ),
)
SHIFTED_FUND = Kind("shifted_columns", FUND, "opened_on", "quarantine", "no date where one belongs", rate=0.002)
SHIFTED_RECORD = Kind("shifted_columns", RECORD, "birth_date", "quarantine", "no date where one belongs", rate=0.001)
_FUND_ITEMS = ["citizen_id", "name", "employer_code", "monthly_deposit", "opened_on", "state", "updated_at"]


def plant(planter: Planter, _world: World, _block: Block) -> None:
    """Plant every kind of this module."""
    _ids(planter)
    _names(planter)
    _dates_and_codes(planter)
    _repeated(planter)
    _shifted_fund(planter)
    _shifted_record(planter)


def _ids(planter: Planter) -> None:
    for kind in CHECK_DIGITS:
        chosen = planter.pick(kind, registered(planter, kind.resource))
        ids = planter.column(kind.resource, chosen, "citizen_id")
        planter.change(kind, chosen, wrong_ending(planter, ids, "0123456789X"))
    for kind in FIFTEEN:
        able = with_id(planter, kind.resource, registered(planter, kind.resource))
        ids = planter.column(kind.resource, able, "citizen_id")
        chosen = planter.pick(kind, able[np.strings.slice(ids, 6, 8) == "19"])
        ids = planter.column(kind.resource, chosen, "citizen_id")
        planter.change(kind, chosen, _added(np.strings.slice(ids, 0, 6), np.strings.slice(ids, 8, 17)))
    chosen = planter.pick(FULL_WIDTH, registered(planter, MEDICAL))
    points = np.ascontiguousarray(planter.column(MEDICAL, chosen, "citizen_id").astype("U18")).view(np.uint32)
    planter.change(FULL_WIDTH, chosen, (points + 0xFEE0).view("U18"))
    able = registered(planter, FUND)
    ends = np.strings.endswith(planter.column(FUND, able, "citizen_id"), "X")
    chosen = planter.pick(SMALL_X, able[ends])
    planter.change(SMALL_X, chosen, np.strings.lower(planter.column(FUND, chosen, "citizen_id")))


def _names(planter: Planter) -> None:
    for kind in NAMES:
        chosen = planter.pick(kind, registered(planter, kind.resource))
        planter.change(kind, chosen, another_character(planter, planter.column(kind.resource, chosen, "name")))


def _dates_and_codes(planter: Planter) -> None:
    household = planter.tables[HOUSEHOLD].index
    for kind in NO_DAYS:
        # A residence registration in quarantine leaves nobody without authority: the household register has them.
        chosen = planter.pick(kind, single(planter, kind.resource).intersection(household))
        planter.change(kind, chosen, _IMPOSSIBLE[kind.resource])
    for kind in FUTURES:
        chosen = planter.pick(kind, single(planter, kind.resource))
        planter.change(kind, chosen, planter.rng.choice(["2091-03-01", "2062-11-11"], len(chosen)))
    for kind, code in CODES:
        planter.change(kind, planter.pick(kind, single(planter, kind.resource)), code)
    for kind in AMOUNTS:
        chosen = planter.pick(kind, single(planter, kind.resource))
        planter.change(kind, chosen, planter.rng.choice(_ABSURD, len(chosen)))
    for kind, day in VALIDITIES:
        planter.change(kind, planter.pick(kind, single(planter, kind.resource).intersection(household)), day)


def _repeated(planter: Planter) -> None:
    for kind in TWICE:
        chosen = planter.pick(kind, single(planter, kind.resource))
        again = planter.add_rows(kind.resource, planter.tables[kind.resource].loc[chosen])
        planter.note(kind, again, planter.key_of(kind.resource, chosen))
    for kind, item, value in TWO_VERSIONS:
        able = single(planter, kind.resource)
        chosen = planter.pick(kind, able[planter.column(kind.resource, able, item) != value])
        older = planter.tables[kind.resource].loc[chosen].copy()
        older[item] = value
        older["updated_at"] = "2023" + older["updated_at"].str[4:].str.replace("-02-29", "-02-28")
        keys = planter.key_of(kind.resource, chosen)
        planter.note(kind, planter.add_rows(kind.resource, older), keys, keys, keys)


def _shifted_fund(planter: Planter) -> None:
    """A comma too many after the account number: every later value stands one column to the right, the last is lost."""
    chosen = planter.pick(SHIFTED_FUND, single(planter, FUND))
    _move(planter, SHIFTED_FUND, chosen, _FUND_ITEMS)


def _move(planter: Planter, kind: Kind, chosen: pd.Index, items: list[str]) -> None:
    table = planter.tables[kind.resource]
    held = {item: planter.column(kind.resource, chosen, item) for item in items}
    for item, before in zip(items, ["", *items[:-1]], strict=True):
        value = held[before] if before else ""
        if item == kind.item:
            planter.change(kind, chosen, value)
        else:
            table.loc[chosen, item] = value


def _shifted_record(planter: Planter) -> None:
    """A blank too many before the sex: from there on every byte of the line stands one place to the right.

    The address begins with a blank more, which counts for nothing; the time of update loses its last digit.
    """
    able = single(planter, RECORD)
    births = planter.column(RECORD, able, "birth_date")
    # 1,980,01,01 read from one place further on has no such month, unless the year ends in 0 or 1.
    chosen = planter.pick(SHIFTED_RECORD, able[np.isin(np.strings.slice(births, 3, 4), list("23456789"))])
    table = planter.tables[RECORD]
    sex, birth, phone, updated = (
        planter.column(RECORD, chosen, item) for item in ("sex", "birth_date", "phone", "updated_at")
    )
    planter.change(SHIFTED_RECORD, chosen, _added(sex, np.strings.slice(birth, 0, 7)))
    table.loc[chosen, "sex"] = ""
    table.loc[chosen, "phone"] = _added(np.strings.slice(birth, 7, 8), phone)
    table.loc[chosen, "updated_at"] = np.strings.slice(updated, 0, -1)


def _added(first: Any, second: Any) -> Text:
    return np.strings.add(first, second)
