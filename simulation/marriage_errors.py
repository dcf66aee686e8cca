"""Errors in the marriage register: to oneself, to nobody, too young, and to two at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import anniversary, between, day, days, iso, span, updated
from simulation.marriages import FIRST, LAWFUL_MAN, LAWFUL_WOMAN, MARRIED
from simulation.numbers import Days, Text, numerals
from simulation.people import HEAD
from simulation.person_feeds import MARRIAGE, single, unissued_ids
from simulation.planting import Kind, Planter
from simulation.world import Block, World

ONESELF = Kind("married_to_oneself", MARRIAGE, "spouse_id", "finding", "spouse_id is not citizen_id", rate=0.001)
NO_SPOUSE = Kind(
    "spouse_unknown", MARRIAGE, "spouse_id", "finding", "the certificate has a row of the spouse", rate=0.001
)
TOO_YOUNG = Kind(
    "married_too_young",
    MARRIAGE,
    "registered_on",
    "finding",
    "22 (men) or 20 (women) on the day, Civil Code 1047",
    0.001,
)
TWO_SPOUSES = Kind(
    "married_twice_at_once",
    MARRIAGE,
    "citizen_id",
    "finding",
    "no marriage while an earlier one has ended neither by divorce nor by death; the later certificate",
    rate=0.001,
)


def plant(planter: Planter, world: World, block: Block) -> None:
    """Plant every kind of this module."""
    _spouses(planter, world, block)
    _too_young(planter, block)
    _two_spouses(planter, world, block)


def _spouses(planter: Planter, world: World, block: Block) -> None:
    chosen = planter.pick(ONESELF, _wedded_once(planter))
    planter.change(ONESELF, chosen, planter.column(MARRIAGE, chosen, "citizen_id"))
    chosen = planter.pick(NO_SPOUSE, _wedded_once(planter))
    planter.change(NO_SPOUSE, chosen, unissued_ids(planter, world, block, len(chosen)))


def _wedded_once(planter: Planter) -> pd.Index:
    table = planter.tables[MARRIAGE]
    return single(planter, MARRIAGE).intersection(table.index[table["marital"] == FIRST])


def _too_young(planter: Planter, block: Block) -> None:
    """Both rows of a certificate bear a day on which one of the two, or both, was too young."""
    table = planter.tables[MARRIAGE]
    men = block.people.index[(block.people["sex"] == "1") & (block.people["spouse"] >= 0)]
    once = _wedded_once(planter)
    able = once.intersection(men)
    able = able[
        block.people.loc[able, "spouse"].isin(once.difference(pd.Index(planter.taken(planter.family(MARRIAGE)))))
    ]
    husbands = planter.pick(TOO_YOUNG, able)
    wives = pd.Index(block.people.loc[husbands, "spouse"])
    planter.reserve(wives, MARRIAGE)
    lawful: dict[str, Days] = {
        one: anniversary(days(block.people.loc[who, "birth"]), age)
        for one, who, age in (("man", husbands, LAWFUL_MAN), ("woman", wives, LAWFUL_WOMAN))
    }
    when = days(np.maximum(lawful["man"], lawful["woman"])) - span(planter.rng.integers(40, 700, len(husbands)))
    for one, who in (("man", husbands), ("woman", wives)):
        early = when < lawful[one]
        table.loc[who[~early], "registered_on"] = iso(when[~early])
        planter.change(TOO_YOUNG, who[early], iso(when[early]))


def _two_spouses(planter: Planter, world: World, block: Block) -> None:
    """Somebody who is married marries a single of the block besides; the later certificate is the wrong one."""
    table, people = planter.tables[MARRIAGE], block.people
    living = people.index[people["spouse"].isin(people.index[people["died"].isna()]) & people["died"].isna()]
    long_wed = days(table["registered_on"]) + span(90) < day(world.as_of)
    able = _wedded_once(planter).intersection(table.index[long_wed]).intersection(living)
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
