"""Errors in the list of statistical units."""

from __future__ import annotations

import numpy as np

from simulation.legal_person_feeds import STATISTICS
from simulation.organisation_errors import twice
from simulation.planting import Kind, Planter
from simulation.registers.statistics import FORMER
from simulation.world import Block, World

INDUSTRY = Kind("unknown_industry", STATISTICS, "industry", "finding", "code list GB/T 4754 sections")
EMPLOYEES = Kind("absurd_employees", STATISTICS, "employees", "finding", "employees from 0 to 200,000")
CODE = Kind(
    "code_of_no_form",
    STATISTICS,
    "credit_code",
    "finding",
    "18 characters, an organisation code of 9, or a registration number of 15 digits",
)
NO_NAME = Kind("missing_unit_name", STATISTICS, "name", "finding", "name is given", rate=0.002)
TWICE = Kind("exact_duplicate", STATISTICS, "", "normalised", "the same row twice counts once", rate=0.002)
SHIFTED = Kind("shifted_columns", STATISTICS, "employees", "quarantine", "no number where one belongs", rate=0.002)
_SHIFT = ["name", "address", "division", "industry", "employees", "updated_at"]


def plant(planter: Planter, _world: World, _block: Block) -> None:
    """Plant every kind of this module."""
    table = planter.tables[STATISTICS]
    able = table.index[(table["known_by"] != FORMER).to_numpy()]
    chosen = planter.pick(INDUSTRY, able)
    planter.change(INDUSTRY, chosen, planter.rng.choice(["U", "X", "Z"], len(chosen)))
    chosen = planter.pick(EMPLOYEES, able)
    planter.change(EMPLOYEES, chosen, planter.rng.choice(["-3", "-12", "9999999"], len(chosen)))
    coded = able[np.strings.str_len(planter.column(STATISTICS, able, "credit_code")) > 0]
    chosen = planter.pick(CODE, coded)
    planter.change(CODE, chosen, np.strings.slice(planter.column(STATISTICS, chosen, "credit_code"), 0, -2))
    planter.change(NO_NAME, planter.pick(NO_NAME, able), "")
    twice(planter, TWICE, able)
    _shift(planter)


def _shift(planter: Planter) -> None:
    """A comma too many before the name: every later value stands one column to the right, the last is lost."""
    table = planter.tables[STATISTICS]
    chosen = planter.pick(SHIFTED, table.index[(table["known_by"] != FORMER).to_numpy()])
    held = {item: planter.column(STATISTICS, chosen, item) for item in _SHIFT}
    planter.change(SHIFTED, chosen, held["industry"])
    for item, before in zip(_SHIFT, ["", *_SHIFT[:-1]], strict=True):
        if item != SHIFTED.item:
            table.loc[chosen, item] = held[before] if before else ""
