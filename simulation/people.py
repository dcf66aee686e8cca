"""The people as they truly are: households, ages, names and ids, before any department writes them down.

Grain: one row per person, index global, in the order of households. Nothing here is wrong; errors are planted later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.identities import issue_ids
from simulation.numbers import Days, Ints, Text, calendar_parts, numerals
from simulation.pools import DISTRICTS, ELSEWHERE, OLD_DIVISIONS, PERMITS, Pools

if TYPE_CHECKING:
    from simulation.world import World

HEAD, SPOUSE, CHILD, PARENT = "户主", "配偶", "子女", "父母"
ADULT, PENSION = 18, 60
_SIZES = ([1, 2, 3, 4, 5, 6], [0.22, 0.27, 0.26, 0.16, 0.06, 0.03])
_MEAN_SIZE = 2.66
_MINORITIES = ["15", "03", "11", "06", "12", "05", "04", "08", "02", "13"]
_YEAR = 365.2425
_INSURED = 0.6
_OLD_ISSUE = np.datetime64("1990-01-01")
_PEOPLE, _MIGRANTS, _IDS, _MIGRANT_IDS = 2, 3, 20, 21


def make_people(world: World, number: int) -> pd.DataFrame:
    """The people of block ``number`` who have a household here, as `Block.people` describes them."""
    rng = world.rng(_PEOPLE, number)
    mine = world.share_of(world.persons, number)
    households = world.share_of(round(world.persons / _MEAN_SIZE), number)
    count = len(mine)
    household, place, size = _households(rng, count, len(households))
    relation, sex, age = _members(rng, household, place)
    today = np.datetime64(world.as_of, "D")
    birth = today - (age * _YEAR + rng.integers(1, 364, count)).astype("timedelta64[D]")
    special = _specials(rng, size, place, relation, birth, world.specials(number))
    elder, younger = _arrange(rng, birth, sex, special, today)
    homes = dwellings(world, np.asarray(households))
    divisions = homes["division"].to_numpy().astype(np.int64)
    issued = np.where(rng.random(count) < 0.8, divisions[household], rng.choice(list(DISTRICTS), count))
    issued[younger] = issued[elder]
    old = special == "old_division"
    issued[old] = rng.choice(OLD_DIVISIONS, int(old.sum()))
    ethnicity = np.where(rng.random(len(households)) < 0.96, "01", rng.choice(_MINORITIES, len(households)))[household]
    dotted = special == "dotted"
    ethnicity[dotted] = "05"
    name = _names(rng, household, relation, sex, world.pools)
    name[dotted] = rng.choice(world.pools.dotted, int(dotted.sum()))
    ids = issue_ids(
        world.rng(_IDS, number), issued, birth, sex, (elder, younger), old, (number, world.block_count), list(DISTRICTS)
    )
    age = ((today - birth).astype(np.int64) / _YEAR).astype(np.int64)
    number_of = numerals(divisions * 10_000_000 + np.asarray(households) + 1, 13)
    table = pd.DataFrame(
        {
            "citizen_id": ids,
            "name": name,
            "sex": sex.astype(str),
            "ethnicity": ethnicity,
            "birth": birth.astype("datetime64[s]"),
            "division": numerals(divisions, 6)[household],
            "address": homes["address"].to_numpy()[household],
            "household_no": number_of[household],
            "household": household + households.start,
            "relation": relation,
            "age": age,
            "special": special,
            "door": homes["door"].to_numpy()[household],
            "building_no": homes["building_no"].to_numpy()[household],
            "unit": homes["unit"].to_numpy()[household],
            "room": homes["room"].to_numpy()[household],
            **_kin(household, relation, sex, mine.start),
            "died": _deaths(rng, place, size, age, special, today),
        },
        index=pd.RangeIndex(mine.start, mine.stop),
    )
    adult = (age >= ADULT) & table["died"].isna().to_numpy()
    insured = adult & ((rng.random(count) < _INSURED) | dotted)
    table["employer"] = np.where(insured, world.employers(rng, count), -1)
    return table


def make_migrants(world: World, number: int) -> pd.DataFrame:
    """The adults of block ``number`` who live and work here and are registered elsewhere (`Block.migrants`)."""
    rng = world.rng(_MIGRANTS, number)
    mine = world.share_of(world.migrant_count, number)
    count = len(mine)
    sex = rng.integers(1, 3, count)
    age = rng.integers(ADULT, PENSION, count)
    birth = np.datetime64(world.as_of, "D") - (age * _YEAR + rng.integers(1, 364, count)).astype("timedelta64[D]")
    special = np.full(count, "", dtype="U12")
    each = min(max(1 if number == 0 else 0, round(count * 0.004)), count // 8)
    for place, kind in enumerate(PERMITS):
        special[place * each : (place + 1) * each] = kind
    issued = rng.choice(ELSEWHERE, count)
    for kind, choices in PERMITS.items():
        issued[special == kind] = rng.choice(choices, int((special == kind).sum()))
    households = world.share_of(round(world.persons / _MEAN_SIZE), number)
    homes = dwellings(world, households.start + rng.integers(0, len(households), count))
    nobody = np.array([], dtype=np.int64)
    ids = issue_ids(
        world.rng(_MIGRANT_IDS, number),
        issued,
        birth,
        sex,
        (nobody, nobody),
        special != "",
        (number, world.block_count),
        ELSEWHERE,
    )
    return pd.DataFrame(
        {
            "citizen_id": ids,
            "name": _names(rng, np.arange(count), np.full(count, HEAD), sex, world.pools),
            "sex": sex.astype(str),
            "ethnicity": "01",
            "birth": birth.astype("datetime64[s]"),
            "age": age,
            "special": special,
            "division": homes["division"].to_numpy(),
            "address": homes["address"].to_numpy(),
            "door": homes["door"].to_numpy(),
            "building_no": homes["building_no"].to_numpy(),
            "unit": homes["unit"].to_numpy(),
            "room": homes["room"].to_numpy(),
            "employer": world.employers(rng, count),
        },
        index=pd.RangeIndex(world.persons + mine.start, world.persons + mine.stop),
    )


def dwellings(world: World, households: Ints) -> pd.DataFrame:
    """Where households are registered: ``door, building_no, unit, room, division, address``, one row for each."""
    homes = world.ground.dwelling_of_household(households).reset_index(drop=True)
    doors = world.ground.doors(homes["door"].to_numpy())
    homes["division"] = doors["division"].to_numpy()
    homes["address"] = world.ground.write_address(
        doors, homes["building_no"], homes["unit"], homes["room"], np.full(len(homes), "1")
    )
    return homes


def phones(rng: np.random.Generator, count: int) -> Text:
    """Valid mobile numbers."""
    return numerals(rng.integers(13_000_000_000, 20_000_000_000, count), 11)


def _households(rng: np.random.Generator, count: int, homes: int) -> tuple[Ints, Ints, Ints]:
    """Household, place in it (0 is the head) and its size for every person; sizes are mended to add up to ``count``."""
    sizes = rng.choice(_SIZES[0], size=homes, p=_SIZES[1])
    while (missing := count - int(sizes.sum())) != 0:
        step = 1 if missing > 0 else -1
        able = np.flatnonzero(sizes < _SIZES[0][-1] if step > 0 else sizes > 1)
        sizes[rng.permutation(able)[: abs(missing)]] += step
    starts = np.cumsum(sizes) - sizes
    household = np.repeat(np.arange(homes), sizes)
    return household, np.arange(count) - starts[household], sizes[household]


def _members(rng: np.random.Generator, household: Ints, place: Ints) -> tuple[npt.NDArray[Any], Ints, Ints]:
    """Relation to the head, sex (1 or 2) and age in years.

    Parents are 21 years or more older than their eldest child, and children are two to four years apart, the eldest first.
    """
    homes = int(household[-1]) + 1
    head_age, gap = rng.integers(24, 86, homes), rng.integers(-5, 6, homes)
    head_sex = np.where(rng.random(homes) < 0.65, 1, 2)
    paired = rng.random(homes) < 0.88
    spouse = (place == 1) & paired[household]
    parent = (place >= 4) & (head_age[household] <= 62)
    child = (place > 0) & ~spouse & ~parent
    further = child & (place > 1 + paired[household])
    steps = np.cumsum(np.where(further, rng.integers(2, 5, len(place)), 0))
    behind = steps - steps[place == 0][household]
    youngest = np.zeros(homes, dtype=np.int64)
    np.maximum.at(youngest, household, behind)
    head_age = np.where(np.bincount(household, child, homes) > 0, np.maximum(head_age, 26 + youngest), head_age)
    spouse_age = np.maximum(head_age + gap, 22)
    younger = np.where(paired, np.minimum(head_age, spouse_age), head_age)
    eldest = younger - np.minimum(rng.integers(21, 35, homes), younger - youngest)
    age = eldest[household] - behind
    age = np.where(place == 0, head_age[household], age)
    age = np.where(spouse, spouse_age[household], age)
    age = np.where(parent, head_age[household] + rng.integers(21, 36, len(place)), age)
    sex = np.where(rng.random(len(place)) < 0.52, 1, 2)
    sex = np.where(place == 0, head_sex[household], sex)
    sex = np.where(spouse, 3 - head_sex[household], sex)
    sex = np.where(parent, 1 + (head_sex[household] + place) % 2, sex)
    relation = np.select([place == 0, spouse, parent], [HEAD, SPOUSE, PARENT], CHILD)
    return relation, sex, age


def _kin(household: Ints, relation: npt.NDArray[Any], sex: Ints, start: int) -> dict[str, Ints]:
    """Spouse, mother and father of everybody as global person indexes, -1 where they do not live in the household."""
    homes, who = int(household[-1]) + 1, np.arange(start, start + len(household))

    def of_home(where: npt.NDArray[np.bool_]) -> Ints:
        found = np.full(homes, -1, dtype=np.int64)
        found[household[where]] = who[where]
        return found[household]

    head, spouse = relation == HEAD, relation == SPOUSE
    heads, spouses = of_home(head), of_home(spouse)
    kin = {"spouse": np.select([head, spouse], [spouses, heads], -1)}
    for parent, one in (("mother", 2), ("father", 1)):
        above = of_home((relation == PARENT) & (sex == one))
        pair = of_home((head | spouse) & (sex == one))
        kin[parent] = np.select([head, relation == CHILD], [above, pair], -1)
    return kin


def _deaths(
    rng: np.random.Generator, place: Ints, size: Ints, age: Ints, special: npt.NDArray[Any], today: np.datetime64
) -> npt.NDArray[np.datetime64]:
    """The day of death within the year before, for under 1 %: the old above all, no head of a household with others."""
    dead = rng.random(len(age)) < np.select([age >= 75, age >= 55], [0.06, 0.012], 0.001)
    dead &= ((place > 0) | (size == 1)) & (special == "") & (age >= 2)
    days = today - rng.integers(1, 366, len(age)).astype("timedelta64[D]")
    return np.where(dead, days, np.datetime64("NaT")).astype("datetime64[s]")


def _specials(
    rng: np.random.Generator, size: Ints, place: Ints, relation: npt.NDArray[Any], birth: Days, count: int
) -> npt.NDArray[Any]:
    """Marks rare people; twins stand in places 2 and 3, the first of them is marked 'twin'."""
    special = np.full(len(size), "", dtype="U12")
    child = relation == CHILD
    elder = np.flatnonzero((place == 2) & (size >= 4) & child & np.append(child[1:], False))
    special[rng.permutation(elder)[:count]] = "twin"
    singles = rng.permutation(np.flatnonzero(size == 1))
    special[singles[:count]] = "centenarian"
    special[singles[count : 2 * count]] = "dotted"
    special[singles[2 * count : 3 * count]] = "leap_day"
    long_here = np.flatnonzero((place == 0) & (size > 1) & (birth < _OLD_ISSUE))
    special[rng.permutation(long_here)[:count]] = "old_division"
    return special


def _arrange(
    rng: np.random.Generator, birth: Days, sex: Ints, special: npt.NDArray[Any], today: np.datetime64
) -> tuple[Ints, Ints]:
    """Gives the rare people the births they need, in place; the elder and younger twin of every pair."""
    elder = np.flatnonzero(special == "twin")
    younger = elder + 1
    birth[younger] = birth[elder]
    sex[elder], sex[younger] = 1, 2
    special[younger] = "twin"
    old = np.flatnonzero(special == "centenarian")
    birth[old] = today - (rng.integers(100, 109, len(old)) * _YEAR + 30).astype("timedelta64[D]")
    leap = np.flatnonzero(special == "leap_day")
    year = calendar_parts(birth[leap])[0] - 1
    year -= year % 4
    birth[leap] = (((year - 1970) * 12 + 1).astype("datetime64[M]").astype("datetime64[D]")) + np.timedelta64(28, "D")
    return elder, younger


def _names(
    rng: np.random.Generator, household: Ints, relation: npt.NDArray[Any], sex: Ints, pools: Pools
) -> npt.NDArray[Any]:
    """A child bears the surname of the head's family, spouse and parents their own half of the time or always."""
    homes = int(household[-1]) + 1 if len(household) else 0
    family = rng.choice(pools.surnames, homes)[household]
    own = rng.choice(pools.surnames, len(household))
    stranger = (relation == SPOUSE) | ((relation == PARENT) & (sex == 2))
    given = np.where(
        sex == 1, rng.choice(pools.given_male, len(household)), rng.choice(pools.given_female, len(household))
    )
    return np.strings.add(np.where(stranger, own, family), given).astype("U16")
