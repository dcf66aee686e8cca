"""Points of interest: which door each is at, what it is called and where it stands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.ground import Ground
from simulation.numbers import Ints, numerals
from simulation.places import names
from simulation.places.tessellation import DECIMALS
from simulation.scatter import below, shares

PERSONS_PER_POINT = 40
_SPREAD = 1_000_003
"""Coprime to almost any number of doors: points stand at doors far from each other."""
_PLAIN_NAME = 0.4
"""Of the points that bear the bare name of the chain, so that there are many of one name."""
_AWAY = 0.0002
"""Degrees between the door and the entrance at most."""
_NO_PHONE = 0.2


def count(persons: int) -> int:
    """Points of interest in a city of so many people."""
    return max(persons // PERSONS_PER_POINT, 60)


def points(ground: Ground, index: Ints) -> pd.DataFrame:
    """What is true about points of interest; one row for each of ``index``, which is the table's index.

    Returns:
        ``door`` (its index), ``name``, ``category``, ``address``, ``division``, ``phone`` ('' if none), ``lng``, ``lat``
        (CGCS2000, numbers).
    """
    seed = ground.seed
    door = (index * _SPREAD + seed) % ground.door_count
    doors = ground.doors(door)
    chains = np.array(list(names.CHAINS.values()))
    drawn = below(index, chains.size, seed, 120)
    chain = chains.ravel()[drawn]
    branch = np.strings.add(np.strings.add("（", doors["road"].to_numpy().astype(str)), "店）")
    name = np.where(shares(index, seed, 121) < _PLAIN_NAME, chain, np.strings.add(chain, branch))
    phone = np.strings.add("027-8", numerals(below(index, 10_000_000, seed, 122), 7))
    moved = [_AWAY * (2 * shares(index, seed, stream) - 1) for stream in (124, 125)]
    return pd.DataFrame(
        {
            "door": door,
            "name": name,
            "category": np.array(list(names.CHAINS))[drawn // chains.shape[1]],
            "address": ground.write_address(doors, "", "", "", "2"),
            "division": doors["division"].to_numpy(),
            "phone": np.where(shares(index, seed, 123) < _NO_PHONE, "", phone),
            "lng": (doors["lng"].to_numpy() + moved[0]).round(DECIMALS),
            "lat": (doors["lat"].to_numpy() + moved[1]).round(DECIMALS),
        },
        index=index,
    )
