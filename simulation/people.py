"""The people as they truly are: households, ages, names and ids, before any department writes them down.

Grain: one row per person, index 0 to n-1 in the order of households. Nothing here is wrong; errors are planted later.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.numbers import Days, Ints, Text, calendar_parts, citizen_ids, numerals
from simulation.pools import DISTRICTS, ELSEWHERE, Pools

HEAD, SPOUSE, CHILD, PARENT = "户主", "配偶", "子女", "父母"
_SIZES = ([1, 2, 3, 4, 5, 6], [0.22, 0.27, 0.26, 0.16, 0.06, 0.03])
_MINORITIES = ["15", "03", "11", "06", "12", "05", "04", "08", "02", "13"]
_YEAR = 365.2425
_ADULT = 18


def make_people(count: int, *, seed: int, as_of: date, pools: Pools, specials: int) -> pd.DataFrame:
    """``count`` people in households.

    Args:
        count: number of people.
        seed: of the city.
        as_of: the day on which ages are counted; nobody is born after it.
        pools: the words of the city.
        specials: how many of each rare kind there are at least (twins are pairs).

    Returns:
        Columns ``citizen_id, name, sex, ethnicity, birth, division, address, household_no, relation, age, special``;
        ``special`` is '', 'twin', 'leap_day', 'centenarian' or 'dotted'.
    """
    rng = np.random.default_rng([seed, 2])
    household, place, size = _households(rng, count)
    relation, sex, age = _members(rng, household, place)
    today = np.datetime64(as_of, "D")
    birth = today - (age * _YEAR + rng.integers(1, 364, count)).astype("timedelta64[D]")
    special = _specials(rng, size, place, relation, specials)
    elder, younger = _arrange(rng, birth, sex, special, today)
    heads = np.flatnonzero(place == 0)
    divisions = rng.choice(list(DISTRICTS), len(heads))
    issued = np.where(rng.random(count) < 0.8, divisions[household], rng.choice(list(DISTRICTS), count))
    issued[younger] = issued[elder]
    ethnicity = np.where(rng.random(len(heads)) < 0.96, "01", rng.choice(_MINORITIES, len(heads)))[household]
    ethnicity[special == "dotted"] = "05"
    name = _names(rng, household, relation, sex, pools)
    name[special == "dotted"] = rng.choice(pools.dotted, int((special == "dotted").sum()))
    table = pd.DataFrame(
        {
            "citizen_id": _issue(rng, issued, birth, sex, elder, younger),
            "name": name,
            "sex": sex.astype(str),
            "ethnicity": ethnicity,
            "division": numerals(divisions, 6)[household],
            "address": _addresses(rng, divisions, pools)[household],
            "household_no": numerals(divisions * 10_000_000 + np.arange(1, len(heads) + 1), 13)[household],
            "relation": relation,
            "special": special,
        }
    )
    table["birth"] = birth.astype("datetime64[s]")
    table["age"] = ((today - birth).astype(np.int64) / _YEAR).astype(np.int64)
    return table


def make_migrants(count: int, *, seed: int, as_of: date, pools: Pools) -> pd.DataFrame:
    """``count`` adults who work here and are registered elsewhere: ``citizen_id, name, age``."""
    rng = np.random.default_rng([seed, 3])
    sex = rng.integers(1, 3, count)
    age = rng.integers(_ADULT, 60, count)
    birth = np.datetime64(as_of, "D") - (age * _YEAR + rng.integers(1, 364, count)).astype("timedelta64[D]")
    nobody = np.array([], dtype=np.int64)
    alone = np.arange(count)
    return pd.DataFrame(
        {
            "citizen_id": _issue(rng, rng.choice(ELSEWHERE, count), birth, sex, nobody, nobody),
            "name": _names(rng, alone, np.full(count, HEAD), sex, pools),
            "age": age,
        }
    )


def phones(rng: np.random.Generator, count: int) -> Text:
    """Valid mobile numbers."""
    return numerals(rng.integers(13_000_000_000, 20_000_000_000, count), 11)


def street_addresses(rng: np.random.Generator, divisions: Ints, streets: Text) -> Text:
    """City, district, street and door number, one for each of ``divisions``."""
    names = np.array(list(DISTRICTS.values()))[np.searchsorted(list(DISTRICTS), divisions)]
    doors = np.strings.add(rng.integers(1, 600, len(divisions)).astype("U3"), "号")
    street = rng.choice(streets, len(divisions))
    return np.strings.add(np.strings.add("武汉市", names), np.strings.add(street, doors))


def _addresses(rng: np.random.Generator, divisions: Ints, pools: Pools) -> Text:
    count = len(divisions)
    building = np.strings.add(rng.integers(1, 40, count).astype("U2"), "栋")
    room = np.strings.add(numerals(rng.integers(1, 33, count) * 100 + rng.integers(1, 5, count), 4), "室")
    inside = np.strings.add(rng.choice(pools.estates, count), np.strings.add(building, room))
    return np.strings.add(street_addresses(rng, divisions, pools.streets), inside)


def _households(rng: np.random.Generator, count: int) -> tuple[Ints, Ints, Ints]:
    """Household number, place in it (0 is the head) and its size, for every person."""
    sizes = rng.choice(_SIZES[0], size=count, p=_SIZES[1])
    ends = np.cumsum(sizes)
    last = int(np.searchsorted(ends, count))
    sizes = sizes[: last + 1]
    sizes[last] -= ends[last] - count
    starts = np.cumsum(sizes) - sizes
    household = np.repeat(np.arange(len(sizes)), sizes)
    return household, np.arange(count) - starts[household], sizes[household]


def _members(rng: np.random.Generator, household: Ints, place: Ints) -> tuple[npt.NDArray[Any], Ints, Ints]:
    """Relation to the head, sex (1 or 2) and age in years: parents are 21 to 40 years older than their children."""
    homes = int(household[-1]) + 1
    head_age, gap = rng.integers(24, 86, homes), rng.integers(-5, 6, homes)
    head_sex = np.where(rng.random(homes) < 0.65, 1, 2)
    paired = rng.random(homes) < 0.88
    spouse_age = np.maximum(head_age + gap, 22)
    younger = np.where(paired, np.minimum(head_age, spouse_age), head_age)[household]
    spouse = (place == 1) & paired[household]
    parent = (place >= 4) & (head_age[household] <= 62)
    age = np.maximum(younger - rng.integers(21, 41, len(place)), 0)
    age = np.where(place == 0, head_age[household], age)
    age = np.where(spouse, spouse_age[household], age)
    age = np.where(parent, head_age[household] + rng.integers(21, 36, len(place)), age)
    sex = np.where(rng.random(len(place)) < 0.52, 1, 2)
    sex = np.where(place == 0, head_sex[household], sex)
    sex = np.where(spouse, 3 - head_sex[household], sex)
    sex = np.where(parent, 1 + (head_sex[household] + place) % 2, sex)
    relation = np.select([place == 0, spouse, parent], [HEAD, SPOUSE, PARENT], CHILD)
    return relation, sex, age


def _specials(
    rng: np.random.Generator, size: Ints, place: Ints, relation: npt.NDArray[Any], count: int
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


def _issue(rng: np.random.Generator, divisions: Ints, birth: Days, sex: Ints, elder: Ints, younger: Ints) -> Text:
    """Distinct ids; a younger twin has the sequence number after the elder's."""
    sequence = rng.integers(0, 499, len(birth)) * 2 + sex % 2
    slot = divisions * 100_000 + birth.astype("datetime64[D]").astype(np.int64) + 50_000
    while True:
        sequence[younger] = sequence[elder] + 1
        _, first = np.unique(slot * 1_000 + sequence, return_index=True)
        again = np.ones(len(birth), dtype=bool)
        again[first] = False
        if not again.any():
            return citizen_ids(divisions, birth, sequence)
        again[elder] |= again[younger]
        sequence[again] = rng.integers(0, 499, int(again.sum())) * 2 + sex[again] % 2
