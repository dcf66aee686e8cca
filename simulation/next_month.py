"""Day 2: what has become of the city a month later, on top of day 1 as it was delivered.

One in a hundred people and companies has changed. Departments have answered: errors of some items are put right to the
last one, of others in part, of others not at all (`simulation.answers`), each in the way that suits it
(`simulation.repairs`). Some rows are wrong anew, but for items that were just put right wholly. Some people have died or
moved away and are struck off, which a tombstone batch says. Every row that is not as it was has a new ``updated_at``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from catalog.feed import Mode
from simulation import seen_by_people
from simulation.answers import WHOLLY, repaired_share
from simulation.assembly import PLANTS
from simulation.declared import declared_feeds
from simulation.ground_errors import LEFT_ALONE
from simulation.numbers import iso_times
from simulation.people import phones
from simulation.person_feed_contradictions import UNREGISTERED
from simulation.person_feed_look_alikes import NOT_YET_STRUCK_OFF
from simulation.person_feeds import DEATH, MEDICAL, RESIDENCE
from simulation.planting import COMPANY, HOUSEHOLD, INSURANCE, TAX, Kind, Planter
from simulation.registers.insurance import PAYS
from simulation.repairs import NEW, REPAIRED, repair, struck_off
from simulation.scatter import shares
from simulation.world import Block, World

CORRECTION, TOMBSTONE = "ga_household_correction", "ga_household_tombstone"
NEW_SHARE, CHANGED_SHARE, STRUCK_OFF_SHARE = 0.2, 0.01, 0.002
_PEOPLE, _NEW, _CHANGE, _MOMENT, _STRUCK = 60, 61, 62, 63, 64
_FAULTS = ("finding", "quarantine")
_UPDATED = "updated_at"


@dataclass(frozen=True)
class NextMonth:
    """The truth about a block, and the batches delivered besides: feed -> rows."""

    truth: pd.DataFrame
    batches: dict[str, pd.DataFrame]


def next_month(planter: Planter, right: dict[str, pd.DataFrame], world: World, block: Block) -> NextMonth:
    """Turn the registers of day 1 in ``planter`` into those of day 2; ``right`` are those without any error."""
    before = {resource: table.copy() for resource, table in planter.tables.items()}
    settled = {family: pd.Index(np.unique(planter.taken(family))) for family in _families(planter)}
    first = repair(planter, right, world, block)

    def spared(kind: Kind) -> bool:
        """Nothing is wrong anew where a department has just put right all there was, and the dead are struck off by now."""
        if kind == NOT_YET_STRUCK_OFF:
            return True
        share = repaired_share(world.seed, kind.resource, kind.item, planter.keys[kind.resource])
        return kind.is_error and kind.expected in _FAULTS and share == WHOLLY

    anew = Planter(
        {resource: table.copy() for resource, table in right.items()},
        planter.keys,
        planter.subjects,
        world.rng(_NEW, block.number),
        fewest=1 if block.number == 0 else 0,
        share=NEW_SHARE,
        settled=settled,
        spared=spared,
        extra=planter.extra,
    )
    for plant in PLANTS:
        plant(anew, world, block)
    _carry_over(anew, right, planter)
    anew.tables = planter.tables
    _change(anew, world, block)
    struck = _strike_off(anew, world, anew.fewest)
    fresh = _still_there(anew.noted()) if anew.truth else first.iloc[:0]
    fresh = pd.concat([fresh, _struck_off_and_insured(anew, struck)], ignore_index=True)
    first = seen_by_people.a_month_later(planter, first, world, block)
    truth = pd.concat([first, fresh.assign(status=NEW, repair="")], ignore_index=True)
    incremental = [feed.resource_id for feed in declared_feeds().values() if feed.mode is Mode.INCREMENT]
    truth.loc[truth["resource"].isin(incremental), "status"] = NEW
    _stamp(planter, before, world, block)
    mended = truth[(truth["resource"] == HOUSEHOLD) & (truth["status"] == REPAIRED)]
    mended = mended[~mended["item"].isin(planter.keys[HOUSEHOLD])]
    register = planter.tables[HOUSEHOLD]
    return NextMonth(
        truth,
        {
            CORRECTION: register.loc[register.index.isin(mended["_subject"])],
            TOMBSTONE: pd.concat([struck, _struck_dead(planter)]),
        },
    )


def _carry_over(anew: Planter, right: dict[str, pd.DataFrame], planter: Planter) -> None:
    """Bring what was planted into right rows into the registers; rows whose truth was told already stay as they are."""
    for resource, table in anew.tables.items():
        changed = pd.Index(table.index[(table != right[resource].loc[table.index]).any(axis=1)])
        settled = anew.settled[anew.family(resource)]
        changed = changed.difference(settled)
        planter.tables[resource].loc[changed] = table.loc[changed]
        gone = right[resource].index.difference(table.index).difference(settled)
        planter.tables[resource] = planter.tables[resource].drop(index=gone)


def _still_there(fresh: pd.DataFrame) -> pd.DataFrame:
    """A row that is refused on day 2 leaves the one of day 1 in place: nobody misses it."""
    missed = (fresh["kind"] == LEFT_ALONE.name) | ((fresh["kind"] == UNREGISTERED.name) & (fresh["_subject"] >= 0))
    return fresh[~missed]


def _struck_off_and_insured(planter: Planter, struck: pd.DataFrame) -> pd.DataFrame:
    """The truth about those whom the police struck off while the insurer takes their contributions as before."""
    medical = planter.tables[MEDICAL]
    left = struck.index.intersection(medical.index[medical["insured_state"] == PAYS])
    for resource in (RESIDENCE, DEATH):
        left = left.difference(planter.tables[resource].index)
    if not len(left):
        return pd.DataFrame()
    planter.note(UNREGISTERED, left, None, planter.column(MEDICAL, left, "citizen_id"))
    return planter.truth.pop()


def _families(planter: Planter) -> set[str]:
    return {planter.family(resource) for resource in planter.tables}


def _change(planter: Planter, world: World, block: Block) -> None:
    """One in a hundred has moved, has another number, or another capital."""
    rng = world.rng(_CHANGE, block.number)
    register = planter.tables[HOUSEHOLD]
    moved = _some(planter, HOUSEHOLD, world, CHANGED_SHARE, _PEOPLE)
    homes = world.dwellings(rng.integers(0, int(block.people["household"].iloc[-1]) + 1, len(moved)))
    register.loc[moved, "address"] = homes["address"].to_numpy()
    register.loc[moved, "division"] = homes["division"].to_numpy()
    register.loc[moved, "door"] = homes["door"].to_numpy()
    register.loc[moved, "building_no"] = homes["building_no"].to_numpy()
    register.loc[moved, "form"] = "1"
    called = _some(planter, INSURANCE, world, CHANGED_SHARE, _PEOPLE + 1)
    planter.tables[INSURANCE].loc[called, "phone"] = phones(rng, len(called))
    grown = _some(planter, COMPANY, world, CHANGED_SHARE, _PEOPLE)
    capital = np.char.mod("%.2f", rng.integers(5_000, 9_000, len(grown)))
    planter.tables[COMPANY].loc[grown, "registered_capital"] = capital
    called = _some(planter, TAX, world, CHANGED_SHARE, _PEOPLE + 1)
    planter.tables[TAX].loc[called, "phone"] = phones(rng, len(called))


def _strike_off(planter: Planter, world: World, fewest: int) -> pd.DataFrame:
    """Take some people off the household register; what the tombstone batch says of them."""
    register = planter.tables[HOUSEHOLD]
    share = max(STRUCK_OFF_SHARE, 10 * fewest / len(register))
    gone = _some(planter, HOUSEHOLD, world, share, _STRUCK)
    rows = register.loc[gone]
    dead = shares(gone.to_numpy(), world.seed, _STRUCK + 1) < 0.4
    planter.tables[HOUSEHOLD] = register.drop(index=gone)
    return pd.DataFrame({"citizen_id": rows["citizen_id"], "reason": np.where(dead, "死亡", "迁出")}, index=gone)


def _struck_dead(planter: Planter) -> pd.DataFrame:
    """What the tombstone batch says of the dead who still stood in the register on day 1."""
    ids = struck_off(planter)
    return pd.DataFrame({"citizen_id": ids, "reason": "死亡"}, index=ids.index)


def _some(planter: Planter, resource: str, world: World, share: float, stream: int) -> pd.Index:
    """Subjects about which no truth is told, and which no other call of this kind gave."""
    index = planter.tables[resource].index
    subjects = index.to_numpy()
    chosen = (subjects >= 0) & (shares(subjects, world.seed, stream) < share)
    free: pd.Index = pd.Index(subjects[chosen]).difference(pd.Index(planter.taken(planter.family(resource))))
    planter.reserve(free, resource)
    return free


def _stamp(planter: Planter, before: dict[str, pd.DataFrame], world: World, block: Block) -> None:
    """Give every row that is not as it was an update within the month."""
    rng = world.rng(_MOMENT, block.number)
    start = np.datetime64(world.as_of, "s")
    span = int((np.datetime64(world.today, "s") - start).astype(np.int64))
    for resource, table in planter.tables.items():
        old = before[resource].loc[table.index]
        if _UPDATED not in table.columns:
            continue
        items = [column for column in table.columns if column != _UPDATED]
        changed: npt.NDArray[np.bool_] = (table[items] != old[items]).any(axis=1).to_numpy()
        moments = iso_times(start + rng.integers(0, span, int(changed.sum())).astype("timedelta64[s]"))
        table.loc[changed, _UPDATED] = moments
