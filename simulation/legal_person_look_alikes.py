"""What looks wrong about companies, organisations, licences and penalties and is right. Chosen before any error is planted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.company_code_changes import SPLIT, former_codes, still_known_by_former
from simulation.days import day, days, span
from simulation.legal_person_feeds import CODE_CHANGE, LICENCE, PENALTY, STATISTICS, UTILITY
from simulation.licences import GIVEN_UP, LAPSED, RENEWED, VALID
from simulation.person_feeds import DEATH
from simulation.planting import TAX, Kind, Planter, look_alike
from simulation.registers.penalties import WARNING
from simulation.registers.statistics import FORMER, NONE, ORGANISATION, REGISTRATION
from simulation.registers.subjects import FURTHER
from simulation.world import Block, World

SPLIT_CODE = look_alike("company_code_split", CODE_CHANGE, "former_code", "one former code, two codes in force")
FORMER_TAXPAYER = look_alike(
    "former_code_in_use", TAX, "credit_code", "sc_code_change leads to the code in force", rate=0.002
)
FORMER_UNIT = look_alike("former_code_in_use", STATISTICS, "credit_code", "sc_code_change leads to the code in force")
FORMER_HOLDER = look_alike(
    "former_code_in_use", LICENCE, "holder_code", "issued before the change; sc_code_change leads to the code in force"
)
RENEWED_IN_TIME = look_alike("licence_renewed_in_time", LICENCE, "valid_to", "lapsed (4), and a new one is valid")
SAME_DAY = look_alike("licence_cancelled_with_company", LICENCE, "state", "cancelled on the day the company was")
JUST_DIED = look_alike("holder_died_this_week", LICENCE, "state", "the office could not know of the death")
FOREIGN = look_alike("foreign_holder", LICENCE, "holder_code", "9… of a person is a card of permanent residence")
NAMESAKE = look_alike("same_name_other_district", LICENCE, "holder_name", "two companies of one name in two districts")
ENDS_IN_X = look_alike("organisation_code_ending_in_x", STATISTICS, "credit_code", "X is a check digit, GB 11714")
OLD_NUMBER = look_alike("registration_number_as_code", STATISTICS, "credit_code", "sc_company knows the number")
NO_CODE = look_alike("unit_without_code", STATISTICS, "credit_code", "residue: matched by name and address")
FREE = look_alike("penalty_of_nothing", PENALTY, "amount", "a warning costs nothing", rate=0.01)
OF_THE_DEAD = look_alike("account_of_the_dead", UTILITY, "holder_code", "nobody has told the utility", rate=0.0002)
_WEEK = 8


def plant(planter: Planter, world: World, block: Block) -> None:
    """Choose and, in the tax office's list, make the look-alikes."""
    _codes(planter, world)
    _licences(planter, world, block)
    _units(planter)
    penalties, accounts = planter.tables[PENALTY], planter.tables[UTILITY]
    warned = penalties.index[(penalties["kind"] == WARNING).to_numpy()]
    planter.note_as_it_is(FREE, planter.pick(FREE, warned))
    dead = accounts["holder_code"].isin(block.people.loc[block.people["died"].notna(), "citizen_id"])
    planter.note_as_it_is(OF_THE_DEAD, planter.pick(OF_THE_DEAD, accounts.index[dead.to_numpy()]))


def _codes(planter: Planter, world: World) -> None:
    changes, tax = planter.tables[CODE_CHANGE], planter.tables[TAX]
    split = changes.index[(changes["kind"] == SPLIT).to_numpy()]
    _all(planter, SPLIT_CODE, split)
    known = still_known_by_former(world, tax.index.to_numpy())
    chosen = planter.pick(FORMER_TAXPAYER, tax.index[known])
    planter.change(FORMER_TAXPAYER, chosen, former_codes(world, chosen.to_numpy()))


def _licences(planter: Planter, world: World, block: Block) -> None:
    table, companies = planter.tables[LICENCE], block.companies
    index = table.index
    _all(planter, FORMER_HOLDER, index[table["former"].to_numpy()])
    older = index[(table["state"] == LAPSED).to_numpy() & (index // FURTHER == RENEWED)]
    chosen = planter.pick(RENEWED_IN_TIME, older[(older - (RENEWED * FURTHER)).isin(index[table["state"] == VALID])])
    planter.reserve(chosen - RENEWED * FURTHER, LICENCE)
    planter.note_as_it_is(RENEWED_IN_TIME, chosen)
    cancelled = companies.index[companies["state"] == "cancelled"]
    gone = index[(table["company"].isin(cancelled) & (table["state"] == GIVEN_UP)).to_numpy()]
    moment = companies.loc[table.loc[gone, "company"], "updated_at"].to_numpy()
    same_day = gone[table.loc[gone, "updated_at"].to_numpy() == moment]
    planter.note_as_it_is(SAME_DAY, planter.pick(SAME_DAY, same_day))
    _people(planter, world, block)
    namesakes = companies.index[companies["special"] == "namesake"]
    shared = index[(table["company"].isin(namesakes) & (table["state"] == VALID)).to_numpy()]
    planter.note_as_it_is(NAMESAKE, planter.pick(NAMESAKE, shared))


def _people(planter: Planter, world: World, block: Block) -> None:
    """Whoever holds a valid licence and is dead: their certificate of death must be right, or the licence looks wrong."""
    table = planter.tables[LICENCE]
    died = block.people["died"].reindex(table["person"])
    valid = died.notna().to_numpy() & (table["state"] == VALID).to_numpy()
    planter.reserve(pd.Index(table.loc[valid, "person"].to_numpy(), dtype="int64"), DEATH)
    lately = valid & (days(died) >= day(world.as_of) - span(_WEEK))
    planter.note_as_it_is(JUST_DIED, planter.pick(JUST_DIED, table.index[lately]))
    foreign = block.migrants.index[block.migrants["special"] == "foreign"]
    _all(planter, FOREIGN, table.index[table["person"].isin(foreign).to_numpy()])


def _units(planter: Planter) -> None:
    table = planter.tables[STATISTICS]
    known_by, code = table["known_by"].to_numpy(), table["credit_code"].to_numpy().astype(str)
    ends_in_x = (known_by == ORGANISATION) & np.strings.endswith(code, "X")
    _all(planter, FORMER_UNIT, table.index[known_by == FORMER])
    for kind, chosen in ((ENDS_IN_X, ends_in_x), (OLD_NUMBER, known_by == REGISTRATION), (NO_CODE, known_by == NONE)):
        planter.note_as_it_is(kind, planter.pick(kind, table.index[chosen]))


def _all(planter: Planter, kind: Kind, subjects: pd.Index) -> None:
    """Note every one of ``subjects``, and keep them from bearing an error."""
    planter.reserve(subjects, kind.resource)
    planter.note_as_it_is(kind, subjects)
