"""The organisations as they truly are: social organisations, and organs and institutions of the state.

Each sort has an index of its own through the city; codes follow from the index alone. The first of the organs are those
of the city that issue licences, all in block 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.days import between, day, days, iso, span, updated
from simulation.numbers import Days, Ints, Text, credit_codes
from simulation.pools import DISTRICTS
from simulation.scatter import below, picked

if TYPE_CHECKING:
    from simulation.world import Block, World

SOCIAL_TYPES = ("social_group", "private_non_enterprise", "foundation")
ORGAN, INSTITUTION = "organ", "institution"
"""Codes of the list organisation_type, the social ones in the order of the second character of their codes."""
ACTIVE, CANCELLED = "active", "cancelled"
"""Codes of the list organisation_state."""
CITY_ORGANS = (
    "武汉市市场监督管理局",
    "武汉市卫生健康委员会",
    "武汉市交通运输局",
    "武汉市城乡建设局",
    "武汉市烟草专卖局",
    "武汉市教育局",
    "武汉市公安局",
    "武汉市行政审批局",
    "武汉市民政局",
    "武汉市统计局",
    "武汉市城市管理执法委员会",
    "武汉市人力资源和社会保障局",
)
"""Organs of the city by index."""
ISSUERS = {"L01": 0, "L02": 1, "L03": 2, "L04": 3, "L05": 4, "L06": 0, "L07": 5, "L08": 6}
"""Kind of licence -> the organ that issues it."""
CLINICS = ("医院", "社区卫生服务中心")
"""What the institutions are called that treat patients."""
_PERSONS_PER_SOCIAL, _PERSONS_PER_PUBLIC, _FEWEST = 1_200, 1_500, 60
_QUIET_EVERY, _QUIET_PLACE = 5, 4
_BUREAUS = ("财政局", "教育局", "民政局", "司法局", "审计局", "统计局", "水务局", "信访局", "档案局", "园林局")
_ORGAN_EVERY = 4
_CITY = 420100
_SOCIAL_SHARES = (0.45, 0.52, 0.03)
_GROUPS, _PRIVATE = (
    ("商会", "行业协会", "志愿者协会", "学会"),
    ("幼儿园", "养老服务中心", "培训学校", "社会工作服务中心"),
)
_INSTITUTIONS = (*CLINICS, "小学", "中学", "图书馆", "文化馆", "幼儿园", "环境卫生管理所", "公园管理处", "老年大学")
_NAME_STEP = 100_003
_CANCELLED_SHARE = 0.05
_ABLE = (25, 70)
_SOCIAL, _PUBLIC, _TYPE, _AUTHORITY, _WORD, _SERIAL, _PLACE = 300, 301, 302, 303, 304, 305, 6


def social_count(world: World) -> int:
    """How many social organisations the city has."""
    return max(_FEWEST, round(world.persons / _PERSONS_PER_SOCIAL))


def public_count(world: World) -> int:
    """How many organs and institutions the city has."""
    return max(_FEWEST, round(world.persons / _PERSONS_PER_PUBLIC))


def is_quiet(index: Ints) -> npt.NDArray[np.bool_]:
    """Which organisations no other register may name, so that a wrong code is seen nowhere else."""
    result: npt.NDArray[np.bool_] = (index % _QUIET_EVERY == _QUIET_PLACE) & (index >= len(CITY_ORGANS))
    return result


def social_codes(world: World, index: Ints) -> Text:
    """Credit codes of social organisations anywhere: 51 groups, 52 private non-enterprise units, 53 foundations."""
    return credit_codes(_social_kind(world, index), _authorities(world, index), _serials(world, index), 5, "MJ")


def public_codes(world: World, index: Ints) -> Text:
    """Credit codes of organs (11) and institutions (12) anywhere."""
    authority = np.where(index < len(CITY_ORGANS), _CITY, _authorities(world, index))
    return credit_codes(np.where(_is_organ(index), 1, 2), authority, _serials(world, index), 1, "MB")


def social_organisations(world: World, block: Block) -> pd.DataFrame:
    """The social organisations of a block.

    Returns:
        By index: ``credit_code, name, type, legal_representative, address, division, established_on, state, updated_at``
        as text, and ``door``, ``building_no``, ``form`` of the address.
    """
    index = _of_block(world, block, social_count(world))
    kind = _social_kind(world, index)
    word = np.choose(kind - 1, [_word(world, index, _GROUPS), _word(world, index, _PRIVATE), "慈善基金会"])
    names = np.strings.add(np.strings.add("武汉市", _brands(world, index)), word)
    type_ = np.array(SOCIAL_TYPES)[kind - 1]
    return _rows(world, block, _SOCIAL, index, social_codes(world, index), names, type_)


def public_institutions(world: World, block: Block) -> pd.DataFrame:
    """The organs and institutions of a block, in the columns of `social_organisations`."""
    index = _of_block(world, block, public_count(world))
    organ = _is_organ(index)
    authority = _authorities(world, index)
    district = np.array(list(DISTRICTS.values()))[np.searchsorted(list(DISTRICTS), authority)]
    institution = np.strings.add(_brands(world, index), _word(world, index, _INSTITUTIONS))
    turn = index // _ORGAN_EVERY
    bureau = np.array(_BUREAUS)[turn // len(DISTRICTS) % len(_BUREAUS)]
    names = np.strings.add(np.strings.add("武汉市", district), np.where(organ, bureau, institution))
    city = index < len(CITY_ORGANS)
    names = np.where(city, np.array(CITY_ORGANS)[np.where(city, index, 0)], names)
    type_ = np.where(organ, ORGAN, INSTITUTION)
    rows = _rows(world, block, _PUBLIC, index, public_codes(world, index), names, type_)
    rows.loc[organ, "state"] = ACTIVE
    return rows


def _rows(
    world: World, block: Block, stream: int, index: Ints, code: Text, name: Text, type_: npt.NDArray[Any]
) -> pd.DataFrame:
    rng = world.rng(stream, block.number)
    count = len(index)
    people = block.people
    able = people.index[people["age"].between(*_ABLE) & people["died"].isna() & (people["special"] == "")]
    door = below(index, world.ground.door_count, world.seed, _PLACE + stream)
    doors = world.ground.doors(door)
    established = _founded(rng, world, count)
    return pd.DataFrame(
        {
            "credit_code": code,
            "name": name,
            "type": type_,
            "legal_representative": people.loc[rng.choice(able.to_numpy(), count), "name"].to_numpy(),
            "address": world.ground.write_address(doors, "", "", "", "1"),
            "division": doors["division"].to_numpy(),
            "established_on": iso(established),
            "state": np.where(rng.random(count) < _CANCELLED_SHARE, CANCELLED, ACTIVE),
            "updated_at": updated(rng, established, world.as_of),
            "door": door,
            "building_no": "",
            "form": "1",
        },
        index=index,
    )


def _founded(rng: np.random.Generator, world: World, count: int) -> Days:
    last = np.full(count, day(world.as_of) - span(60))
    return between(rng, days(np.full(count, "1984-01-01")), last)


def _of_block(world: World, block: Block, count: int) -> Ints:
    mine = world.share_of(count, block.number)
    return np.arange(mine.start, mine.stop)


def _is_organ(index: Ints) -> npt.NDArray[np.bool_]:
    """The organs of the city, then every so many a bureau of a district, until each district has one of each."""
    turn = index // _ORGAN_EVERY
    district = (index % _ORGAN_EVERY == 0) & (turn < len(DISTRICTS) * len(_BUREAUS))
    result: npt.NDArray[np.bool_] = (index < len(CITY_ORGANS)) | district
    return result


def _social_kind(world: World, index: Ints) -> Ints:
    return picked(index, [1, 2, 3], _SOCIAL_SHARES, world.seed, _TYPE)


def _authorities(world: World, index: Ints) -> Ints:
    """Districts; of the bureaus each district in its turn."""
    drawn = below(index, len(DISTRICTS), world.seed, _AUTHORITY)
    return np.array(list(DISTRICTS))[np.where(_is_organ(index), index // _ORGAN_EVERY % len(DISTRICTS), drawn)]


def _serials(world: World, index: Ints) -> Ints:
    return index + 1 + int(below([0], 1_000_000, world.seed, _SERIAL)[0])


def _word(world: World, index: Ints, words: tuple[str, ...]) -> Text:
    return np.array(words)[below(index, len(words), world.seed, _WORD)]


def _brands(world: World, index: Ints) -> Text:
    """Three syllables that no other index of the sort has."""
    syllables = world.pools.syllables
    number = (index * _NAME_STEP + world.seed) % len(syllables) ** 3
    places = [syllables[number // len(syllables) ** power % len(syllables)] for power in range(3)]
    return np.strings.add(np.strings.add(places[0], places[1]), places[2])
