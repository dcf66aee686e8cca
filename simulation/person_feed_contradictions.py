"""Errors of truth in the feeds about people: a row that is well formed and contradicts another row or department."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.code_changes import REISSUED
from simulation.days import anniversary, between, day, days, iso, span, updated
from simulation.homes import HOME, away
from simulation.marriages import FIRST, LAWFUL_MAN, LAWFUL_WOMAN, MARRIED
from simulation.numbers import Days, Text, citizen_ids, numerals
from simulation.people import HEAD
from simulation.person_feeds import (
    CODE_CHANGE,
    DEATH,
    FUND,
    MARRIAGE,
    MEDICAL,
    MINIMUM,
    RECORD,
    RESIDENCE,
    SCHOOL,
    registered,
    single,
    with_id,
)
from simulation.planting import HOUSEHOLD, Kind, Planter
from simulation.registers.civil_affairs import IN_FORCE, STANDARD
from simulation.registers.insurance import NOTICE, PAYS
from simulation.world import Block, World

DEATH_FIRST = Kind("death_before_birth", DEATH, "death_date", "finding", "death not before the birth in citizen_id")
DEAD_INSURED = Kind(
    "dead_still_insured",
    MEDICAL,
    "insured_state",
    "finding",
    "paying (1) though wj_death registered the death more than 60 days before updated_at",
    rate=0.0002,
)
DEAD_BENEFIT = Kind(
    "dead_on_minimum_living",
    MINIMUM,
    "state",
    "finding",
    "in force (1) though wj_death registered the death more than 60 days before updated_at",
)
UNREGISTERED = Kind(
    "insured_without_registration",
    MEDICAL,
    "citizen_id",
    "finding",
    "paying, no permit (81, 82, 83, 9…), and not in ga_household, ga_residence or wj_death",
    rate=0.001,
)
OLD_CODES = tuple(
    Kind("reissued_id_still_used", resource, "citizen_id", "finding", "former_code of a reissue (4) in ga_code_change", 0)
    for resource in (FUND, MEDICAL, RECORD)
)
TWO_PEOPLE = tuple(
    Kind("two_people_one_id", resource, "name", "finding", "name agrees with ga_household under this id", rate=0.001)
    for resource in (FUND, RECORD)
)
ONESELF = Kind("married_to_oneself", MARRIAGE, "spouse_id", "finding", "spouse_id is not citizen_id", rate=0.001)
NO_SPOUSE = Kind("spouse_unknown", MARRIAGE, "spouse_id", "finding", "the certificate has a row of the spouse", rate=0.001)
TOO_YOUNG = Kind(
    "married_too_young", MARRIAGE, "registered_on", "finding", "22 (men) or 20 (women) on the day, Civil Code 1047", 0.001
)
TWO_SPOUSES = Kind(
    "married_twice_at_once",
    MARRIAGE,
    "citizen_id",
    "finding",
    "no marriage while an earlier one has ended neither by divorce nor by death; the later certificate",
    rate=0.001,
)
GROWN_PUPIL = Kind("pupil_of_forty", SCHOOL, "birth_date", "finding", "pupils are 5 to 22 years old")
STALE = Kind("stale_address", RECORD, "address", "finding", "the home of a newer ga_residence", rate=0.001)
_NOBODY = 420100
"""Ids of the city as a whole: nobody of it has one, and they are valid."""


def plant(planter: Planter, world: World, block: Block) -> None:
    """Plant every kind of this module; the household register's errors come before it."""
    _deaths(planter, world, block)
    _former_codes(planter)
    _other_people(planter)
    _marriages(planter, world, block)
    _too_young(planter, block)
    _two_spouses(planter, world, block)
    _pupils(planter, world, block)
    _stale(planter, world, block)
    _unregistered(planter, world, block)


def _deaths(planter: Planter, world: World, block: Block) -> None:
    certificates = planter.tables[DEATH]
    chosen = planter.pick(DEATH_FIRST, certificates.index)
    birth = days(block.people.loc[chosen, "birth"])
    planter.change(DEATH_FIRST, chosen, iso(birth - span(planter.rng.integers(2, 400, len(chosen)))))
    told = days(certificates["registered_on"]) + span(NOTICE)
    long_ago = certificates.index[told + span(10) < day(world.as_of)]
    chosen = planter.pick(DEAD_INSURED, long_ago.intersection(planter.tables[MEDICAL].index))
    planter.change(DEAD_INSURED, chosen, PAYS)
    planter.tables[MEDICAL].loc[chosen, "updated_at"] = _later(planter, world, certificates, chosen)
    chosen = planter.pick(DEAD_BENEFIT, long_ago)
    dead = block.people.loc[chosen]
    number = np.strings.add("DB", dead["division"].to_numpy().astype("U6"))
    rows = pd.DataFrame(
        {
            "citizen_id": dead["citizen_id"],
            "name": dead["name"],
            "family_no": np.strings.add(number, numerals(dead["household"].to_numpy(), 9)),
            "members": "1",
            "monthly_amount": f"{STANDARD}.00",
            "started_on": iso(days(dead["died"]) - span(planter.rng.integers(100, 900, len(dead)))),
            "state": IN_FORCE,
            "updated_at": _later(planter, world, certificates, chosen),
        }
    )
    ids = rows["citizen_id"].to_numpy().astype(str)
    planter.note(DEAD_BENEFIT, planter.add_rows(MINIMUM, rows), ids, IN_FORCE, "2")


