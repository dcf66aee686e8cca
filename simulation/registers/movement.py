"""What the police hold besides the household register: who moved in or out, who lives where, whose id was changed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation import addresses
from simulation.code_changes import code_changes
from simulation.days import between, day, days, iso, slashed, span, updated, yesterday
from simulation.homes import HOME, away
from simulation.numbers import Days, citizen_ids, numerals
from simulation.people import ADULT
from simulation.pools import DISTRICTS, ELSEWHERE
from simulation.register import PERSON, Habits, Register
from simulation.registers.subjects import subjects
from simulation.world import Block, World

MOVED_IN, MOVED_OUT = "1", "2"
"""Codes of the list migration_direction."""
_MIGRATION, _LEFT, _RESIDENCE = 210, 211, 212
_NEXT_MONTH = 4
"""Added to the stream on the second day, so that the month after brings other moves."""
_RATE_IN, _RATE_OUT, _FROM_A_DISTRICT = 0.003, 0.001, 0.4
_REASONS_IN = ("投靠亲属", "购房落户", "人才引进", "工作调动", "毕业生落户")
_REASONS_OUT = ("工作调动", "投靠亲属", "升学迁出", "购房落户")
_YEAR, _SEQUENCES = 365, 499
_LEFT_FROM = 420101
"""The eldest code of the city (市辖区), with which nobody who is here today was numbered."""
_OWN_ROW = 1
_LAPSED = 0.05


def ga_migration(world: World, block: Block) -> pd.DataFrame:
    """The moves of the month before, and nothing older: the feed brings increments.

    Who moved in is in the household register. Who moved out is in it no longer, nor anywhere else.
    """
    rng = world.rng(_MIGRATION + _NEXT_MONTH * (world.day - 1), block.number)
    people = block.people
    able = people[people["died"].isna() & (people["special"] == "")]
    came = able[rng.random(len(able)) < _RATE_IN]
    near = rng.random(len(came)) < _FROM_A_DISTRICT
    before = np.where(near, rng.choice(list(DISTRICTS), len(came)), rng.choice(ELSEWHERE, len(came))).astype("U6")
    moved = between(rng, *_month(world, days(came["birth"])))
    rows = pd.DataFrame(
        {
            "citizen_id": came["citizen_id"],
            "name": came["name"],
            "moved_on": iso(moved),
            "direction": MOVED_IN,
            "from_division": np.where(before == came["division"], str(ELSEWHERE[0]), before),
            "to_division": came["division"],
            "reason": np.where(came["age"] < ADULT, _REASONS_IN[0], rng.choice(_REASONS_IN, len(came))),
            "updated_at": updated(rng, moved, world.today),
        },
        index=came.index,
    )
    return pd.concat([rows, _left(world, block)])


def _left(world: World, block: Block) -> pd.DataFrame:
    rng = world.rng(_LEFT + _NEXT_MONTH * (world.day - 1), block.number)
    count = max(1, round(len(block.people) * _RATE_OUT))
    sex = rng.integers(1, 3, count)
    birth = day(world.as_of) - span(rng.integers(19 * _YEAR, 60 * _YEAR, count))
    moved = between(rng, *_month(world, birth))
    # Sequence numbers are dealt out by block, as those of the people are (`simulation.identities`).
    sequence = rng.choice(np.arange(block.number, _SEQUENCES, world.block_count), count) * 2 + 2 - sex % 2
    left = pd.DataFrame(
        {
            "citizen_id": citizen_ids(np.full(count, _LEFT_FROM), birth, sequence),
            "name": block.people["name"].to_numpy()[rng.integers(0, len(block.people), count)],
            "moved_on": iso(moved),
            "direction": MOVED_OUT,
            "from_division": rng.choice(list(DISTRICTS), count).astype("U6"),
            "to_division": rng.choice(ELSEWHERE, count).astype("U6"),
            "reason": rng.choice(_REASONS_OUT, count),
            "updated_at": updated(rng, moved, world.today),
        },
        index=pd.Index(subjects(block.people.index.to_numpy()[:count], _OWN_ROW)),
    )
    return left.drop_duplicates("citizen_id")


def _month(world: World, births: Days) -> tuple[Days, Days]:
    """The first and the last day of the month before today, for each of ``births``; no day before the birth."""
    first = (np.datetime64(world.today, "M") - 1).astype("datetime64[D]")
    return np.maximum(first, births), yesterday(world.today, len(births))


def ga_residence(world: World, block: Block) -> pd.DataFrame:
    """Those registered in other cities, and residents who live at another home than the one they are registered at.

    Holders of residence permits (81, 82, 83) and of cards of permanent residence (9) register elsewhere. Besides the items:
    ``door, building_no, form`` of the address.
    """
    rng = world.rng(_RESIDENCE, block.number)
    guests = block.migrants[block.migrants["special"] == ""]
    came = day(world.as_of) - span(rng.integers(30, 1_400, len(guests)))
    home = pd.concat([away(world, block), guests.assign(since=came.astype("datetime64[s]"))])
    who = pd.concat([block.people, guests]).loc[home.index]
    moved = days(home["since"])
    registered = between(rng, moved, np.minimum(moved + span(90), yesterday(world.as_of, len(home))))
    years = (day(world.as_of) - registered).astype(np.int64) // _YEAR + 1
    lapsed = (rng.random(len(home)) < _LAPSED) & (years > 1)
    form = addresses.forms(world.ground, "ga_residence", home.index.to_numpy(), home["door"].to_numpy())
    return pd.DataFrame(
        {
            "permit_no": np.strings.add("R4201", numerals(home.index.to_numpy(), 12)),
            "citizen_id": who["citizen_id"],
            "name": who["name"],
            "address": addresses.write(world.ground, home[HOME], form),
            "division": home["division"].to_numpy().astype("U6"),
            "registered_on": slashed(registered),
            # Good for a year and renewed in time; a few let it lapse, which is no error.
            "valid_to": slashed(registered + span((years - lapsed) * _YEAR)),
            "updated_at": updated(rng, registered, world.as_of),
            "door": home["door"].to_numpy().astype(np.int64),
            "building_no": home["building_no"],
            "form": form,
        },
        index=home.index,
    )


def ga_code_change(world: World, block: Block) -> pd.DataFrame:
    """Every changed id with the one in force; besides the items ``other``: who keeps the former code of a split."""
    return code_changes(world, block)


REGISTERS = {
    "ga_migration": Register(ga_migration, PERSON),
    "ga_residence": Register(ga_residence, PERSON, Habits(line_end="\r\n")),
    "ga_code_change": Register(ga_code_change, PERSON),
}
