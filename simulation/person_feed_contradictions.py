"""Errors of truth in the feeds about people: a row that is well formed and contradicts another row or department."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.code_changes import REISSUED
from simulation.days import day, days, iso, span, updated
from simulation.homes import away
from simulation.numbers import Text, numerals
from simulation.person_feeds import (
    CODE_CHANGE,
    DEATH,
    FUND,
    MEDICAL,
    MINIMUM,
    RECORD,
    RESIDENCE,
    SCHOOL,
    registered,
    single,
    still_registered,
    unissued_ids,
    with_id,
)
from simulation.planting import HOUSEHOLD, Kind, Planter
from simulation.registers.civil_affairs import IN_FORCE, STANDARD
from simulation.registers.districts import district_names
from simulation.registers.insurance import NOTICE, PAYS
from simulation.world import Block, World

DEATH_FIRST = Kind("death_before_birth", DEATH, "death_date", "finding", "death not before the birth in citizen_id")
DEAD_INSURED = Kind(
    "dead_still_insured",
    MEDICAL,
    "insured_state",
    "finding",
    "paying (1) though wj_death registered the death more than 60 days before updated_at",
    rate=0.0002,
)
DEAD_BENEFIT = Kind(
    "dead_on_minimum_living",
    MINIMUM,
    "state",
    "finding",
    "in force (1) though wj_death registered the death more than 60 days before updated_at",
)
NOT_STRUCK_OFF = Kind(
    "dead_still_registered",
    HOUSEHOLD,
    "citizen_id",
    "finding",
    "in ga_household though wj_death registered the death more than 60 days before the day of evaluation",
    rate=0.0003,
)
UNREGISTERED = Kind(
    "insured_without_registration",
    MEDICAL,
    "citizen_id",
    "finding",
    "paying, no permit (81, 82, 83, 9…), and not in ga_household, ga_residence or wj_death",
    rate=0.001,
)
OLD_CODES = tuple(
    Kind(
        "reissued_id_still_used", resource, "citizen_id", "finding", "former_code of a reissue (4) in ga_code_change", 0
    )
    for resource in (FUND, MEDICAL, RECORD)
)
TWO_PEOPLE = tuple(
    Kind("two_people_one_id", resource, "name", "finding", "name agrees with ga_household under this id", rate=0.001)
    for resource in (FUND, RECORD)
)
GROWN_PUPIL = Kind("pupil_of_forty", SCHOOL, "birth_date", "finding", "pupils are 5 to 22 years old")
STALE = Kind("stale_address", RECORD, "address", "finding", "the home of a newer ga_residence", rate=0.001)


def plant(planter: Planter, world: World, block: Block) -> None:
    """Plant every kind of this module; the household register's errors come before it."""
    _deaths(planter, world, block)
    _former_codes(planter)
    _other_people(planter)
    _pupils(planter, block)
    _stale(planter, world, block)
    _unregistered(planter, world, block)


def _deaths(planter: Planter, world: World, block: Block) -> None:
    certificates = planter.tables[DEATH]
    chosen = planter.pick(DEATH_FIRST, certificates.index)
    birth = days(block.people.loc[chosen, "birth"])
    planter.change(DEATH_FIRST, chosen, iso(birth - span(planter.rng.integers(2, 400, len(chosen)))))
    told = days(certificates["registered_on"]) + span(NOTICE)
    long_ago = certificates.index[told + span(10) < day(world.as_of)]
    chosen = planter.pick(DEAD_INSURED, long_ago.intersection(planter.tables[MEDICAL].index))
    planter.change(DEAD_INSURED, chosen, PAYS)
    planter.tables[MEDICAL].loc[chosen, "updated_at"] = _later(planter, world, certificates, chosen)
    chosen = planter.pick(NOT_STRUCK_OFF, long_ago)
    rows = still_registered(planter, world, block, chosen)
    ids = rows["citizen_id"].to_numpy().astype(str)
    planter.note(NOT_STRUCK_OFF, planter.add_rows(HOUSEHOLD, rows), ids, ids)
    chosen = planter.pick(DEAD_BENEFIT, long_ago)
    dead = block.people.loc[chosen]
    number = np.strings.add("DB", dead["division"].to_numpy().astype("U6"))
    rows = pd.DataFrame(
        {
            "citizen_id": dead["citizen_id"],
            "name": dead["name"],
            "family_no": np.strings.add(number, numerals(dead["household"].to_numpy(), 9)),
            "members": "1",
            "monthly_amount": f"{STANDARD}.00",
            "started_on": iso(days(dead["died"]) - span(planter.rng.integers(100, 900, len(dead)))),
            "state": IN_FORCE,
            "updated_at": _later(planter, world, certificates, chosen),
            "district": district_names(dead["division"]),
        }
    )
    ids = rows["citizen_id"].to_numpy().astype(str)
    planter.note(DEAD_BENEFIT, planter.add_rows(MINIMUM, rows), ids, IN_FORCE, "2")


