"""What the approval office holds: licences of companies and clinics, of teachers and of drivers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import anniversary, between, day, days, span, updated
from simulation.licences import (
    COLUMNS,
    DRIVING,
    GIVEN_UP,
    LAPSED,
    MARGIN,
    PERSON,
    REVOKED,
    TEACHING,
    VALID,
    clinic_licences,
    company_licences,
    licences,
    moments,
)
from simulation.register import Register
from simulation.registers.subjects import subjects
from simulation.world import Block, World

NOTICE = 60
"""Days within which the office learns of a death."""
_DRIVERS, _TEACHERS = 322, 323
_DRIVES, _TEACHES = 0.12, 0.015
_DRIVING, _TEACHING = "L08", "L07"
_DRIVING_TERM = 6
_RECENT = 10
"""Who died so few days ago held a licence, so that every city has some of them."""
_STATES, _STATE_SHARES = (VALID, REVOKED, LAPSED), (0.95, 0.01, 0.04)
_GROWN, _LAST_AGE = 20, 90


def sp_licence(world: World, block: Block) -> pd.DataFrame:
    """One row per licence. Besides the items: ``company`` (-1 where it has none), ``person`` (likewise), ``former``."""
    rows = pd.concat(
        [
            company_licences(world, block),
            clinic_licences(world, block),
            _driving(world, block),
            _teaching(world, block),
        ]
    )
    for holder in ("company", "person"):
        rows[holder] = rows[holder].fillna(-1).astype(np.int64)
    rows["former"] = rows["former"].fillna(False).astype(bool)
    return rows[[*COLUMNS, "company", "person", "former"]]


def _driving(world: World, block: Block) -> pd.DataFrame:
    """One adult in eight drives; licences of the dead are cancelled when the office learns of it, within `NOTICE` days."""
    rng = world.rng(_DRIVERS, block.number)
    columns = ["citizen_id", "name", "birth", "age", "special"]
    never = np.datetime64("NaT", "s")
    people = pd.concat([block.people[[*columns, "died"]], block.migrants[columns].assign(died=never)])
    died = days(people["died"])
    grown = people["age"].between(_GROWN, _LAST_AGE).to_numpy()
    known = (died > day(world.as_of) - span(_RECENT)) | (people["special"] == "foreign").to_numpy()
    drives = grown & ((rng.random(len(people)) < _DRIVES) | known)
    people, died = people[drives], died[drives]
    count, dead = len(people), ~np.isnat(died)
    today = np.full(count, day(world.as_of))
    last = days(np.where(dead, died - span(90), today)) - span(2)
    first = np.maximum(anniversary(days(people["birth"]), 18), anniversary(today, -_DRIVING_TERM) + span(MARGIN + 3))
    issued = between(rng, first, last)
    state = np.where(dead, VALID, rng.choice(_STATES, count, p=_STATE_SHARES))
    past = anniversary(today, -_DRIVING_TERM) - span(rng.integers(30, 900, count))
    lapsed = (state == LAPSED) & (past > anniversary(days(people["birth"]), 18))
    state = np.where((state == LAPSED) & ~lapsed, VALID, state)
    issued = np.where(lapsed, past, issued)
    told = died + span(rng.integers(12, NOTICE - 5, count))
    aware = dead & (told < day(world.as_of))
    written = updated(rng, issued, world.as_of)
    written[dead] = moments(rng, issued[dead] + span(1), died[dead] - span(1))
    written[aware] = moments(rng, told[aware], np.minimum(told[aware] + span(3), today[aware] - span(1)))
    index = people.index.to_numpy()
    return licences(
        world,
        subjects(index, DRIVING),
        {
            "kind": np.full(count, _DRIVING),
            "holder_kind": PERSON,
            "holder_code": people["citizen_id"].to_numpy(),
            "holder_name": people["name"].to_numpy(),
            "state": np.where(aware, GIVEN_UP, state),
            "updated_at": written,
            "person": index,
        },
        issued,
        anniversary(issued, _DRIVING_TERM) - span(1),
    )


def _teaching(world: World, block: Block) -> pd.DataFrame:
    """Teachers of working age; their licence does not lapse."""
    rng = world.rng(_TEACHERS, block.number)
    people = block.people
    able = people["age"].between(24, 60) & people["died"].isna() & (people["employer"] >= 0)
    people = people[able & (rng.random(len(people)) < _TEACHES)]
    count = len(people)
    issued = between(rng, anniversary(days(people["birth"]), 22), np.full(count, day(world.as_of) - span(2)))
    index = people.index.to_numpy()
    return licences(
        world,
        subjects(index, TEACHING),
        {
            "kind": np.full(count, _TEACHING),
            "holder_kind": PERSON,
            "holder_code": people["citizen_id"].to_numpy(),
            "holder_name": people["name"].to_numpy(),
            "state": VALID,
            "updated_at": updated(rng, issued, world.as_of),
            "person": index,
        },
        issued,
        np.full(count, np.datetime64("NaT", "D")),
    )


REGISTERS = {"sp_licence": Register(sp_licence)}