def _later(planter: Planter, world: World, certificates: pd.DataFrame, chosen: pd.Index) -> Text:
    """Times of an update when the death had been known for more than `NOTICE` days."""
    known = days(certificates.loc[chosen, "registered_on"])
    return updated(planter.rng, known + span(NOTICE + 1), world.as_of)


def _former_codes(planter: Planter) -> None:
    changes = planter.tables[CODE_CHANGE]
    reissued = changes.index[changes["kind"] == REISSUED]
    for kind in OLD_CODES:
        able = with_id(planter, kind.resource, single(planter, kind.resource).intersection(reissued))
        chosen = planter.pick(kind, able)
        planter.change(kind, chosen, planter.column(CODE_CHANGE, chosen, "former_code"))


def _other_people(planter: Planter) -> None:
    """The clerk typed the number of somebody else: that number has two names, each in one of two registers."""
    for kind in TWO_PEOPLE:
        able = with_id(planter, kind.resource, registered(planter, kind.resource))
        chosen = planter.pick(kind, able)
        other = planter.pick(kind, planter.tables[HOUSEHOLD].index)[: len(chosen)]
        chosen = chosen[: len(other)]
        planter.tables[kind.resource].loc[chosen, "citizen_id"] = planter.column(HOUSEHOLD, other, "citizen_id")
        wrong = planter.column(kind.resource, chosen, "name")
        planter.note(kind, chosen, None, wrong, planter.column(HOUSEHOLD, other, "name"))


def _marriages(planter: Planter, world: World, block: Block) -> None:
    chosen = planter.pick(ONESELF, _wedded_once(planter))
    planter.change(ONESELF, chosen, planter.column(MARRIAGE, chosen, "citizen_id"))
    chosen = planter.pick(NO_SPOUSE, _wedded_once(planter))
    planter.change(NO_SPOUSE, chosen, _unissued(planter, world, block, len(chosen)))


def _wedded_once(planter: Planter) -> pd.Index:
    table = planter.tables[MARRIAGE]
    return single(planter, MARRIAGE).intersection(table.index[table["marital"] == FIRST])


def _too_young(planter: Planter, block: Block) -> None:
    """Both rows of a certificate bear a day on which one of the two, or both, was too young."""
    table = planter.tables[MARRIAGE]
    men = block.people.index[(block.people["sex"] == "1") & (block.people["spouse"] >= 0)]
    once = _wedded_once(planter)
    able = once.intersection(men)
    able = able[block.people.loc[able, "spouse"].isin(once.difference(planter.taken(planter.family(MARRIAGE))))]
    husbands = planter.pick(TOO_YOUNG, able)
    wives = pd.Index(block.people.loc[husbands, "spouse"])
    planter.reserve(wives, MARRIAGE)
    lawful = {
        one: anniversary(days(block.people.loc[who, "birth"]), age)
        for one, who, age in (("man", husbands, LAWFUL_MAN), ("woman", wives, LAWFUL_WOMAN))
    }
    when = np.maximum(lawful["man"], lawful["woman"]) - span(planter.rng.integers(40, 700, len(husbands)))
    for one, who in (("man", husbands), ("woman", wives)):
        early = when < lawful[one]
        table.loc[who[~early], "registered_on"] = iso(when[~early])
        planter.change(TOO_YOUNG, who[early], iso(when[early]))


def _two_spouses(planter: Planter, world: World, block: Block) -> None:
    """Somebody who is married marries a single of the block besides; the later certificate is the wrong one."""
    table, people = planter.tables[MARRIAGE], block.people
    living = people.index[people["spouse"].isin(people.index[people["died"].isna()]) & people["died"].isna()]
    wed = days(table["registered_on"]) < day(world.as_of) - span(90)
    able = _wedded_once(planter).intersection(table.index[wed]).intersection(living)
    single_ = people.index[(people["relation"] == HEAD) & (people["spouse"] < 0) & (people["age"] >= LAWFUL_MAN + 2)]
    free = single_.difference(table.index).intersection(people.index[people["died"].isna()])
    for sex, wanted in (("1", "2"), ("2", "1")):
        chosen = planter.pick(TWO_SPOUSES, able.intersection(people.index[people["sex"] == sex]))
        partner = planter.pick(TWO_SPOUSES, free.intersection(people.index[people["sex"] == wanted]))
        count = min(len(chosen), len(partner))
        _second_certificates(planter, world, block, chosen[:count], partner[:count])


