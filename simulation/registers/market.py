"""The register of the market supervision: every company there is and was."""

from __future__ import annotations

import pandas as pd

from simulation import addresses
from simulation.register import COMPANY, Habits, Register
from simulation.world import Block, World

_ITEMS = [
    "credit_code",
    "name",
    "type",
    "legal_representative",
    "legal_representative_id",
    "registration_number",
    "registered_capital",
    "established_on",
    "address",
    "division",
    "industry",
    "state",
    "updated_at",
]


def sc_company(world: World, block: Block) -> pd.DataFrame:
    """One row per company. Besides the items: ``door``, ``building_no`` and ``form`` of the address."""
    companies = block.companies
    rows = companies[[*_ITEMS, "door", "building_no"]].copy()
    rows["form"] = addresses.forms(world.ground, "sc_company", companies.index, companies["door"])
    rows["address"] = addresses.write(world.ground, companies, rows["form"])
    return rows


REGISTERS = {"sc_company": Register(sc_company, COMPANY, Habits(byte_order_mark=True))}
