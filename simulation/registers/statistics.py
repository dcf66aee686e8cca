"""What the statistics office holds: the list of units, companies and organisations, by whatever number it knew them first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.company_code_changes import former_codes, still_known_by_former
from simulation.days import day, days, span, updated
from simulation.numbers import Ints, Text, numerals
from simulation.organisations import ACTIVE, is_quiet, public_institutions, social_organisations
from simulation.register import Habits, Register
from simulation.registers.subjects import subjects
from simulation.world import Block, World

UNIFIED, ORGANISATION, REGISTRATION, FORMER, NONE = "unified", "organisation", "registration", "former", "none"
"""By which code a unit is known."""
_STREAM = 340
_OF_COMPANY, _OF_SOCIAL, _OF_PUBLIC = range(3)
_LISTED = 0.85
_KNOWN_BY, _SHARES = (UNIFIED, ORGANISATION, REGISTRATION, NONE), (0.77, 0.12, 0.08, 0.03)
_BEFORE_UNIFIED = np.datetime64("2015-10-01", "D")
_HEALTH, _SCHOOL, _STATE, _SOCIETY = "Q", "P", "S", "S"


def tj_statistics_unit(world: World, block: Block) -> pd.DataFrame:
    """One row per unit, by district. Besides the items: ``district``, ``known_by`` and ``company`` (-1 where it is none).

    Units that were listed before the unified code came may still bear the organisation code that is a part of it, or
    the registration number of their licence; some have no code at all.
    """
    rng = world.rng(_STREAM, block.number)
    units = pd.concat([_companies(rng, block), *_organisations(world, block)])
    known_by = rng.choice(_KNOWN_BY, len(units), p=_SHARES).astype("U12")
    old = days(units["established_on"]) < _BEFORE_UNIFIED
    known_by = np.where(np.isin(known_by, [ORGANISATION, REGISTRATION]) & ~old, UNIFIED, known_by)
    numbered = (units["registration_number"] != "").to_numpy()
    known_by = np.where((known_by == REGISTRATION) & ~numbered, ORGANISATION, known_by)
    company = units["company"].to_numpy().astype(np.int64)
    known_by = np.where(still_known_by_former(world, company), FORMER, known_by)
    listed = np.maximum(days(units["established_on"]), day(world.as_of) - span(2_000))
    return pd.DataFrame(
        {
            "unit_no": np.strings.add("TJ4201", numerals(units.index.to_numpy(), 11)),
            "credit_code": _codes(world, units, company, known_by),
            "name": units["name"],
            "address": units["address"],
            "division": units["division"],
            "industry": units["industry"],
            "employees": np.minimum(np.floor(rng.lognormal(2, 1.3, len(units))) + 1, 90_000)
            .astype(np.int64)
            .astype("U6"),
            "updated_at": updated(rng, listed, world.as_of),
            "district": units["division"],
            "known_by": known_by,
            "company": company,
        },
        index=units.index,
    )


_FACTS = ["credit_code", "name", "address", "division", "industry", "established_on", "registration_number", "company"]


def _companies(rng: np.random.Generator, block: Block) -> pd.DataFrame:
    everyone = block.companies
    able = (everyone["state"] != "cancelled") & (everyone["special"] != "quiet")
    units = everyone[able & (rng.random(len(everyone)) < _LISTED)]
    return units.assign(company=units.index)[_FACTS].set_axis(subjects(units.index, _OF_COMPANY))


def _organisations(world: World, block: Block) -> list[pd.DataFrame]:
    result = []
    for nth, every in (
        (_OF_SOCIAL, social_organisations(world, block)),
        (_OF_PUBLIC, public_institutions(world, block)),
    ):
        units = every[(every["state"] == ACTIVE) & ~is_quiet(every.index.to_numpy())]
        units = units.assign(industry=_industries(units["name"]), registration_number="", company=-1)
        result.append(units[_FACTS].set_axis(subjects(units.index, nth)))
    return result


def _industries(names: pd.Series) -> npt.NDArray[Any]:
    """Sections of GB/T 4754: health Q, education P, organs and societies S."""
    health, school = names.str.contains("医院|卫生|养老"), names.str.contains("小学|中学|大学|学校|幼儿园|教育")
    return np.select([health, school], [_HEALTH, _SCHOOL], _STATE)


def _codes(world: World, units: pd.DataFrame, company: Ints, known_by: npt.NDArray[Any]) -> Text:
    unified = units["credit_code"].to_numpy().astype("U18")
    number = units["registration_number"].to_numpy().astype("U18")
    part = np.strings.slice(unified, 8, 17)
    former = former_codes(world, company)
    ways = [known_by == one for one in (UNIFIED, ORGANISATION, REGISTRATION, FORMER)]
    return np.select(ways, [unified, part, number, former], "")


REGISTERS = {
    "tj_statistics_unit": Register(tj_statistics_unit, habits=Habits(group="district", member="units_{group}.csv")),
}
