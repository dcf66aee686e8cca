"""The ground of the simulated city: everything that stands still, as pure functions of a seed and an index.

Nothing is kept but a few numbers for each street, whatever the size of the city. Doors are numbered from 0 through the
whole city, street after street; households and companies are spread over them. Coordinates are CGCS2000 degrees,
longitude first.
"""

from __future__ import annotations

from functools import cached_property
from math import gcd

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.numbers import Ints, Text, numerals
from simulation.places import address_text, buildings, doors
from simulation.places.streets import Streets, make_streets

PERSONS_PER_DOOR = 12
_HOUSEHOLDS, _COMPANIES = 0.618, 0.3247
"""Share of the city by which the next household or company lives further on."""


class Ground:
    """Streets, doors, buildings and rooms of one city.

    Args:
        seed: the same seed gives the same ground.
        persons: how many people it has to hold.
    """

    def __init__(self, seed: int, persons: int) -> None:
        self.seed = seed
        self.persons = persons

    @cached_property
    def street_table(self) -> Streets:
        """All streets as arrays."""
        return make_streets(self.seed, self.persons // PERSONS_PER_DOOR)

    @cached_property
    def door_count(self) -> int:
        """How many doors the city has."""
        return int(self.street_table.first_door[-1])

    def door_of_household(self, household: npt.ArrayLike) -> Ints:
        """The doors at which households live, by global household index: neighbours in the index live far apart."""
        return self._spread(household, _HOUSEHOLDS, self.seed)

    def door_of_company(self, company: npt.ArrayLike) -> Ints:
        """The doors at which companies reside, by global company index."""
        return self._spread(company, _COMPANIES, self.seed + 1)

    def rooms(self, household: npt.ArrayLike) -> tuple[Text, Text, Text]:
        """Number of the building at its door, unit and room of households; no two households share all four."""
        index = np.asarray(household, dtype=np.int64)
        building, unit, room = buildings.rooms(self.door_of_household(index), index // self.door_count, self.seed)
        return building.astype("U4"), unit.astype("U4"), room.astype("U8")

    def dwelling_of_household(self, household: npt.ArrayLike) -> pd.DataFrame:
        """The homes of households: ``door`` (index), ``building_no``, ``unit``, ``room`` (text), in the order given."""
        building, unit, room = self.rooms(household)
        door = self.door_of_household(household)
        return pd.DataFrame({"door": door, "building_no": building, "unit": unit, "room": room})

    def doors(self, index: npt.ArrayLike) -> pd.DataFrame:
        """What is true about doors; one row for each of ``index``, which is the table's index.

        Returns:
            ``address_id`` (20 digits: 12 of the community, 8 of the door), ``division`` (six digits), ``street_code`` (12
            digits), ``street``, ``community``, ``road``, ``door_number`` (12号, 12-1号, 12号附3号), ``estate`` ('' if none),
            ``lng``, ``lat`` (numbers, 8 decimals).
        """
        door, streets = np.asarray(index, dtype=np.int64), self.street_table
        street = doors.streets_of(streets, door)
        road, along, side, lot = doors.lots(streets, street, door)
        place, community = doors.communities(streets, street, road, along)
        where = doors.places(streets, street, road, side, lot)
        code = doors.community_codes(streets, street, place)
        return pd.DataFrame(
            {
                "address_id": np.strings.add(code, numerals(door + 1, 8)),
                "division": numerals(streets.division[street], 6),
                "street_code": streets.code[street],
                "street": streets.name[street],
                "community": community,
                "road": doors.roads(streets, street, road),
                "door_number": doors.numbers(streets, street, road, along),
                "estate": doors.estates(door, self.seed),
                "lng": where[:, 0],
                "lat": where[:, 1],
            },
            index=door,
        )

    def division_of_door(self, door: npt.ArrayLike) -> Ints:
        """Six-digit divisions in which doors are; quicker than `doors`."""
        street = doors.streets_of(self.street_table, np.asarray(door, dtype=np.int64))
        return self.street_table.division[street]

    def building_count(self, door: npt.ArrayLike) -> Ints:
        """How many buildings stand at doors: 1 to 6."""
        return buildings.counts(np.asarray(door, dtype=np.int64), self.seed)

    def building_id(self, door: npt.ArrayLike, building_no: npt.ArrayLike) -> Text:
        """24 digits: the door's ``address_id`` and the building's number at it."""
        index = np.asarray(door, dtype=np.int64)
        number = np.asarray(building_no).astype(np.int64)
        return np.strings.add(self.address_id(index), numerals(number, 4))

    def address_id(self, door: npt.ArrayLike) -> Text:
        """20 digits of doors; quicker than `doors`."""
        index, streets = np.asarray(door, dtype=np.int64), self.street_table
        street = doors.streets_of(streets, index)
        road, along, _, _ = doors.lots(streets, street, index)
        place, _ = doors.communities(streets, street, road, along)
        return np.strings.add(doors.community_codes(streets, street, place), numerals(index + 1, 8))

    def streets(self) -> pd.DataFrame:
        """One row for each street: ``street_code, name, old_name, division, boundary`` (a shapely polygon)."""
        import shapely  # compiled and heavy; only whoever draws needs it

        streets = self.street_table
        return pd.DataFrame(
            {
                "street_code": streets.code,
                "name": streets.name,
                "old_name": streets.old_name,
                "division": numerals(streets.division, 6),
                "boundary": shapely.polygons(streets.ring()),
            }
        )

    def write_address(
        self,
        doors_: pd.DataFrame,
        building_no: npt.ArrayLike,
        unit: npt.ArrayLike,
        room: npt.ArrayLike,
        form: npt.ArrayLike,
    ) -> Text:
        """The addresses of rooms at ``doors_`` (rows of `doors`), as `simulation.places.address_text.write` does."""
        streets = self.street_table
        street = doors.streets_of(streets, doors_.index.to_numpy())
        return address_text.write(doors_, streets.old_name[street], building_no, unit, room, form)

    def has_old_name(self, door: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether the streets of doors have a name that is no more, so that form "6" differs from form "1"."""
        street = doors.streets_of(self.street_table, np.asarray(door, dtype=np.int64))
        return np.asarray(self.street_table.old_name[street] != "")

    def _spread(self, index: npt.ArrayLike, share: float, offset: int) -> Ints:
        """A walk through the city in long steps that meets every door once before it meets one twice."""
        step = max(1, round(self.door_count * share))
        while gcd(step, self.door_count) > 1:
            step += 1
        return (np.asarray(index, dtype=np.int64) * step + offset) % self.door_count
