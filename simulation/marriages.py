"""Who married whom and who divorced, as it truly was, before the civil affairs office writes it down.

The couples are those of the households. Some of them were married to others before, some singles are divorced, some of
the widowed married again, and some have a spouse who is registered elsewhere. Nobody marries before 22 (men) or 20
(women; Civil Code 1047), and nobody is married to two at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.days import anniversary, between, day, days, span
from simulation.numbers import Days, Ints
from simulation.people import HEAD

if TYPE_CHECKING:
    from simulation.world import Block, World

MARRIED, DIVORCED = "1", "2"
"""Codes of the event (list marriage_event)."""
LAWFUL_MAN, LAWFUL_WOMAN = 22, 20
FIRST, AGAIN, PARTED = "21", "22", "40"
"""Marital state by the event (GB/T 2261.2): first marriage, married again, divorced."""
_STREAM = 200
_REMARRIED, _DIVORCED, _WIDOWED_MARRY, _FROM_ELSEWHERE = 0.04, 0.35, 0.3, 0.1
_YEAR = 365
_APART = span(12 * _YEAR)
_NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class _Folk:
    """Everybody of a block by place: people, then those registered elsewhere."""

    birth: Days
    died: Days
    until: Days
    """The last day on which somebody could marry: of death, or yesterday."""

    def lawful(self, men: Ints, women: Ints) -> Days:
        """The first day on which each pair may marry."""
        result: Days = np.maximum(
            anniversary(self.birth[men], LAWFUL_MAN), anniversary(self.birth[women], LAWFUL_WOMAN)
        )
        return result

    def last(self, men: Ints, women: Ints) -> Days:
        """The last day on which each pair could marry."""
        result: Days = np.minimum(self.until[men], self.until[women])
        return result


def marriages(world: World, block: Block) -> pd.DataFrame:
    """Every event of the block, one row for each of the two.

    Returns:
        Columns ``event`` (number within the block), ``person, spouse`` (global person indexes), ``kind`` (`MARRIED`,
        `DIVORCED`), ``marital`` (of the person by the event), ``day`` (datetime64[s]) and ``nth`` (0 is the person's
        newest event); in the order of events.
    """
    rng = world.rng(_STREAM, block.number)
    people, migrants = block.people, block.migrants
    birth = days(np.concatenate([people["birth"].to_numpy(), migrants["birth"].to_numpy()]))
    died = np.concatenate([days(people["died"]), np.full(len(migrants), _NEVER)])
    yesterday = day(world.as_of) - np.timedelta64(1, "D")
    folk = _Folk(birth, died, np.where(np.isnat(died), yesterday, died))
    men, women = _couples(people)
    men, women, wedding, former = _weddings(rng, folk, men, women, _eldest(people, folk), world.handful)
    singles = _singles(people)
    used, second = _widowed_marry(rng, people, folk, singles, world.handful)
    left = np.setdiff1d(singles, used)
    parted, divorces = _divorced(rng, people, folk, left)
    mixed = _from_elsewhere(rng, block, folk, np.setdiff1d(left, parted))
    events = [_events(men, women, wedding, MARRIED), *former, *second, *divorces, *mixed]
    everybody = np.concatenate([people.index.to_numpy(), migrants.index.to_numpy()])
    return _by_person(pd.concat(events, ignore_index=True), everybody)


def _couples(people: pd.DataFrame) -> tuple[Ints, Ints]:
    start = int(people.index[0])
    men = np.flatnonzero((people["spouse"] >= 0) & (people["sex"] == "1"))
    return men, people["spouse"].to_numpy()[men] - start


def _singles(people: pd.DataFrame) -> Ints:
    """Places of grown-up heads of a household who have no spouse in it."""
    alone = (people["relation"] == HEAD) & (people["spouse"] < 0) & people["died"].isna()
    return np.flatnonzero(alone & (people["special"] == "") & (people["age"] >= 28))


def _eldest(people: pd.DataFrame, folk: _Folk) -> Days:
    """The birth of every woman's eldest child; far in the future for who has none."""
    eldest = np.full(len(folk.birth), np.datetime64("2999-01-01", "D"))
    child = np.flatnonzero(people["mother"] >= 0)
    np.minimum.at(eldest, people["mother"].to_numpy()[child] - int(people.index[0]), folk.birth[child])
    return eldest


