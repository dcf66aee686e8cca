"""How does an error of day 1 come right: by another value, a code given anew, a row struck off, or a record that arrives?

What is repaired wholly, in part or not at all says `simulation.answers`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation import code_changes, company_code_changes, company_errors, licence_errors, person_feed_look_alikes
from simulation.answers import repaired_share
from simulation.days import between, day, iso, span, updated, yesterday
from simulation.ground_errors import BUILDING, DOOR_SWAPPED, LEFT_ALONE, OF_SEVERAL_ITEMS
from simulation.legal_person_feeds import CODE_CHANGE as COMPANY_CODE_CHANGE
from simulation.legal_person_feeds import LICENCE
from simulation.marriage_errors import TWO_SPOUSES
from simulation.numbers import Text
from simulation.person_feed_contradictions import NOT_STRUCK_OFF, UNREGISTERED
from simulation.person_feeds import CODE_CHANGE, MEDICAL
from simulation.planting import COMPANY, HOUSEHOLD, TAX, Planter
from simulation.registers.ground import BUILDINGS
from simulation.scatter import shares
from simulation.world import Block, World

STANDING, REPAIRED, NEW = "standing", "repaired", "new"
"""What has become of an error of day 1, or that it is one of day 2."""
VALUE, CORRECTION, REKEYED = "value", "correction", "rekeyed"
TOMBSTONE, WITHDRAWN, ARRIVAL = "tombstone", "withdrawn", "arrival"
"""By what an error was repaired: the row in the full delivery is right; so is the one in a correction batch; its code was
given anew, which the register of changes tells; the row was struck off by a tombstone; the full delivery does not hold the
row any more; the record that was missing elsewhere has arrived."""
_FAULTS = ("finding", "quarantine")
_ALONE = frozenset({*OF_SEVERAL_ITEMS, TWO_SPOUSES.name, UNREGISTERED.name})
"""Kinds that lie in several rows: where not all of an item is repaired, none of these is."""
_UNKNOWN_HOLDERS = {LICENCE: (licence_errors.NOBODY.name, "holder_code", "holder_name"),
                    TAX: (company_errors.NOBODY.name, "credit_code", "name")}  # fmt: skip
"""Resource -> the kind of error that is none once the company is registered, and where the row has its code and name."""
_CHOICE, _DECIDED, _ARRIVED = 65, 69, 70


def repair(planter: Planter, right: dict[str, pd.DataFrame], world: World, block: Block) -> pd.DataFrame:
    """Put some errors of day 1 right; all truth of that day with ``status`` and ``repair`` ('' where nothing was)."""
    truth = planter.noted()
    truth = _strike_off_who_died(planter, truth)
    truth["status"], truth["repair"] = STANDING, ""
    chosen = _chosen(planter, truth, world)
    arriving = _unknown_holders(truth, chosen)
    _register_companies(planter, truth[arriving], world, block)
    _settle(truth, arriving, ARRIVAL)
    own = chosen & ~arriving & (truth["_subject"] >= 0)
    _restore(planter, right, truth[own])
    _settle(truth, own, VALUE)
    keyed = np.array(
        [item in planter.keys[name] for name, item in zip(truth["resource"], truth["item"], strict=True)], bool
    )
    truth.loc[own & (truth["resource"] == HOUSEHOLD) & ~keyed, "repair"] = CORRECTION
    again = own & keyed & truth["resource"].isin([HOUSEHOLD, COMPANY]) & (truth["expected"] == "finding")
    _tell_new_codes(planter, truth[again], world, block)
    _settle(truth, again, REKEYED)
    besides = chosen & ~arriving & (truth["_subject"] < 0)
    for resource, rows in truth[besides].groupby("resource"):
        planter.withdraw(str(resource), pd.Index(rows["_subject"]))
    _settle(truth, besides, WITHDRAWN)
    truth.loc[besides & (truth["kind"] == NOT_STRUCK_OFF.name), "repair"] = TOMBSTONE
    _follow(truth)
    return truth


def struck_off(planter: Planter) -> pd.Series:
    """The ids of the rows that the household register struck off because the person is dead, by subject."""
    gone = planter.withdrawn.get(HOUSEHOLD, pd.Index([], dtype="int64"))
    extra = pd.concat(planter.extra[HOUSEHOLD]) if HOUSEHOLD in planter.extra else planter.tables[HOUSEHOLD].iloc[:0]
    told = planter.noted()
    dead = told.loc[
        told["kind"].isin([NOT_STRUCK_OFF.name, person_feed_look_alikes.NOT_YET_STRUCK_OFF.name]), "_subject"
    ]
    return extra.loc[extra.index.isin(gone.intersection(pd.Index(dead))), "citizen_id"]


def _strike_off_who_died(planter: Planter, truth: pd.DataFrame) -> pd.DataFrame:
    """Who had just died on day 1 is struck off a month later; of these rows nothing is told any more."""
    lately = (truth["kind"] == person_feed_look_alikes.NOT_YET_STRUCK_OFF.name) & (truth["resource"] == HOUSEHOLD)
    planter.withdraw(HOUSEHOLD, pd.Index(truth.loc[lately, "_subject"]))
    return truth[~lately].reset_index(drop=True)


def _chosen(planter: Planter, truth: pd.DataFrame, world: World) -> pd.Series:
    """Which rows of the truth are put right: by the answer for their item, and in part by chance."""
    pairs = truth[["resource", "item"]].drop_duplicates().itertuples(index=False, name=None)
    answers = {(one, item): repaired_share(world.seed, one, item, planter.keys[one]) for one, item in pairs}
    share = pd.Series([answers[pair] for pair in zip(truth["resource"], truth["item"], strict=True)], truth.index)
    chosen = truth["is_error"] & truth["expected"].isin(_FAULTS)
    chosen &= pd.Series(shares(truth["_subject"].to_numpy(), world.seed, _CHOICE), truth.index) < share
    chosen &= (share == 1) | ~truth["kind"].isin(_ALONE)
    # Buildings whose door came in a refused row are repaired by the door, and by nothing else.
    if answers.get((BUILDING, LEFT_ALONE.item)) == 1:
        chosen |= truth["kind"] == DOOR_SWAPPED.name
    return chosen & ~truth["kind"].isin([LEFT_ALONE.name, UNREGISTERED.name])


def _settle(truth: pd.DataFrame, rows: pd.Series, by: str) -> None:
    truth.loc[rows, "status"] = REPAIRED
    truth.loc[rows, "repair"] = by


def _restore(planter: Planter, right: dict[str, pd.DataFrame], truth: pd.DataFrame) -> None:
    """Give whole rows back what they hold without any error; a row bears one error at most."""
    for name, rows in truth.groupby("resource"):
        table, subjects = planter.tables[str(name)], pd.Index(rows["_subject"].unique())
        table.loc[subjects] = right[str(name)].loc[subjects, table.columns]


def _tell_new_codes(planter: Planter, truth: pd.DataFrame, world: World, block: Block) -> None:
    """The police and the market supervision decide what the right code is, and their registers of changes say so."""
    for resource, changes, basis, whose in (
        (HOUSEHOLD, CODE_CHANGE, code_changes.BASES[code_changes.CORRECTED], "other"),
        (COMPANY, COMPANY_CODE_CHANGE, company_code_changes.BASES[company_code_changes.CORRECTED], "company"),
    ):
        mine = truth[truth["resource"] == resource]
        if not len(mine):
            continue
        decided, written = _within_the_month(world.rng(_DECIDED, block.number), world, len(mine))
        rows = pd.DataFrame(
            {
                "former_code": mine["wrong"].to_numpy(),
                "code": mine["right"].to_numpy(),
                "kind": code_changes.CORRECTED,
                "decided_on": decided,
                "basis": basis,
                "updated_at": written,
                whose: mine["_subject"].to_numpy() if resource == COMPANY else -1,
            }
        )
        planter.add_rows(changes, rows)


def _unknown_holders(truth: pd.DataFrame, chosen: pd.Series) -> pd.Series:
    rows = pd.Series(data=False, index=truth.index)
    for resource, (kind, _, _) in _UNKNOWN_HOLDERS.items():
        rows |= chosen & (truth["resource"] == resource) & (truth["kind"] == kind)
    return rows


def _register_companies(planter: Planter, truth: pd.DataFrame, world: World, block: Block) -> None:
    """The companies that nobody knew arrive in the register, under the code and the name that others had of them."""
    register, everyone = planter.tables[COMPANY], block.companies
    plain = everyone.index[(everyone["state"] == "active") & (everyone["special"] == "")]
    like = register.loc[plain.difference(pd.Index(planter.taken(planter.family(COMPANY))))]
    rng = world.rng(_ARRIVED, block.number)
    for resource, (_, code, name) in _UNKNOWN_HOLDERS.items():
        mine = truth[truth["resource"] == resource]
        if not len(mine) or not len(like):
            continue
        whole = pd.concat([planter.tables[resource], *planter.extra.get(resource, [])]).loc[mine["_subject"]]
        rows = like.iloc[np.arange(len(mine)) % len(like)].copy()
        rows["credit_code"], rows["name"] = whole[code].to_numpy(), whole[name].to_numpy()
        rows["registration_number"] = ""
        if resource == TAX:
            rows["legal_representative"] = whole["legal_representative"].to_numpy()
        _, rows["updated_at"] = _within_the_month(rng, world, len(mine))
        planter.add_rows(COMPANY, rows)


def _within_the_month(rng: np.random.Generator, world: World, count: int) -> tuple[Text, Text]:
    """Days of a decision since `World.as_of`, and when it was written."""
    decided = between(rng, np.full(count, day(world.as_of) + span(1)), yesterday(world.today, count) - span(3))
    return iso(decided), updated(rng, decided, world.today)


def _follow(truth: pd.DataFrame) -> None:
    """What was wrong for want of another record is right as soon as that one has arrived."""
    mended = truth["status"] == REPAIRED
    doors = truth.loc[mended & (truth["kind"] == DOOR_SWAPPED.name), "_subject"]
    people = truth.loc[mended & (truth["resource"] == HOUSEHOLD) & (truth["_subject"] >= 0), "_subject"]
    left = (truth["kind"] == LEFT_ALONE.name) & (truth["_subject"] // BUILDINGS).isin(doors)
    unknown = (truth["kind"] == UNREGISTERED.name) & (truth["resource"] == MEDICAL) & truth["_subject"].isin(people)
    _settle(truth, left | unknown, ARRIVAL)
