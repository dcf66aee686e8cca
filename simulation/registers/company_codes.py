"""What the market supervision holds about changed credit codes."""

from __future__ import annotations

import pandas as pd

from simulation.company_code_changes import company_code_changes
from simulation.register import Register
from simulation.world import Block, World


def sc_code_change(world: World, block: Block) -> pd.DataFrame:
    """Every changed code with the one in force, two rows after a split; besides the items ``company``."""
    return company_code_changes(world, block)


REGISTERS = {"sc_code_change": Register(sc_code_change)}
