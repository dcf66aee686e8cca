"""One block, from the truth to what the departments deliver of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulation import addresses
from simulation.assembly import ONCE, PLANTS, REGISTERS
from simulation.declared import declared_keys
from simulation.next_month import NextMonth, next_month
from simulation.planting import Planter
from simulation.world import World

_PLANTING = 8
_FORM = "form"


@dataclass(frozen=True)
class Made:
    """What one block delivers.

    Attributes:
        number: of the block.
        companies: how many companies it has.
        rows: feed or resource -> rows as delivered, index the subject; what a feed does not take is not written.
        truth: the truth about them, with ``_subject`` instead of ``row``; on day 2 with ``status``.
        addresses: the truth about their addresses, in the columns of `simulation.addresses`.
    """

    number: int
    companies: int
    rows: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    addresses: pd.DataFrame


def make_block(world: World, number: int) -> Made:
    """Make block ``number`` and plant into it."""
    block = world.block(number)
    right = {resource: register.rows(world, block) for resource, register in REGISTERS.items()}
    planter = Planter(
        tables={resource: table.copy() for resource, table in right.items()},
        keys=declared_keys(),
        subjects={resource: register.subject for resource, register in REGISTERS.items()},
        rng=world.rng(_PLANTING, number),
        fewest=world.handful if number == 0 else 0,
    )
    for plant in (*PLANTS, *ONCE):
        plant(planter, world, block)
    after = next_month(planter, right, world, block) if world.day > 1 else NextMonth(planter.noted(), {})
    rows = {resource: planter.delivery(resource) for resource in REGISTERS} | after.batches
    return Made(number, len(block.companies), rows, after.truth, _addresses(planter, world, after.truth))


def _addresses(planter: Planter, world: World, truth: pd.DataFrame) -> pd.DataFrame:
    """What the addresses mean, of rows whose key and address are right."""
    tables = []
    for resource, rows in planter.tables.items():
        if _FORM not in rows.columns:
            continue
        touched = truth[(truth["resource"] == resource) & truth["item"].isin([*planter.keys[resource], "address"])]
        right = rows[~rows.index.isin(touched["_subject"]) & (rows[_FORM] != "").to_numpy()]
        if len(right):
            keys = planter.key_of(resource, right.index)
            tables.append(addresses.address_truth(world.ground, resource, keys, right, np.asarray(right[_FORM])))
    return pd.concat(tables, ignore_index=True)
