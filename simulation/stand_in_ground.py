"""Addresses without a map, until `simulation.ground` is there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.pools import DISTRICTS
from simulation.scatter import below


class Ground:
    """Doors as pure functions of an index."""

    def __init__(self, seed: int, persons: int) -> None:
        self.seed, self.count = seed, max(200, persons // 25)

    def door_of_household(self, index):
        return below(index, self.count, self.seed, 90)

    def door_of_company(self, index):
        return below(index, self.count, self.seed, 91)

    def dwelling_of_household(self, index):
        index = np.asarray(index)
        building = np.strings.add(below(index, 39, self.seed, 92).astype("U2"), "")
        room = (below(index, 32, self.seed, 94) * 100 + 101 + below(index, 4, self.seed, 95)).astype("U4")
        unit = (1 + below(index, 3, self.seed, 93)).astype("U2")
        return pd.DataFrame({"door": self.door_of_household(index), "building_no": building, "unit": unit, "room": room})

    def doors(self, index):
        index = np.asarray(index)
        division = np.array(list(DISTRICTS))[below(index, len(DISTRICTS), self.seed, 96)].astype("U6")
        street = np.strings.add(np.array(list("解建中青友和团武长汉新民"))[below(index, 12, self.seed, 97)], "放路")
        number = (1 + below(index, 600, self.seed, 98)).astype("U4")
        return pd.DataFrame({"address_id": index, "division": division, "road": street, "door_number": number, "estate": ""})

    def write_address(self, doors, building_no, unit, room, form):
        names = np.array(list(DISTRICTS.values()))[np.searchsorted(list(DISTRICTS), doors["division"].to_numpy().astype(int))]
        text = np.strings.add(np.strings.add("武汉市", names), doors["road"].to_numpy().astype("U9"))
        text = np.strings.add(np.strings.add(text, doors["door_number"].to_numpy().astype("U5")), "号")
        for part, word in ((building_no, "栋"), (unit, "单元"), (room, "室")):
            part = np.asarray(part).astype("U5")
            text = np.strings.add(text, np.where(part == "", "", np.strings.add(part, word)))
        return text
