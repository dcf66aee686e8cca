"""What looks wrong and is right: nothing may complain about these rows. They are chosen before any error is planted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from simulation.planting import COMPANY, HOUSEHOLD, INSURANCE, TAX, Kind, Planter, look_alike
from simulation.world import Block, World

TWINS = look_alike("twins", HOUSEHOLD, "", "two people, not one twice")
CENTENARIAN = look_alike("centenarian", HOUSEHOLD, "birth_date", "over a hundred years old")
LEAP_DAY = look_alike("leap_day", HOUSEHOLD, "birth_date", "born on 29 February")
OLD_DIVISION = look_alike("id_of_abolished_division", HOUSEHOLD, "citizen_id", "the division was in force at birth")
SHORT_NAME = look_alike("short_name", HOUSEHOLD, "name", "a name of two characters")
NAME_CHANGED = look_alike("name_changed", INSURANCE, "name", "the old name equals former_name of ga_household")
MIGRANT = look_alike("migrant", INSURANCE, "name", "no household register here: the name is a fallback")
PERMIT = look_alike("residence_permit", INSURANCE, "citizen_id", "permits 81, 82, 83 0000 and cards from 9 are valid")
LETTERS = look_alike("latin_letters", COMPANY, "name", "Latin letters in a company name")
NAMESAKE = look_alike("same_name_other_district", COMPANY, "name", "two companies of one name in two districts")
SMALL_X = Kind("id_small_x", HOUSEHOLD, "citizen_id", "normalised", "x becomes X", is_error=False)
DOT = Kind("middle_dot_variant", INSURANCE, "name", "normalised", "• becomes ·", is_error=False)
PARENTHESES = Kind("parentheses_half_width", TAX, "name", "normalised", "(…) equals （…）", is_error=False)

_PEOPLE = ((TWINS, "twin"), (CENTENARIAN, "centenarian"), (LEAP_DAY, "leap_day"), (OLD_DIVISION, "old_division"))
_COMPANIES = ((LETTERS, "letters"), (NAMESAKE, "namesake"))


def plant(planter: Planter, _world: World, block: Block) -> None:
    """Choose and, where delivery writes them differently, make the look-alikes."""
    people, migrants, companies = block.people, block.migrants, block.companies
    planter.reserve(people.index[people["special"] != ""], HOUSEHOLD)
    planter.reserve(migrants.index[migrants["special"] != ""], INSURANCE)
    planter.reserve(companies.index[companies["special"].isin(["parentheses", "letters", "namesake"])], COMPANY)
    household, insurance = planter.tables[HOUSEHOLD], planter.tables[INSURANCE]
    for kind, special in _PEOPLE:
        planter.note_as_it_is(kind, people.index[people["special"] == special])
    for kind, special in _COMPANIES:
        planter.note_as_it_is(kind, companies.index[companies["special"] == special])
    planter.note_as_it_is(PERMIT, migrants.index[migrants["special"] != ""])
    _rewrite(planter, DOT, people.index[people["special"] == "dotted"], lambda name: name.replace("·", "•"))
    _rewrite(
        planter,
        PARENTHESES,
        companies.index[companies["special"] == "parentheses"],
        lambda name: name.replace("（", "(").replace("）", ")"),
    )
    planter.note_as_it_is(MIGRANT, planter.pick(MIGRANT, insurance.index.difference(household.index)))
    planter.note_as_it_is(SHORT_NAME, planter.pick(SHORT_NAME, household.index[household["name"].str.len() == 2]))
    ending_x = household.index[household["citizen_id"].str.endswith("X")]
    _rewrite(planter, SMALL_X, planter.pick(SMALL_X, ending_x), str.lower)
    _change_names(planter)


def _rewrite(planter: Planter, kind: Kind, subjects: pd.Index, write: Callable[[str], str]) -> None:
    values = planter.column(kind.resource, subjects, kind.item)
    planter.change(kind, subjects, np.array([write(value) for value in values], dtype=str))


def _change_names(planter: Planter) -> None:
    """The police register the new name and keep the old one; social insurance has not heard of it."""
    household, insurance = planter.tables[HOUSEHOLD], planter.tables[INSURANCE]
    both = household.index[household["former_name"] == ""].intersection(insurance.index)
    chosen = planter.pick(NAME_CHANGED, both)
    old = planter.column(HOUSEHOLD, chosen, "name")
    new = np.strings.add(np.strings.slice(old, 0, 1), planter.rng.choice(["梓涵", "思源", "嘉懿", "若水"], len(chosen)))
    household.loc[chosen, "former_name"] = old
    household.loc[chosen, "name"] = new
    planter.note(NAME_CHANGED, chosen, planter.column(INSURANCE, chosen, "citizen_id"), old, old)
