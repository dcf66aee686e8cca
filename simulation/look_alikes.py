"""What looks wrong and is right: nothing may complain about these rows. They are chosen before any error is planted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from simulation.planting import COMPANY, HOUSEHOLD, INSURANCE, KEYS, TAX, Kind, Planter


def _look_alike(name: str, resource: str, item: str, hint: str) -> Kind:
    return Kind(name, resource, item, "none", hint, is_error=False)


TWINS = _look_alike("twins", HOUSEHOLD, "", "two people, not one twice")
CENTENARIAN = _look_alike("centenarian", HOUSEHOLD, "birth_date", "over a hundred years old")
LEAP_DAY = _look_alike("leap_day", HOUSEHOLD, "birth_date", "born on 29 February")
SHORT_NAME = _look_alike("short_name", HOUSEHOLD, "name", "a name of two characters")
NAME_CHANGED = _look_alike("name_changed", INSURANCE, "name", "the old name equals former_name of ga_household")
MIGRANT = _look_alike("migrant", INSURANCE, "name", "no household register here: the name is a fallback")
LETTERS = _look_alike("latin_letters", COMPANY, "name", "Latin letters in a company name")
SMALL_X = Kind("id_small_x", HOUSEHOLD, "citizen_id", "normalised", "x becomes X", is_error=False)
DOT = Kind("middle_dot_variant", INSURANCE, "name", "normalised", "• becomes ·", is_error=False)
PARENTHESES = Kind("parentheses_half_width", TAX, "name", "normalised", "(…) equals （…）", is_error=False)


def plant_look_alikes(planter: Planter, people: pd.DataFrame, companies: pd.DataFrame) -> None:
    """Choose and, where delivery writes them differently, make the look-alikes.

    Args:
        planter: the registers; changed in place.
        people: the true people, with ``special``.
        companies: the true companies, with ``special``.
    """
    rare = people.index[people["special"] != ""].append(
        companies.index[companies["special"].isin(["parentheses", "letters"])]
    )
    planter.reserve(rare)
    for kind, special in ((TWINS, "twin"), (CENTENARIAN, "centenarian"), (LEAP_DAY, "leap_day")):
        _note(planter, kind, people.index[people["special"] == special])
    _note(planter, LETTERS, companies.index[companies["special"] == "letters"])
    _rewrite(planter, DOT, people.index[people["special"] == "dotted"], lambda name: name.replace("·", "•"))
    _rewrite(
        planter,
        PARENTHESES,
        companies.index[companies["special"] == "parentheses"],
        lambda name: name.replace("（", "(").replace("）", ")"),
    )
    household, insurance = planter.tables[HOUSEHOLD], planter.tables[INSURANCE]
    _note(planter, MIGRANT, planter.pick(MIGRANT, insurance.index.difference(household.index)))
    _note(planter, SHORT_NAME, planter.pick(SHORT_NAME, household.index[household["name"].str.len() == 2]))
    ending_x = household.index[household["citizen_id"].str.endswith("X")]
    _rewrite(planter, SMALL_X, planter.pick(SMALL_X, ending_x), str.lower)
    _change_names(planter)


def _note(planter: Planter, kind: Kind, subjects: pd.Index) -> None:
    value = planter.column(kind.resource, subjects, kind.item) if kind.item else ""
    planter.note(kind, subjects, planter.column(kind.resource, subjects, KEYS[kind.resource]), value, value)


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
