"""The city as it truly is, block after block, before any department writes it down.

A block is a run of whole households (about 50,000 people) with the companies, and the people registered elsewhere who
live and work here, of the same share of the city. What a block holds depends on the seed, the size of the city, the day
and the block's number alone: blocks are made in any order, in any process, and the city need never be in memory at once.
What one block must know of another (the code and the state of an employer) are pure functions of the index.

Indexes are global: people 0 to persons-1 in the order of households, then those registered elsewhere from `persons` on;
companies and households from 0, each for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation import companies as companies_
from simulation import people as people_
from simulation.numbers import Ints, Text
from simulation.pools import Pools, draw_pools

if TYPE_CHECKING:
    from simulation.ground import Ground

BLOCK = 50_000
"""People of a block, about: a city has the fewest blocks of at most so many, all of one size."""
MOST = 11_000_000
"""More people than this have more taxpayers than a sheet has rows, and soon more blocks than a birthday has numbers."""
COMPANIES = 0.11
"""Companies per person."""
MIGRANTS = 0.03
"""People registered elsewhere who live and work here, per person."""
_SPECIAL_RATE, _SMALL = 0.0006, 2_000


@dataclass(frozen=True)
class Block:
    """The truth about one block.

    Attributes:
        number: 0 to the number of blocks - 1.
        people: those with a household here. Index: global person index. Columns: ``citizen_id, name, sex ('1', '2'),
            ethnicity, birth (datetime64[s]), division, address, household_no, household (global household index),
            relation, age (years), special, door (index into `Ground`), building_no, unit, room (text, '' where there is
            none), spouse, mother, father (global person index or -1), died (datetime64[s] or NaT), employer (global
            company index or -1; who has one is insured)``. ``special`` is '', 'twin', 'leap_day', 'centenarian',
            'dotted' or 'old_division' (id issued in a division that is abolished today).
        migrants: adults registered elsewhere, index from `World.persons` on, the same columns without household and
            kin; ``special`` is '', 'hong_kong', 'macao', 'taiwan' (residence permits 81, 82, 83 0000) or 'foreign'
            (permanent residence, 9…).
        companies: index: global company index. Columns: ``credit_code, name, type, legal_representative,
            legal_representative_person (global person index, in this block), legal_representative_id,
            registration_number ('' from 2015-10-01 on), registered_capital, established_on, address, division,
            industry, state, updated_at, special, door, building_no, unit, room``, all text but the indexes.
            ``special`` is '', 'parentheses', 'letters', 'namesake' (pairs of the same name in two districts) or 'quiet':
            a company that no other register may name, so that an error in its row is seen nowhere else.
    """

    number: int
    people: pd.DataFrame
    migrants: pd.DataFrame
    companies: pd.DataFrame

    @cached_property
    def residents(self) -> pd.DataFrame:
        """Everybody who lives here and is alive: people and migrants, the columns both have."""
        alive = self.people[self.people["died"].isna()]
        return pd.concat([alive[self.migrants.columns], self.migrants])


@dataclass(frozen=True)
class World:
    """A city: everything of it follows from these few numbers.

    Attributes:
        seed: the same seed gives the same city.
        persons: people with a household here, on the first day.
        as_of: the day before which everything of day 1 happened; the truth of a block is that of this day.
        day: 1, or 2 for the deliveries of the month after (`today`).
        pools: the words of the city.
        ground: its streets, doors and buildings.
        block_size: people of a block at most; another size makes another city.
    """

    seed: int
    persons: int
    as_of: date
    day: int
    pools: Pools
    ground: Ground
    block_size: int = BLOCK

    def rng(self, stream: int, block: int = 0) -> np.random.Generator:
        """A generator of its own for one use in one block.

        Streams: 1-99 people, companies and their four registers; 100-199 places; 200-299 registers of people;
        300-399 organisations, licences and utilities.
        """
        return np.random.default_rng([self.seed, stream, block])

    @property
    def today(self) -> date:
        """The day before which everything happened that is delivered: `as_of`, on day 2 a month later."""
        if self.day == 1:
            return self.as_of
        year, month = divmod(self.as_of.year * 12 + self.as_of.month, 12)
        return date(year, month + 1, min(self.as_of.day, 28))

    @property
    def handful(self) -> int:
        """Of a rare thing there are at least so many in the city, all of them in block 0."""
        return 5 if self.persons >= _SMALL else 2

    @property
    def block_count(self) -> int:
        """How many blocks the city has."""
        return -(-self.persons // self.block_size)

    @property
    def company_count(self) -> int:
        """How many companies the city has."""
        return round(self.persons * COMPANIES)

    @property
    def migrant_count(self) -> int:
        """How many people registered elsewhere live here."""
        return max(5, round(self.persons * MIGRANTS))

    def blocks(self) -> Iterator[int]:
        """The numbers of the blocks, in order."""
        return iter(range(self.block_count))

    def share_of(self, whole: int, number: int) -> range:
        """The part of ``range(whole)`` that belongs to block ``number``."""
        return range(whole * number // self.block_count, whole * (number + 1) // self.block_count)

    def specials(self, number: int) -> int:
        """How many there are of each rare kind of person in block ``number``."""
        few = round(len(self.share_of(self.persons, number)) * _SPECIAL_RATE)
        return max(few, self.handful if number == 0 else 0)

    def company_code(self, index: npt.ArrayLike) -> Text:
        """The unified social credit codes of companies anywhere."""
        return companies_.codes(self, np.asarray(index, dtype=np.int64))

    def company_state(self, index: npt.ArrayLike) -> Text:
        """'active', 'revoked' or 'cancelled', of companies anywhere."""
        return companies_.states(self, np.asarray(index, dtype=np.int64))

    def employers(self, rng: np.random.Generator, count: int) -> Ints:
        """Companies anywhere that employ, drawn so that those of low index are the larger ones."""
        return companies_.employers(self, rng, count)

    def dwellings(self, households: npt.ArrayLike) -> pd.DataFrame:
        """Where households anywhere are registered: ``door, building_no, unit, room, division, address``, one row each."""
        return people_.dwellings(self, np.asarray(households, dtype=np.int64))

    def block(self, number: int) -> Block:
        """Make block ``number``."""
        people = people_.make_people(self, number)
        migrants = people_.make_migrants(self, number)
        return Block(number, people, migrants, companies_.make_companies(self, number, people))


def make_world(seed: int, persons: int, as_of: date, day: int = 1, block_size: int = BLOCK) -> World:
    """The city of these numbers; makes nothing of it yet but its words and its ground."""
    from simulation.ground import Ground

    return World(seed, persons, as_of, day, draw_pools(seed), Ground(seed, persons), block_size)
