"""What can a human alone judge: what is right though a rule complains, and what is wrong though no rule can see it.

A *false alarm* is a rare exception: the temple is older than any year the rule believes, and the pupil of twenty-five has
come back from the army. Whoever is asked confirms it, and is not asked again before the value changes; so some of these
rows come again on day 2 with a new time of update alone, and one with another value that is wrong indeed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import days, iso
from simulation.ground_errors import BUILDING, YEAR
from simulation.numbers import Text, iso_times
from simulation.people import phones
from simulation.person_feeds import SCHOOL
from simulation.planting import INSURANCE, Kind, Planter
from simulation.world import Block, World

OLD_HOUSE = Kind(
    "historic_building", BUILDING, "built_year", "false_alarm", "older than plausible, and so it is", 0, is_error=False
)
BACK_AT_SCHOOL = Kind(
    "pupil_back_from_service",
    SCHOOL,
    "birth_date",
    "false_alarm",
    "older than pupils are, and a pupil",
    0,
    is_error=False,
)
FALSE_ALARMS = (OLD_HOUSE, BACK_AT_SCHOOL)
WRONG_NUMBER = Kind(
    "phone_of_somebody_else", INSURANCE, "phone", "human", "well formed: who knows the person sees it", 0
)
PAIRS = frozenset((kind.resource, kind.item) for kind in FALSE_ALARMS)
"""Resources and items where a false alarm stands; their department never puts all right."""
_YEARS = np.array(["1343", "1691", "1739", "1796", "1823"])
_AGES = (24, 28)
_PLANT, _MOVE = 67, 68
_UPDATED = "updated_at"


def plant(planter: Planter, world: World, block: Block) -> None:
    """Plant every kind of this module, on day 1 and after all others; a handful each, all of them in the first block."""
    rng = world.rng(_PLANT, block.number)
    chosen = planter.pick(OLD_HOUSE, planter.tables[BUILDING].index)
    planter.change(OLD_HOUSE, chosen, rng.choice(_YEARS, len(chosen)))
    # What stands there is right: whoever is asked says so.
    if len(chosen):
        planter.truth[-1]["right"] = planter.truth[-1]["wrong"]
    _pupils(planter, rng, block)
    table = planter.tables[INSURANCE]
    chosen = planter.pick(WRONG_NUMBER, table.index[table["phone"] != ""])
    planter.change(WRONG_NUMBER, chosen, phones(rng, len(chosen)))


def _pupils(planter: Planter, rng: np.random.Generator, block: Block) -> None:
    people, roll = block.people, planter.tables[SCHOOL]
    grown = people.index[people["age"].between(*_AGES) & people["died"].isna() & (people["special"] == "")]
    chosen = planter.pick(BACK_AT_SCHOOL, grown.difference(roll.index))
    pupil = people.loc[chosen]
    seniors = roll[roll["grade"].str.startswith("高")]
    like = seniors.iloc[rng.integers(0, len(seniors), len(chosen))]
    birth = iso(days(pupil["birth"]))
    rows = like.assign(
        student_no=np.strings.add("G", pupil["citizen_id"].to_numpy().astype("U18")),
        citizen_id=pupil["citizen_id"].to_numpy(),
        name=pupil["name"].to_numpy(),
        sex=pupil["sex"].to_numpy(),
        birth_date=birth,
    )
    numbers = rows["student_no"].to_numpy().astype(str)
    planter.note(BACK_AT_SCHOOL, planter.add_rows(SCHOOL, rows), numbers, birth, birth)


def a_month_later(planter: Planter, truth: pd.DataFrame, world: World, block: Block) -> pd.DataFrame:
    """Write every other of the rows anew as it is, and give the last old building a year that is wrong.

    Returns:
        The truth of day 1 with what has become of it; the one whose value changed is no false alarm any more.
    """
    rng = world.rng(_MOVE, block.number)
    for kind in FALSE_ALARMS:
        subjects = np.sort(truth.loc[truth["kind"] == kind.name, "_subject"].to_numpy(dtype=np.int64))
        _write_again(planter, kind.resource, pd.Index(subjects[:-1:2]), world, rng)
    old = truth.index[truth["kind"] == OLD_HOUSE.name]
    if not len(old):
        return truth
    last = pd.Index(truth.loc[old[-1:], "_subject"])
    right = planter.column(BUILDING, last, YEAR.item)
    # A digit too many: the rule complains again, and now it is right.
    planter.tables[BUILDING].loc[last, YEAR.item] = np.strings.add(right, "0")
    fresh = truth.loc[old[-1:]].assign(
        kind=YEAR.name,
        wrong=np.strings.add(right, "0"),
        right=right,
        is_error=True,
        expected="finding",
        rule_hint=YEAR.hint,
    )
    return pd.concat([truth.drop(index=old[-1:]), fresh.assign(status="new")], ignore_index=True)


def _write_again(planter: Planter, resource: str, subjects: pd.Index, world: World, rng: np.random.Generator) -> None:
    moments = _moments(rng, world, len(subjects))
    for table in (planter.tables[resource], *planter.extra.get(resource, [])):
        there = table.index.intersection(subjects)
        table.loc[there, _UPDATED] = moments[subjects.get_indexer(there)]


def _moments(rng: np.random.Generator, world: World, count: int) -> Text:
    start = np.datetime64(world.as_of, "s")
    span = int((np.datetime64(world.today, "s") - start).astype(np.int64))
    return iso_times(start + rng.integers(0, span, count).astype("timedelta64[s]"))
