"""The companies as they truly are.

Grain: one row per company, index global. What other blocks may ask about a company (its code, its state, whether it
employs) follows from its index alone; the rest is drawn in its block.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.numbers import Ints, Text, credit_codes, iso_times, registration_numbers
from simulation.pools import DISTRICTS
from simulation.scatter import below, picked

if TYPE_CHECKING:
    from simulation.world import World

TYPES = ["enterprise", "individual_business", "cooperative"]
STATES = ["active", "revoked", "cancelled"]
UNIFIED_FROM = np.datetime64("2015-10-01")
"""From this day on a company gets its unified code at once; those founded before had a registration number."""
_KIND_SHARES, _STATE_SHARES = [0.55, 0.42, 0.03], [0.8, 0.07, 0.13]
_IN_A_ROOM = 0.5
_HALF_PLAIN = 8
"""Of so many enterprises of a small block one of each of four rare kinds leaves half of them plain."""
_QUIET_EVERY, _QUIET_PLACE, _FEWEST_QUIET = 50, 3, 12
_SERIALS, _SERIAL_STEP = 40_000_000, 7_654_321
_NAME_STEP = 1_000_003
_SECTIONS = "FLMIGCHOERSAJKNPQBDT"
_LETTERS = np.array(["TH", "UNI", "Easy", "GDS", "Max", "ABC", "YN", "HK"])
_COMPANIES = 4
_KIND, _STATE, _DIVISION, _SERIAL, _START = 40, 41, 42, 43, 44


def states(world: World, index: Ints) -> Text:
    """The state of companies anywhere."""
    return picked(index, STATES, _STATE_SHARES, world.seed, _STATE)


def kinds(world: World, index: Ints) -> Ints:
    """1 enterprise, 2 individual business, 3 farmers' cooperative (second character of the code), of companies anywhere."""
    return picked(index, [1, 2, 3], _KIND_SHARES, world.seed, _KIND)


def codes(world: World, index: Ints) -> Text:
    """The credit codes of companies anywhere; the division within is that of the registering authority."""
    return credit_codes(kinds(world, index), _authorities(world, index), serials(world, index))


def employers(world: World, rng: np.random.Generator, count: int) -> Ints:
    """``count`` companies anywhere that employ: active, not quiet, those of low index more often."""
    chosen = np.zeros(count, dtype=np.int64)
    wanted = np.arange(count)
    while len(wanted):
        chosen[wanted] = (world.company_count * rng.random(len(wanted)) ** 2).astype(np.int64)
        these = chosen[wanted]
        wanted = wanted[(states(world, these) != "active") | is_quiet(world, these)]
    return chosen


