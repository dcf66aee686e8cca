"""Errors in the penalties."""

from __future__ import annotations

import numpy as np

from simulation.legal_person_feeds import PENALTY
from simulation.licence_errors import UNUSED_FROM, UNUSED_OF_BLOCK
from simulation.licences import ORGANISATION
from simulation.numbers import Text
from simulation.organisation_errors import twice
from simulation.person_errors import unused_codes
from simulation.planting import Kind, Planter
from simulation.registers.penalties import FINE
from simulation.world import Block, World

AMOUNT = Kind("negative_penalty", PENALTY, "amount", "finding", "amount from 0 to 100,000,000 yuan", rate=0.01)
NO_LICENCE = Kind(
    "penalty_of_unknown_licence", PENALTY, "licence_no", "finding", "licence_no exists in sp_licence", rate=0.01
)
NOBODY = Kind(
    "penalised_but_not_registered", PENALTY, "party_code", "finding", "party_code exists in sc_company", rate=0.01
)
KIND = Kind("unknown_penalty_kind", PENALTY, "kind", "finding", "code list penalty_kind", rate=0.01)
FUTURE = Kind("penalty_in_future", PENALTY, "decided_on", "finding", "not after the day of evaluation", rate=0.01)
NO_DAY = Kind("impossible_decision_date", PENALTY, "decided_on", "quarantine", "date cannot be parsed", rate=0.01)
TWICE = Kind("exact_duplicate", PENALTY, "", "normalised", "the same row twice counts once", rate=0.01)
_UNUSED_AT = UNUSED_OF_BLOCK // 2


def plant(planter: Planter, world: World, block: Block) -> None:
    """Plant every kind of this module."""
    table = planter.tables[PENALTY]
    fines = table.index[(table["kind"] == FINE).to_numpy()]
    chosen = planter.pick(AMOUNT, fines)
    planter.change(AMOUNT, chosen, np.strings.add("-", planter.column(PENALTY, chosen, "amount")))
    chosen = planter.pick(NO_LICENCE, table.index[(table["licence_no"] != "").to_numpy()])
    planter.change(NO_LICENCE, chosen, _missing(planter.column(PENALTY, chosen, "licence_no")))
    chosen = planter.pick(NOBODY, table.index[(table["party_kind"] == ORGANISATION).to_numpy()])
    places = UNUSED_FROM + block.number * UNUSED_OF_BLOCK + _UNUSED_AT + np.arange(len(chosen))
    planter.change(NOBODY, chosen, unused_codes(world, places))
    chosen = planter.pick(KIND, table.index)
    planter.change(KIND, chosen, planter.rng.choice(["6", "9", "拘留"], len(chosen)))
    planter.change(FUTURE, planter.pick(FUTURE, table.index), "2091-03-01")
    planter.change(NO_DAY, planter.pick(NO_DAY, table.index), "2026-02-30")
    twice(planter, TWICE, table.index)


def _missing(numbers: Text) -> Text:
    """Numbers of licences that nobody has: no holder is numbered so high."""
    return np.strings.add(np.strings.slice(numbers, 0, 11), np.strings.add("9", np.strings.slice(numbers, 12, None)))
