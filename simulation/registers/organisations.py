"""What the civil affairs office holds about social organisations, and the staffing office about organs and institutions."""

from __future__ import annotations

import pandas as pd

from simulation.organisations import public_institutions, social_organisations
from simulation.register import Habits, Register
from simulation.world import Block, World


def mz_social_organisation(world: World, block: Block) -> pd.DataFrame:
    """One row per social organisation. Besides the items: ``door``, ``building_no`` and ``form`` of the address."""
    return social_organisations(world, block)


def bb_public_institution(world: World, block: Block) -> pd.DataFrame:
    """One row per organ or institution. Besides the items: ``door``, ``building_no`` and ``form`` of the address."""
    return public_institutions(world, block)


REGISTERS = {
    "mz_social_organisation": Register(mz_social_organisation),
    "bb_public_institution": Register(bb_public_institution, habits=Habits(line_end="\r\n")),
}
