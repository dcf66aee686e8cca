"""What the tax office holds: who pays social insurance, and which companies pay taxes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.companies import moments
from simulation.contacts import mobile_numbers
from simulation.people import ADULT, PENSION, phones
from simulation.register import COMPANY, PERSON, Habits, Register
from simulation.world import Block, World

_INSURANCE, _TAX = 7, 5
_LONGEST = 20
_LOOK_ALIKES = ["parentheses", "letters", "namesake"]


def sw_social_insurance(world: World, block: Block) -> pd.DataFrame:
    """One row per insured person, those registered elsewhere among them: whoever has an employer."""
    rng = world.rng(_INSURANCE, block.number)
    insured = block.residents
    insured = insured[insured["employer"] >= 0]
    count, age = len(insured), insured["age"].to_numpy()
    years = np.minimum(age - ADULT, _LONGEST)
    since = np.datetime64(world.as_of, "D") - (years * rng.random(count) * 365 + 1).astype("timedelta64[D]")
    active = np.where(rng.random(count) < 0.93, "1", "2")
    return pd.DataFrame(
        {
            "citizen_id": insured["citizen_id"],
            "name": insured["name"],
            "phone": mobile_numbers(world, insured.index),
            "employer_code": world.company_code(insured["employer"].to_numpy()),
            "insured_from": np.datetime_as_string(since, unit="D"),
            "insured_state": np.where(age >= PENSION, "4", active),
            "updated_at": moments(rng, count, world.as_of),
        },
        index=insured.index,
    )


def sw_tax_registration(world: World, block: Block) -> pd.DataFrame:
    """90 % of the active companies, 60 % of the others, none that is quiet."""
    rng = world.rng(_TAX, block.number)
    companies = block.companies
    share = np.where(companies["state"] == "active", 0.9, 0.6)
    special = companies["special"]
    taken = companies[((rng.random(len(companies)) < share) | special.isin(_LOOK_ALIKES)) & (special != "quiet")]
    count = len(taken)
    established = taken["established_on"].to_numpy().astype("datetime64[D]")
    registered = np.minimum(
        established + rng.integers(0, 60, count).astype("timedelta64[D]"), np.datetime64(world.as_of, "D")
    )
    landline = np.strings.add("027-", rng.integers(80_000_000, 90_000_000, count).astype("U8"))
    return pd.DataFrame(
        {
            "credit_code": taken["credit_code"],
            "name": taken["name"],
            "legal_representative": taken["legal_representative"],
            "address": taken["address"],
            "phone": np.where(rng.random(count) < 0.5, landline, phones(rng, count)),
            "registered_on": np.datetime_as_string(registered, unit="D"),
            "state": np.select([taken["state"] == "active", taken["state"] == "revoked"], ["01", "02"], "03"),
            "updated_at": moments(rng, count, world.as_of),
        },
        index=taken.index,
    )


REGISTERS = {
    "sw_social_insurance": Register(sw_social_insurance, PERSON),
    "sw_tax_registration": Register(
        sw_tax_registration, COMPANY, Habits(title=("税务登记信息（月报）",), dates=("updated_at",))
    ),
}