def _weddings(
    rng: np.random.Generator, folk: _Folk, men: Ints, women: Ints, eldest: Days, handful: int
) -> tuple[Ints, Ints, Days, list[pd.DataFrame]]:
    """The couples who could marry with their weddings, and what some of them had behind them."""
    lawful, last = folk.lawful(men, women), folk.last(men, women)
    able = lawful < last
    men, women, lawful, last = men[able], women[able], lawful[able], last[able]
    child = eldest[women] - span(30)
    last = np.where(child > lawful, np.minimum(child, last), last)
    wedding = between(rng, lawful, np.minimum(lawful + span(8 * _YEAR), last))
    # Two couples who exchanged partners: the man of the one and the woman of the other were married before.
    free = np.flatnonzero(lawful + span(20 * _YEAR) < folk.last(men, women))
    chosen = rng.permutation(free)[: max(2 * handful, 2 * int(len(men) * _REMARRIED / 2))]
    chosen = chosen[np.argsort(folk.birth[men[chosen]], kind="stable")][: len(chosen) // 2 * 2]
    one, other = chosen[::2], chosen[1::2]
    began = folk.lawful(men[one], women[other])
    fits = began + span(16 * _YEAR) < np.minimum(folk.last(men[one], women[one]), folk.last(men[other], women[other]))
    one, other, began = one[fits], other[fits], began[fits]
    began = between(rng, began, began + span(3 * _YEAR))
    ended = between(rng, began + span(_YEAR), began + span(7 * _YEAR))
    for pair in (one, other):
        start = np.maximum(ended + span(60), lawful[pair])
        wedding[pair] = between(rng, start, np.minimum(start + span(4 * _YEAR), folk.last(men[pair], women[pair])))
    former = [
        _events(men[one], women[other], began, MARRIED),
        _events(men[one], women[other], ended, DIVORCED),
    ]
    return men, women, wedding, former


def _widowed_marry(
    rng: np.random.Generator, people: pd.DataFrame, folk: _Folk, singles: Ints, handful: int
) -> tuple[Ints, list[pd.DataFrame]]:
    """Marriages of people whose spouse has died with singles of about their age."""
    start = int(people.index[0])
    bereft = np.flatnonzero((people["spouse"] >= 0) & people["died"].isna())
    lost = folk.died[people["spouse"].to_numpy()[bereft] - start]
    fits = ~np.isnat(lost) & (lost + span(90) < folk.until[bereft])
    bereft, lost = bereft[fits], lost[fits]
    chosen = np.sort(rng.permutation(len(bereft))[: max(handful, round(len(bereft) * _WIDOWED_MARRY))])
    bereft, lost = bereft[chosen], lost[chosen]
    single_sex = people["sex"].to_numpy()[singles]
    taken, events = [], []
    for own, wanted in (("1", "2"), ("2", "1")):
        mine = people["sex"].to_numpy()[bereft] == own
        widowed, partners = _matched(folk, bereft[mine], singles[single_sex == wanted])
        after = lost[mine][np.searchsorted(bereft[mine], widowed)] + span(60)
        men, women = (widowed, partners) if own == "1" else (partners, widowed)
        events.append(_events(men, women, between(rng, after, folk.last(men, women)), MARRIED))
        taken.append(partners)
    return np.concatenate(taken), events


def _divorced(
    rng: np.random.Generator, people: pd.DataFrame, folk: _Folk, singles: Ints
) -> tuple[Ints, list[pd.DataFrame]]:
    """Singles who were married to each other."""
    chosen = singles[rng.random(len(singles)) < _DIVORCED]
    sex = people["sex"].to_numpy()[chosen]
    men, women = _matched(folk, chosen[sex == "1"], chosen[sex == "2"])
    began = folk.lawful(men, women)
    fits = began + span(10 * _YEAR) < folk.last(men, women)
    men, women, began = men[fits], women[fits], began[fits]
    began = between(rng, began, began + span(5 * _YEAR))
    ended = between(rng, began + span(_YEAR), np.minimum(began + span(15 * _YEAR), folk.last(men, women)))
    return np.concatenate([men, women]), [_events(men, women, began, MARRIED), _events(men, women, ended, DIVORCED)]


def _from_elsewhere(rng: np.random.Generator, block: Block, folk: _Folk, singles: Ints) -> list[pd.DataFrame]:
    """Singles of the city who married somebody registered elsewhere."""
    home = singles[rng.random(len(singles)) < _FROM_ELSEWHERE]
    guests = len(block.people) + np.flatnonzero(block.migrants["special"] == "")
    sex = np.concatenate([block.people["sex"].to_numpy(), block.migrants["sex"].to_numpy()])
    events = []
    for own, wanted in (("1", "2"), ("2", "1")):
        here, there = _matched(folk, home[sex[home] == own], guests[sex[guests] == wanted])
        men, women = (here, there) if own == "1" else (there, here)
        lawful, last = folk.lawful(men, women), folk.last(men, women)
        fits = lawful < last
        wedding = between(rng, lawful[fits], np.minimum(lawful + span(8 * _YEAR), last)[fits])
        events.append(_events(men[fits], women[fits], wedding, MARRIED))
    return events


def _matched(folk: _Folk, some: Ints, others: Ints) -> tuple[Ints, Ints]:
    """Pairs of about the same age, nobody in two of them: the longer side is thinned evenly by age."""
    count = min(len(some), len(others))
    if count == 0:
        return some[:0], others[:0]
    by_age = [side[np.argsort(folk.birth[side], kind="stable")] for side in (some, others)]
    one, other = (side[np.arange(count) * len(side) // count] for side in by_age)
    near = np.abs(folk.birth[one] - folk.birth[other]) < _APART
    order = np.argsort(one[near], kind="stable")
    return one[near][order], other[near][order]


def _events(men: Ints, women: Ints, when: Days, kind: str) -> pd.DataFrame:
    return pd.DataFrame({"man": men, "woman": women, "kind": kind, "day": when.astype("datetime64[s]")})


def _by_person(events: pd.DataFrame, everybody: npt.NDArray[np.int64]) -> pd.DataFrame:
    events = events.sort_values(["day", "man"], kind="stable", ignore_index=True)
    number = np.repeat(np.arange(len(events)), 2)
    pairs = events[["man", "woman"]].to_numpy()
    rows = pd.DataFrame(
        {
            "event": number,
            "person": everybody[pairs.ravel()],
            "spouse": everybody[pairs[:, ::-1].ravel()],
            "kind": events["kind"].to_numpy()[number],
            "day": events["day"].to_numpy()[number],
        }
    )
    before = (rows["kind"] == MARRIED).groupby(rows["person"]).cumsum()
    state = np.where(before > 1, AGAIN, FIRST)
    rows.insert(4, "marital", np.where(rows["kind"] == DIVORCED, PARTED, state))
    rows["nth"] = rows.groupby("person").cumcount(ascending=False)
    return rows