def _later(planter: Planter, world: World, certificates: pd.DataFrame, chosen: pd.Index) -> Text:
    """Times of an update when the death had been known for more than `NOTICE` days."""
    known = days(certificates.loc[chosen, "registered_on"])
    return updated(planter.rng, known + span(NOTICE + 1), world.as_of)


def _former_codes(planter: Planter) -> None:
    changes = planter.tables[CODE_CHANGE]
    reissued = changes.index[changes["kind"] == REISSUED]
    for kind in OLD_CODES:
        able = with_id(planter, kind.resource, single(planter, kind.resource).intersection(reissued))
        chosen = planter.pick(kind, able)
        planter.change(kind, chosen, planter.column(CODE_CHANGE, chosen, "former_code"))


def _other_people(planter: Planter) -> None:
    """The clerk typed the number of somebody else: that number has two names, each in one of two registers."""
    for kind in TWO_PEOPLE:
        able = with_id(planter, kind.resource, registered(planter, kind.resource))
        chosen = planter.pick(kind, able)
        other = planter.pick(kind, planter.tables[HOUSEHOLD].index)[: len(chosen)]
        chosen = chosen[: len(other)]
        planter.tables[kind.resource].loc[chosen, "citizen_id"] = planter.column(HOUSEHOLD, other, "citizen_id")
        wrong = planter.column(kind.resource, chosen, "name")
        planter.note(kind, chosen, None, wrong, planter.column(HOUSEHOLD, other, "name"))


def _pupils(planter: Planter, block: Block) -> None:
    """A parent stands on the roll in the child's stead."""
    people = block.people
    grown = people.index[people["age"].between(38, 45) & people["died"].isna()]
    chosen = planter.pick(GROWN_PUPIL, grown)
    parent = people.loc[chosen]
    like = planter.tables[SCHOOL].iloc[planter.rng.integers(0, len(planter.tables[SCHOOL]), len(chosen))]
    rows = like.assign(
        student_no=np.strings.add("G", parent["citizen_id"].to_numpy().astype("U18")),
        citizen_id=parent["citizen_id"].to_numpy(),
        name=parent["name"].to_numpy(),
        sex=parent["sex"].to_numpy(),
        birth_date=iso(days(parent["birth"])),
    )
    fresh = planter.add_rows(SCHOOL, rows)
    planter.note(
        GROWN_PUPIL, fresh, rows["student_no"].to_numpy().astype(str), rows["birth_date"].to_numpy().astype(str)
    )


def _stale(planter: Planter, world: World, block: Block) -> None:
    """The record was written before the household moved, and still has the home where it is registered."""
    moved = away(world, block)
    able = single(planter, RECORD).intersection(moved.index).intersection(planter.tables[RESIDENCE].index)
    chosen = planter.pick(STALE, with_id(planter, RECORD, able))  # a record that names nobody contradicts nobody
    home = block.people.loc[chosen]
    planter.change(STALE, chosen, home["address"].to_numpy().astype(str))
    before = days(moved.loc[chosen, "since"]) - span(planter.rng.integers(5, 300, len(chosen)))
    planter.tables[RECORD].loc[chosen, "updated_at"] = np.strings.add(iso(before), " 09:30:00")


def _unregistered(planter: Planter, world: World, block: Block) -> None:
    """Insured under a number that no authority knows; and who is insured but whose row there came to grief."""
    table = planter.tables[MEDICAL]
    like = table.loc[planter.pick(UNREGISTERED, single(planter, MEDICAL))]
    rows = like.assign(citizen_id=unissued_ids(planter, world, block, len(like)), insured_state=PAYS)
    ids = rows["citizen_id"].to_numpy().astype(str)
    planter.note(UNREGISTERED, planter.add_rows(MEDICAL, rows), ids, ids)
    if not planter.truth:
        return
    truth = planter.noted()
    lost = (truth["resource"] == HOUSEHOLD) & (truth["_subject"] >= 0)
    lost &= (truth["expected"] == "quarantine") | ((truth["item"] == "citizen_id") & (truth["expected"] == "finding"))
    paying = table.index[table["insured_state"] == PAYS]
    left_out = pd.Index(truth.loc[lost, "_subject"].unique()).intersection(paying)
    left_out = left_out.difference(planter.tables[RESIDENCE].index)
    planter.note(UNREGISTERED, left_out, None, planter.column(MEDICAL, left_out, "citizen_id"))