def _second_certificates(planter: Planter, world: World, block: Block, chosen: pd.Index, partner: pd.Index) -> None:
    last = np.full(len(chosen), day(world.as_of) - np.timedelta64(20, "D"))
    when = between(planter.rng, days(planter.column(MARRIAGE, chosen, "registered_on")) + span(30), last)
    when = np.maximum(when, anniversary(days(block.people.loc[partner, "birth"]), LAWFUL_MAN))
    first = planter.tables[MARRIAGE].loc[chosen, "certificate_no"].to_numpy().astype("U22")
    # Serial numbers from 900,000 on in each block are given to nobody else.
    number = np.strings.add(np.strings.slice(first, 0, 8), _serial(when, block.number, chosen))
    for who, spouse, wrong in ((chosen, partner, True), (partner, chosen, False)):
        mine, theirs = block.people.loc[who], block.people.loc[spouse]
        rows = pd.DataFrame(
            {
                "certificate_no": number,
                "citizen_id": mine["citizen_id"].to_numpy(),
                "name": mine["name"].to_numpy(),
                "spouse_id": theirs["citizen_id"].to_numpy(),
                "spouse_name": theirs["name"].to_numpy(),
                "kind": MARRIED,
                "marital": FIRST,
                "registered_on": iso(when),
                "updated_at": updated(planter.rng, when, world.as_of),
            }
        )
        fresh = planter.add_rows(MARRIAGE, rows)
        if wrong:
            keys = np.strings.add(np.strings.add(number, "|"), rows["citizen_id"].to_numpy().astype(str))
            planter.note(TWO_SPOUSES, fresh, keys)


def _serial(when: Days, block: int, chosen: pd.Index) -> Text:
    year = np.datetime_as_string(when, unit="Y")
    number = numerals(block * 1_000_000 + 900_000 + chosen.to_numpy() % 100_000, 9)
    return np.strings.add(np.strings.add(year, "-"), number)


def _pupils(planter: Planter, world: World, block: Block) -> None:
    """A parent stands on the roll in the child's stead."""
    people = block.people
    grown = people.index[people["age"].between(38, 45) & people["died"].isna()]
    chosen = planter.pick(GROWN_PUPIL, grown)
    parent = people.loc[chosen]
    like = planter.tables[SCHOOL].iloc[planter.rng.integers(0, len(planter.tables[SCHOOL]), len(chosen))]
    rows = like.assign(
        student_no=np.strings.add("G", parent["citizen_id"].to_numpy().astype("U18")),
        citizen_id=parent["citizen_id"].to_numpy(),
        name=parent["name"].to_numpy(),
        sex=parent["sex"].to_numpy(),
        birth_date=iso(days(parent["birth"])),
    )
    fresh = planter.add_rows(SCHOOL, rows)
    planter.note(GROWN_PUPIL, fresh, rows["student_no"].to_numpy().astype(str), rows["birth_date"].to_numpy().astype(str))


def _stale(planter: Planter, world: World, block: Block) -> None:
    """The record was written before the household moved, and still has the home where it is registered."""
    moved = away(world, block)
    able = single(planter, RECORD).intersection(moved.index).intersection(planter.tables[RESIDENCE].index)
    chosen = planter.pick(STALE, able)
    home = block.people.loc[chosen]
    planter.change(STALE, chosen, home["address"].to_numpy().astype(str))
    table = planter.tables[RECORD]
    for column in HOME[:2]:
        table.loc[chosen, column] = home[column]
    table.loc[chosen, "form"] = "1"
    before = days(moved.loc[chosen, "since"]) - span(planter.rng.integers(5, 300, len(chosen)))
    table.loc[chosen, "updated_at"] = np.strings.add(iso(before), " 09:30:00")


def _unregistered(planter: Planter, world: World, block: Block) -> None:
    """Insured under a number that no authority knows; and who is insured but whose row there came to grief."""
    table = planter.tables[MEDICAL]
    like = table.loc[planter.pick(UNREGISTERED, single(planter, MEDICAL))]
    rows = like.assign(citizen_id=_unissued(planter, world, block, len(like)), insured_state=PAYS)
    ids = rows["citizen_id"].to_numpy().astype(str)
    planter.note(UNREGISTERED, planter.add_rows(MEDICAL, rows), ids, ids)
    truth = planter.noted()
    lost = (truth["resource"] == HOUSEHOLD) & (truth["_subject"] >= 0)
    lost &= (truth["expected"] == "quarantine") | ((truth["item"] == "citizen_id") & (truth["expected"] == "finding"))
    paying = table.index[table["insured_state"] == PAYS]
    left_out = pd.Index(truth.loc[lost, "_subject"].unique()).intersection(paying)
    left_out = left_out.difference(planter.tables[RESIDENCE].index)
    planter.note(UNREGISTERED, left_out, None, planter.column(MEDICAL, left_out, "citizen_id"))


def _unissued(planter: Planter, world: World, block: Block, count: int) -> Text:
    """Valid ids that nobody has."""
    birth = day(world.as_of) - span(planter.rng.integers(20 * 366, 70 * 365, count))
    sequence = planter.rng.choice(np.arange(block.number, 499, world.block_count), count) * 2 + 1
    return citizen_ids(np.full(count, _NOBODY), birth, sequence)