def is_quiet(world: World, index: Ints) -> npt.NDArray[np.bool_]:
    """Which companies no other register may name."""
    every = min(_QUIET_EVERY, max(2, world.company_count // _FEWEST_QUIET))
    result: npt.NDArray[np.bool_] = index % every == min(_QUIET_PLACE, every - 1)
    return result


def make_companies(world: World, number: int, people: pd.DataFrame) -> pd.DataFrame:
    """The companies of block ``number``, as `Block.companies` describes them; ``people`` are those of the block."""
    rng = world.rng(_COMPANIES, number)
    mine = world.share_of(world.company_count, number)
    index = np.arange(mine.start, mine.stop)
    count = len(index)
    kind, state = kinds(world, index), states(world, index)
    door = world.ground.door_of_company(index)
    doors = world.ground.doors(door)
    division = doors["division"].to_numpy().astype("U6")
    able = people.index[people["age"].between(18, 75) & (people["special"] == "") & people["died"].isna()]
    person = rng.choice(able.to_numpy(), count)
    representative = people.loc[person, ["name", "citizen_id"]]
    special = _specials(world, number, rng, index, kind, state)
    established = np.datetime64(world.as_of, "D") - rng.integers(30, 9_000, count).astype("timedelta64[D]")
    capital = np.where(kind == 1, rng.integers(10, 5_000, count), rng.integers(1, 50, count)) + rng.choice(
        [0, 0.5], count
    )
    building = (1 + np.floor(rng.random(count) * world.ground.building_count(door)).astype(np.int64)).astype("U2")
    room = np.where(rng.random(count) < _IN_A_ROOM, rng.integers(101, 1_900, count).astype("U4"), "")
    building = np.where(room == "", "", building)
    names = _names(world, rng, index, kind, division, special)
    _share_names(names, division, special)
    return pd.DataFrame(
        {
            "credit_code": codes(world, index),
            "name": names,
            "type": np.array(TYPES)[kind - 1],
            "legal_representative": representative["name"].to_numpy(),
            "legal_representative_person": person,
            "legal_representative_id": representative["citizen_id"].to_numpy(),
            "registration_number": np.where(established < UNIFIED_FROM, _registrations(world, index, kind), ""),
            "registered_capital": np.char.mod("%.2f", capital),
            "established_on": np.datetime_as_string(established, unit="D"),
            "address": world.ground.write_address(doors, building, np.full(count, ""), room, np.full(count, "1")),
            "division": division,
            "industry": rng.choice(list(_SECTIONS), count, p=_weights(len(_SECTIONS))),
            "state": state,
            "updated_at": moments(rng, count, world.as_of),
            "special": special,
            "door": door,
            "building_no": building,
            "unit": "",
            "room": room,
        },
        index=pd.RangeIndex(mine.start, mine.stop),
    )


def moments(rng: np.random.Generator, count: int, as_of: date) -> Text:
    """Times of an update from 2024-01-01 to the day before ``as_of``, as ``YYYY-MM-DD HH:MM:SS``."""
    start = np.datetime64("2024-01-01T00:00:00", "s")
    span = int((np.datetime64(as_of, "s") - start).astype(np.int64))
    return iso_times(start + rng.integers(0, span, count).astype("timedelta64[s]"))


def _authorities(world: World, index: Ints) -> Ints:
    return np.array(list(DISTRICTS))[below(index, len(DISTRICTS), world.seed, _DIVISION)]


def serials(world: World, index: Ints) -> Ints:
    """The numbers from which the codes of companies anywhere are made (`simulation.numbers.credit_codes`)."""
    start = int(below([0], 80_000_000, world.seed, _START)[0])
    return start + index * 10 + below(index, 10, world.seed, _SERIAL)


def _registrations(world: World, index: Ints, kind: Ints) -> Text:
    scattered = (index * _SERIAL_STEP + world.seed) % _SERIALS
    return registration_numbers(_authorities(world, index), np.where(kind == 2, 60_000_000 + scattered, scattered))


def _specials(
    world: World, number: int, rng: np.random.Generator, index: Ints, kind: Ints, state: Text
) -> npt.NDArray[Any]:
    each = max(world.specials(number) // 4, world.handful if number == 0 else 0)
    quiet = is_quiet(world, index)
    special = np.where(quiet, "quiet", "").astype("U12")
    enterprises = rng.permutation(np.flatnonzero((kind == 1) & (state == "active") & ~quiet))
    each = min(each, max(1, len(enterprises) // _HALF_PLAIN))
    for place, name in enumerate(("parentheses", "letters", "namesake", "namesake")):
        special[enterprises[place * each : (place + 1) * each]] = name
    return special


def _names(
    world: World, rng: np.random.Generator, index: Ints, kind: Ints, division: Text, special: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """No two companies bear the same brand in the same trade: both are digits of one number that no other index has."""
    pools = world.pools
    letters, trades = len(pools.syllables), len(pools.trades)
    scattered = (index * _NAME_STEP + world.seed) % (letters**3 * trades)
    trade = pools.trades[scattered % trades]
    places = [scattered // trades // letters**power % letters for power in range(3)]
    brand = pools.syllables[places[0]]
    for place in places[1:]:
        brand = np.strings.add(brand, pools.syllables[place])
    count = len(index)
    brand = np.where(special == "letters", np.strings.add(rng.choice(_LETTERS, count), brand), brand)
    brand = np.where(special == "parentheses", np.strings.add(brand, "（武汉）"), brand)
    town = np.where(special == "parentheses", "", "武汉")
    ending = np.where(rng.random(count) < 0.9, "有限公司", "股份有限公司")
    enterprise = np.strings.add(np.strings.add(town, brand), np.strings.add(trade, ending))
    district = np.array(list(DISTRICTS.values()))[np.searchsorted(list(DISTRICTS), division.astype(np.int64))]
    shop = np.strings.add(np.strings.add(district, brand), np.strings.add(trade, "经营部"))
    cooperative = np.strings.add(np.strings.add(district, brand), "种植专业合作社")
    return np.select([kind == 1, kind == 2], [enterprise, shop], cooperative)


def _share_names(names: npt.NDArray[Any], division: Text, special: npt.NDArray[Any]) -> None:
    """Gives pairs of 'namesake' in different districts one name, in place; who finds no partner is unmarked."""
    waiting = np.flatnonzero(special == "namesake")
    half = len(waiting) // 2
    first, second = waiting[:half], waiting[half : 2 * half]
    apart = division[first] != division[second]
    names[second[apart]] = names[first[apart]]
    special[np.concatenate([first[~apart], second[~apart], waiting[2 * half :]])] = ""


def _weights(count: int) -> npt.NDArray[np.float64]:
    falling = 1 / np.arange(1, count + 1)
    result: npt.NDArray[np.float64] = falling / falling.sum()
    return result
