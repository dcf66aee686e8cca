"""Where people live today, which for some is not where they are registered.

A household in twenty has moved to another home of the city and left its registration behind (人户分离). Those who are
registered in another city live where `Block.migrants` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulation.days import day, span
from simulation.scatter import below, shares

if TYPE_CHECKING:
    from simulation.world import Block, World

HOME = ["door", "building_no", "unit", "room"]
_AWAY_SHARE = 0.05
_AWAY, _WHERE, _SINCE = 201, 202, 203
_LONGEST = 1_500


def away(world: World, block: Block) -> pd.DataFrame:
    """The living who have another home in the city than the one they are registered at.

    Returns:
        The columns of `HOME`, ``division`` of the new home, and ``since`` (datetime64[s]), by person; a household moves as
        one.
    """
    people = block.people
    household = people["household"].to_numpy()
    moved = (shares(household, world.seed, _AWAY) < _AWAY_SHARE) & people["died"].isna().to_numpy()
    gone = household[moved]
    homes = int(household[-1]) + 1
    # Any household's home serves as the new one: two families under one roof contradict nothing.
    home = world.ground.dwelling_of_household(below(gone, homes, world.seed, _WHERE))[HOME].reset_index(drop=True)
    home["division"] = world.ground.doors(home["door"].to_numpy())["division"].to_numpy()
    since = day(world.as_of) - span(30 + below(gone, _LONGEST, world.seed, _SINCE))
    home["since"] = since.astype("datetime64[s]")
    return home.set_axis(people.index[moved])


def homes(world: World, block: Block) -> pd.DataFrame:
    """The home of everybody who lives here, the columns of `HOME`, by person."""
    everybody = block.residents[HOME].copy()
    elsewhere = away(world, block)
    everybody.loc[elsewhere.index, HOME] = elsewhere[HOME].to_numpy()
    everybody["door"] = everybody["door"].astype(np.int64)
    return everybody
