"""Errors about changed credit codes: in the register of changes, and where a former code is used that is none any more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.company_code_changes import BASES, MERGED, SPLIT, former_codes, still_known_by_former
from simulation.days import between, day, days, iso, span, updated
from simulation.legal_person_feeds import CODE_CHANGE
from simulation.numbers import CREDIT_ALPHABET
from simulation.person_errors import wrong_ending
from simulation.person_feeds import FUND
from simulation.planting import COMPANY, INSURANCE, Kind, Planter
from simulation.world import Block, World

CODE = Kind("changed_code_check_digit", CODE_CHANGE, "code", "finding", "credit_code check digit, GB 32100")
KIND = Kind("unknown_code_change_kind", CODE_CHANGE, "kind", "finding", "code list code_change_kind")
FUTURE = Kind("code_changed_in_future", CODE_CHANGE, "decided_on", "finding", "not after the day of evaluation")
STILL_REGISTERED = Kind(
    "former_code_still_registered",
    CODE_CHANGE,
    "former_code",
    "finding",
    "former_code is not in sc_company any more",
    rate=0.02,
)
EMPLOYER = Kind(
    "former_employer_code",
    INSURANCE,
    "employer_code",
    "finding",
    "employer_code exists in sc_company; sc_code_change has the code in force",
    rate=0.0002,
)


def plant(planter: Planter, world: World, block: Block) -> None:
    """Plant every kind of this module.

    In the register of changes only rows bear an error whose former code no other register uses.
    """
    _employers(planter, world, block)
    table = planter.tables[CODE_CHANGE]
    known = still_known_by_former(world, table["company"].to_numpy())
    able = table.index[~known & (table["kind"] != SPLIT).to_numpy()]
    chosen = planter.pick(CODE, able[0::3])
    codes = planter.column(CODE_CHANGE, chosen, "code")
    planter.change(CODE, chosen, wrong_ending(planter, codes, CREDIT_ALPHABET))
    chosen = planter.pick(KIND, able[1::3])
    planter.change(KIND, chosen, planter.rng.choice(["9", "0"], len(chosen)))
    planter.change(FUTURE, planter.pick(FUTURE, able[2::3]), "2091-05-01")
    _still_registered(planter, world, block)


def _still_registered(planter: Planter, world: World, block: Block) -> None:
    """A company is said to have merged into another and is registered as active to this day; nobody else names the two."""
    quiet = block.companies.index[(block.companies["special"] == "quiet") & (block.companies["state"] == "active")]
    free = quiet.difference(pd.Index(planter.taken(planter.family(COMPANY))))
    count = min(len(free) // 2, max(planter.fewest, round(STILL_REGISTERED.rate * len(planter.tables[CODE_CHANGE]))))
    count = 0 if planter.spared(STILL_REGISTERED) else count
    merged, into = free[:count], free[count : 2 * count]
    planter.reserve(merged.append(into), COMPANY)
    founded = days(block.companies.loc[into, "established_on"])
    decided = between(planter.rng, founded, np.full(count, day(world.as_of) - span(3)))
    rows = pd.DataFrame(
        {
            "former_code": planter.column(COMPANY, merged, "credit_code"),
            "code": planter.column(COMPANY, into, "credit_code"),
            "kind": MERGED,
            "decided_on": iso(decided),
            "basis": BASES[MERGED],
            "updated_at": updated(planter.rng, decided, world.as_of),
            "company": into,
        }
    )
    former = rows["former_code"].to_numpy().astype(str)
    keys = np.strings.add(np.strings.add(former, "|"), rows["code"].to_numpy().astype(str))
    planter.note(STILL_REGISTERED, planter.add_rows(CODE_CHANGE, rows), keys, former)


def _employers(planter: Planter, world: World, block: Block) -> None:
    """The insurer still knows some employers by the code they had before; the housing fund does not know the people."""
    table = planter.tables[INSURANCE]
    people = pd.concat([block.people["employer"], block.migrants["employer"]])
    employer = people.loc[table.index].to_numpy().astype(np.int64)
    old = still_known_by_former(world, employer)
    able = table.index[old].difference(planter.tables[FUND].index)
    chosen = planter.pick(EMPLOYER, able)
    planter.change(EMPLOYER, chosen, former_codes(world, people.loc[chosen].to_numpy()))
