"""What the health insurer and the housing fund hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import anniversary, between, day, days, iso, span, updated, yesterday
from simulation.numbers import Days, Text, iso_times, numerals
from simulation.people import ADULT, PENSION
from simulation.register import PERSON, Habits, Register
from simulation.registers.subjects import subjects
from simulation.world import Block, World

EMPLOYED, RESIDENT = "1", "2"
"""Codes of the list medical_insured_kind."""
PAYS, PAUSES, ENDED = "1", "2", "4"
"""Codes of the list insured_state."""
NORMAL, SEALED, CLOSED = "1", "2", "3"
"""Codes of the list fund_state."""
NOTICE = 60
"""Days within which the insurer learns of a death."""
_MEDICAL, _FUND, _OLD_ACCOUNT = 250, 251, 252
_INSURED, _PAUSED = 0.97, 0.02
_BEGAN = np.datetime64("2000-01-01", "D")
_FUND_SHARE, _SEALED_SHARE, _TWO_ACCOUNTS = 0.62, 0.06, 0.03
_LEAST, _MOST = 300, 5_800


def yb_medical_insurance(world: World, block: Block) -> pd.DataFrame:
    """Nearly everybody: the employed and those who were (kind 1), the others (kind 2), and those who died this year.

    The insurance of the dead ends within `NOTICE` days of the registration; until then the insurer may not know of it.
    """
    rng = world.rng(_MEDICAL, block.number)
    columns = ["citizen_id", "name", "birth", "age", "employer"]
    people = pd.concat(
        [block.people[[*columns, "died"]], block.migrants[columns].assign(died=np.datetime64("NaT", "s"))]
    )
    people = people[rng.random(len(people)) < _INSURED]
    birth, died = days(people["birth"]), days(people["died"])
    employed = (people["employer"] >= 0).to_numpy()
    first = np.maximum(np.where(employed, anniversary(birth, ADULT), birth), _BEGAN)
    last = np.where(np.isnat(died), yesterday(world.as_of, len(people)), died)
    began = between(rng, np.minimum(first, last), last)
    written = updated(rng, began, world.as_of)
    dead = ~np.isnat(died)
    told = between(rng, died[dead] + span(12), died[dead] + span(NOTICE - 5))
    aware = told < day(world.as_of)
    written[dead] = np.where(
        aware, _after(rng, told, world), _after(rng, died[dead] - span(80), world, died[dead] - span(1))
    )
    state = np.where(rng.random(len(people)) < _PAUSED, PAUSES, PAYS)
    state[dead] = np.where(aware, ENDED, PAYS)
    return pd.DataFrame(
        {
            "citizen_id": people["citizen_id"],
            "name": people["name"],
            "insured_kind": np.where(employed, EMPLOYED, RESIDENT),
            "insured_from": iso(np.minimum(began, written.astype("datetime64[D]"))),
            "insured_state": state,
            "updated_at": written,
        },
        index=people.index,
    )


def _after(rng: np.random.Generator, first: Days, world: World, last: Days | None = None) -> Text:
    """Times of an update on a day from ``first`` on, within three days of it or up to ``last``."""
    end = first + span(3) if last is None else last
    on = between(rng, first, np.minimum(end, yesterday(world.as_of, len(first))))
    clock = rng.integers(8 * 3_600, 18 * 3_600, len(first)).astype("timedelta64[s]")
    return iso_times(on.astype("datetime64[s]") + clock)


def gjj_housing_fund(world: World, block: Block) -> pd.DataFrame:
    """Accounts of six in ten of the employed below pension age, at the employer that also insures them.

    Some have an older account besides, closed when they changed the employer.
    """
    rng = world.rng(_FUND, block.number)
    columns = ["citizen_id", "name", "birth", "age", "employer"]
    people = pd.concat([block.people[columns], block.migrants[columns]])
    people = people[(people["employer"] >= 0) & (people["age"] < PENSION) & (people["age"] >= ADULT)]
    people = people[rng.random(len(people)) < _FUND_SHARE]
    opened = between(rng, *_working_days(people, world))
    deposit = np.round(_LEAST + (_MOST - _LEAST) * rng.random(len(people)) ** 2.5)
    accounts = pd.DataFrame(
        {
            "account_no": np.strings.add("4201", numerals(people.index.to_numpy(), 12)),
            "citizen_id": people["citizen_id"],
            "name": people["name"],
            "employer_code": world.company_code(people["employer"].to_numpy()),
            "monthly_deposit": np.char.mod("%.2f", deposit),
            "opened_on": iso(opened),
            "state": np.where(rng.random(len(people)) < _SEALED_SHARE, SEALED, NORMAL),
            "updated_at": updated(rng, opened, world.as_of),
        },
        index=people.index,
    )
    return pd.concat([accounts, _older(world, block, people, accounts)])


def _older(world: World, block: Block, people: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    rng = world.rng(_OLD_ACCOUNT, block.number)
    since = days(accounts["opened_on"])
    grown = anniversary(days(people["birth"]), ADULT)
    had = (rng.random(len(people)) < _TWO_ACCOUNTS) & (since > grown + span(800))
    since, grown = since[had], grown[had]
    opened = between(rng, np.maximum(grown, since - span(3_000)), since - span(400))
    before = world.employers(rng, int(had.sum()))
    rows = accounts[had].assign(
        account_no=np.strings.add("4200", numerals(people.index.to_numpy()[had], 12)),
        employer_code=world.company_code(before),
        monthly_deposit="0.00",
        opened_on=iso(opened),
        state=CLOSED,
        updated_at=updated(rng, since, world.as_of),
    )
    return rows.set_axis(subjects(rows.index, 1))


def _working_days(people: pd.DataFrame, world: World) -> tuple[Days, Days]:
    grown = anniversary(days(people["birth"]), ADULT)
    last = yesterday(world.as_of, len(people))
    return np.minimum(np.maximum(grown, last - span(9_000)), last), last


REGISTERS = {
    "yb_medical_insurance": Register(yb_medical_insurance, PERSON),
    "gjj_housing_fund": Register(gjj_housing_fund, PERSON, Habits(line_end="\r\n")),
}
