"""What the utilities hold: who has an account for water, power and gas, and where."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation import addresses
from simulation.days import between, day, days, iso, span, updated
from simulation.homes import HOME
from simulation.licences import ORGANISATION, PERSON
from simulation.numbers import numerals
from simulation.people import HEAD
from simulation.register import Habits, Register
from simulation.registers.subjects import subjects
from simulation.scatter import shares
from simulation.world import Block, World

WATER, POWER, GAS = "1", "2", "3"
"""Codes of the list utility_kind."""
RUNNING, STOPPED = "1", "2"
"""Codes of the list utility_state."""
NETWORKS = {WATER: "water", POWER: "power", GAS: "gas"}
"""Kind -> name of its member of the delivery."""
_STREAM, _HAS = 350, 351
_HOMES = {WATER: 0.5, POWER: 0.97, GAS: 0.4}
_OFFICES = {WATER: 0.12, POWER: 0.35, GAS: 0.03}
_OF_HOME, _OF_OFFICE = 0, 3
_STOPPED_SHARE = 0.03
_LONGEST = 6_000


def gy_utility(world: World, block: Block) -> pd.DataFrame:
    """One row per account, by network; of households in the name of their head.

    Besides the items: ``network``, and ``door``, ``building_no``, ``form`` of the address.
    """
    rng = world.rng(_STREAM, block.number)
    accounts = pd.concat([_of_homes(world, block), _of_offices(world, block)])
    count, index = len(accounts), accounts.index.to_numpy()
    today = np.full(count, day(world.as_of))
    opened = between(rng, np.maximum(days(accounts["since"]), today - span(_LONGEST)), today - span(30))
    form = addresses.forms(world.ground, "gy_utility", index, accounts["door"].to_numpy())
    kind = accounts["kind"].to_numpy().astype("U1")
    return pd.DataFrame(
        {
            "account_no": np.strings.add(np.strings.add(kind, "4201"), numerals(index, 11)),
            "kind": kind,
            "holder_kind": accounts["holder_kind"],
            "holder_code": accounts["holder_code"],
            "holder_name": accounts["holder_name"],
            "address": addresses.write(world.ground, accounts, form),
            "opened_on": iso(opened),
            "state": np.where(rng.random(count) < _STOPPED_SHARE, STOPPED, RUNNING),
            "updated_at": updated(rng, opened, world.as_of),
            "network": np.array(list(NETWORKS.values()))[kind.astype(np.int64) - 1],
            "door": accounts["door"],
            "building_no": accounts["building_no"],
            "form": form,
        },
        index=accounts.index,
    )


def _of_homes(world: World, block: Block) -> pd.DataFrame:
    heads = block.people[block.people["relation"] == HEAD]
    grown = days(heads["birth"]) + span(18 * 366)
    holders = heads[HOME].assign(
        holder_kind=PERSON, holder_code=heads["citizen_id"], holder_name=heads["name"], since=grown
    )
    return _accounts(world, holders.set_index(heads["household"].to_numpy()), _HOMES, _OF_HOME)


def _of_offices(world: World, block: Block) -> pd.DataFrame:
    companies = block.companies
    open_ = companies[(companies["state"] == "active") & (companies["special"] != "quiet")]
    holders = open_[HOME].assign(
        holder_kind=ORGANISATION,
        holder_code=open_["credit_code"],
        holder_name=open_["name"],
        since=days(open_["established_on"]),
    )
    return _accounts(world, holders, _OFFICES, _OF_OFFICE)


def _accounts(world: World, holders: pd.DataFrame, rates: dict[str, float], nth: int) -> pd.DataFrame:
    """Those of ``holders`` who have an account, for each kind, by a subject of its own."""
    parts = []
    for place, (kind, rate) in enumerate(rates.items(), start=nth):
        has = holders[shares(holders.index, world.seed, _HAS + place) < rate]
        parts.append(has.assign(kind=kind).set_axis(subjects(has.index, place)))
    return pd.concat(parts)


REGISTERS = {
    "gy_utility": Register(gy_utility, habits=Habits(group="network", member="{group}.csv", byte_order_mark=True)),
}
