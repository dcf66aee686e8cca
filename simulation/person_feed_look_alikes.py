"""What looks wrong in the feeds about people and is right. Chosen before any error is planted in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.code_changes import SPLIT
from simulation.days import day, days, span
from simulation.marriages import AGAIN, DIVORCED, MARRIED
from simulation.person_feeds import (
    BIRTH,
    CODE_CHANGE,
    DEATH,
    FUND,
    MARRIAGE,
    MEDICAL,
    RECORD,
    registered,
    single,
    still_registered,
)
from simulation.planting import HOUSEHOLD, Planter, look_alike
from simulation.registers.insurance import CLOSED, PAYS
from simulation.registers.subjects import FURTHER, persons
from simulation.world import Block, World

TWINS = tuple(look_alike("twins", resource, "", "two people, not one twice") for resource in (BIRTH, MEDICAL))
NEWBORN = look_alike("newborn_without_id", BIRTH, "citizen_id", "not yet registered: residue, not an error")
PERMIT = look_alike("residence_permit", MEDICAL, "citizen_id", "permits 810000, 820000 and 830000 are valid")
FOREIGN = look_alike("foreign_permanent_resident", MEDICAL, "citizen_id", "cards of permanent residence begin with 9")
CENTENARIAN = look_alike("centenarian", MEDICAL, "", "over a hundred years old and insured")
OLD_DIVISION = look_alike("id_of_abolished_division", MEDICAL, "citizen_id", "the division was in force at birth")
DOTTED = look_alike("dotted_name", MEDICAL, "name", "a name with · is a whole name")
LEAP_DAY = look_alike("leap_day", RECORD, "birth_date", "born on 29 February")
NO_ID = look_alike(
    "record_without_id", RECORD, "citizen_id", "residue: matched by name, birth date, phone and address", 0.001
)
JUST_DIED = look_alike("died_after_update", MEDICAL, "insured_state", "the insurer could not know of the death", 0.001)
NOT_YET_STRUCK_OFF = look_alike("died_not_yet_struck_off", HOUSEHOLD, "citizen_id", "died within the last days", 0.0001)
DIVORCEE = look_alike("remarried_after_divorce", MARRIAGE, "citizen_id", "the earlier marriage ended by divorce")
WIDOWED = look_alike("remarried_widowed", MARRIAGE, "citizen_id", "the earlier spouse died before")
FROM_ELSEWHERE = look_alike("spouse_from_elsewhere", MARRIAGE, "spouse_id", "registered in another city")
TWO_ACCOUNTS = look_alike("two_accounts", FUND, "citizen_id", "one closed account and one in force", 0.002)
SHORT_NAME = look_alike("short_name", FUND, "name", "a name of two characters")
FORMER_NAME = look_alike("former_name_used", FUND, "name", "the old name equals former_name of ga_household", 0.001)
SPLIT_CODE = look_alike("code_of_two_people_split", CODE_CHANGE, "former_code", "by right the code of another person")

_LATELY = 45
"""Days within which the police may not have struck off the dead."""


def plant(planter: Planter, world: World, block: Block) -> None:
    """Choose and, where a register writes them differently, make the look-alikes."""
    _rare_people(planter, block)
    _births_and_deaths(planter, world, block)
    _marriages(planter, world)
    _numbers(planter)
    _accounts(planter)


def _rare_people(planter: Planter, block: Block) -> None:
    people, migrants = block.people, block.migrants
    held = planter.tables[MEDICAL].index
    permit = migrants.index[migrants["special"].isin(["hong_kong", "macao", "taiwan"])]
    planter.note_as_it_is(PERMIT, permit.intersection(held))
    planter.note_as_it_is(FOREIGN, migrants.index[migrants["special"] == "foreign"].intersection(held))
    for kind, special in ((CENTENARIAN, "centenarian"), (OLD_DIVISION, "old_division"), (DOTTED, "dotted")):
        planter.note_as_it_is(kind, people.index[people["special"] == special].intersection(held))
    leap = people.index[people["special"] == "leap_day"]
    planter.note_as_it_is(LEAP_DAY, leap.intersection(planter.tables[RECORD].index))
    twins = people.index[people["special"] == "twin"]
    for kind in TWINS:
        planter.note_as_it_is(kind, twins.intersection(planter.tables[kind.resource].index))


def _births_and_deaths(planter: Planter, world: World, block: Block) -> None:
    births = planter.tables[BIRTH]
    newborn = births.index[births["citizen_id"] == ""]
    planter.note_as_it_is(NEWBORN, newborn)
    planter.reserve(newborn, BIRTH)
    certificates = planter.tables[DEATH]
    lately = certificates.index[days(certificates["death_date"]) + span(_LATELY) > day(world.as_of)]
    chosen = planter.pick(NOT_YET_STRUCK_OFF, lately)
    rows = still_registered(planter, world, block, chosen)
    ids = rows["citizen_id"].to_numpy().astype(str)
    planter.note(NOT_YET_STRUCK_OFF, planter.add_rows(HOUSEHOLD, rows), ids, ids, ids)
    medical = planter.tables[MEDICAL]
    dead = medical.index.difference(planter.tables[HOUSEHOLD].index).intersection(planter.tables[DEATH].index)
    planter.note_as_it_is(
        JUST_DIED, planter.pick(JUST_DIED, dead[planter.column(MEDICAL, dead, "insured_state") == PAYS])
    )


def _marriages(planter: Planter, world: World) -> None:
    table = planter.tables[MARRIAGE]
    again = table.index[(table["marital"] == AGAIN) & (table["kind"] == MARRIED) & (table.index < FURTHER)]
    divorced = pd.Index(persons(table.index[table["kind"] == DIVORCED]))
    planter.note_as_it_is(DIVORCEE, planter.pick(DIVORCEE, again.intersection(divorced)))
    planter.note_as_it_is(WIDOWED, planter.pick(WIDOWED, again.difference(divorced)))
    shared = table.loc[table.index >= world.persons, "certificate_no"]
    mixed = table.index[table["certificate_no"].isin(shared) & (table.index < world.persons)]
    planter.note_as_it_is(FROM_ELSEWHERE, planter.pick(FROM_ELSEWHERE, mixed))


def _numbers(planter: Planter) -> None:
    changes = planter.tables[CODE_CHANGE]
    split = changes.index[changes["kind"] == SPLIT]
    planter.reserve(split.append(pd.Index(changes.loc[split, "other"])), CODE_CHANGE)
    planter.note_as_it_is(SPLIT_CODE, split)
    records = planter.tables[RECORD]
    planter.note_as_it_is(NO_ID, planter.pick(NO_ID, records.index[records["citizen_id"] == ""]))


def _accounts(planter: Planter) -> None:
    table = planter.tables[FUND]
    closed = table.index[(table.index >= FURTHER) & (table["state"] == CLOSED)]
    owners = planter.pick(TWO_ACCOUNTS, pd.Index(persons(closed)))
    planter.note_as_it_is(TWO_ACCOUNTS, owners.append(owners + FURTHER))
    able = registered(planter, FUND)
    short = np.strings.str_len(planter.column(FUND, able, "name")) == 2
    planter.note_as_it_is(SHORT_NAME, planter.pick(SHORT_NAME, able[short]))
    household = planter.tables[HOUSEHOLD]
    renamed = household.index[household["former_name"] != ""].intersection(single(planter, FUND))
    chosen = planter.pick(FORMER_NAME, renamed)
    planter.change(FORMER_NAME, chosen, planter.column(HOUSEHOLD, chosen, "former_name"))
