"""Credit codes that were changed, as the market supervision decided it: corrected, merged, split and reissued.

Which companies bear a code that another one led to follows from their index, so that an employer of any block can be
named by its former code. No company has a former code today. A corrected one differs in the registering authority alone;
the others are whole codes of their own. After a split two companies have one former code, and nobody can tell which of
them is meant by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation import companies
from simulation.days import between, day, days, iso, span, updated
from simulation.numbers import Ints, Text, credit_codes
from simulation.pools import DISTRICTS
from simulation.registers.subjects import subjects
from simulation.scatter import below, shares

if TYPE_CHECKING:
    from simulation.world import Block, World

CORRECTED, MERGED, SPLIT, REISSUED = "1", "2", "3", "4"
"""Codes of the list code_change_kind."""
SAME_COMPANY = (CORRECTED, REISSUED)
"""Kinds after which the company is what it was before."""
BASES = {
    CORRECTED: "登记机关代码有误，准予更正登记",
    MERGED: "吸收合并，被合并方注销，债权债务由存续方承继",
    SPLIT: "解散分立，原公司注销，分立为两家公司",
    REISSUED: "一照一码换照，重新赋码",
}
"""What the decisions say."""
_SHARES = {CORRECTED: 0.15, MERGED: 0.3, SPLIT: 0.3, REISSUED: 0.25}
_EVERY, _PLACE, _FEWEST = 60, 1, 40
_GOLDEN = 0.618034
_ENTERPRISE = 1
_FORMER_SERIALS = 400_000_000
"""Serials from here on are of former codes; those of companies stay below."""
_LONGEST = 2_000
_KEPT = 0.6
_SECOND = 1
_STREAM, _DISTRICT, _KEEPS = 310, 311, 312


def kinds_of_change(world: World, index: npt.ArrayLike) -> Text:
    """How the code of companies anywhere came about; '' where it is the first one."""
    number = np.asarray(index, dtype=np.int64)
    every = min(_EVERY, max(4, world.company_count // _FEWEST))
    # The kinds go round by their shares instead of by chance, so that a small city has some of each.
    steps = np.cumsum(list(_SHARES.values()))
    kind = np.array(list(_SHARES))[np.searchsorted(steps, number // every * _GOLDEN % 1, side="right")]
    # Only enterprises merge and split.
    kind = np.where(np.isin(kind, [MERGED, SPLIT]) & (companies.kinds(world, number) != _ENTERPRISE), REISSUED, kind)
    changed = (number % every == _PLACE) & (number >= 0)
    changed &= (companies.states(world, number) == "active") & ~companies.is_quiet(world, number)
    return np.where(changed, kind, "")


def former_codes(world: World, index: npt.ArrayLike) -> Text:
    """The codes that companies anywhere had before; '' where they never had another one."""
    number = np.asarray(index, dtype=np.int64)
    kind = kinds_of_change(world, number)
    now = companies.codes(world, number)
    districts = list(DISTRICTS)
    place = np.searchsorted(districts, np.strings.slice(now, 2, 8).astype(np.int64))
    other = np.array(districts)[(place + 1 + below(number, len(districts) - 1, world.seed, _DISTRICT)) % len(districts)]
    legal = companies.kinds(world, number)
    corrected = credit_codes(legal, other, companies.serials(world, number))
    former = credit_codes(legal, other, _FORMER_SERIALS + number)
    return np.where(kind == "", "", np.where(kind == CORRECTED, corrected, former))


def still_known_by_former(world: World, index: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which companies anywhere some offices still know by the former code; they are what they were under it."""
    same = np.isin(kinds_of_change(world, index), SAME_COMPANY)
    result: npt.NDArray[np.bool_] = same & (shares(index, world.seed, _KEEPS) < _KEPT)
    return result


def company_code_changes(world: World, block: Block) -> pd.DataFrame:
    """One row per former code and code in force: the items of sc_code_change as text, and ``company``.

    The index is the company; the second row of a split is numbered by the company of the first one
    (`simulation.registers.subjects`).
    """
    everyone = block.companies
    kind = kinds_of_change(world, everyone.index)
    index = everyone.index.to_numpy()[kind != ""]
    kind = kind[kind != ""]
    partner = _partners(world, block, index[kind == SPLIT])
    company = np.concatenate([index, partner])
    source = np.concatenate([index, index[kind == SPLIT]])
    kind = np.concatenate([kind, kind[kind == SPLIT]])
    founded = pd.Series(days(everyone["established_on"]), everyone.index)
    since = pd.Series(founded.loc[company].to_numpy()).groupby(source).transform("max").to_numpy()
    first = np.maximum(days(since), day(world.as_of) - span(_LONGEST))
    rng = world.rng(_STREAM, block.number)
    decided = between(rng, first, np.full(len(source), day(world.as_of) - span(3)))
    # Both rows of a split bear the day of the decision.
    decided = pd.Series(decided).groupby(source).transform("min").to_numpy()
    return pd.DataFrame(
        {
            "former_code": former_codes(world, source),
            "code": world.company_code(company),
            "kind": kind,
            "decided_on": iso(days(decided)),
            "basis": pd.Series(kind).map(BASES).to_numpy(),
            "updated_at": updated(rng, days(decided), world.as_of),
            "company": company,
        },
        index=subjects(source, (company != source) * _SECOND),
    ).sort_index()


def _partners(world: World, block: Block, index: Ints) -> Ints:
    """Another active enterprise of the block for each, itself not changed and named by other registers."""
    everyone = block.companies
    plain = (everyone["state"] == "active") & (everyone["special"] == "") & (everyone["type"] == companies.TYPES[0])
    able = everyone.index[plain].to_numpy()
    able = able[kinds_of_change(world, able) == ""]
    result: Ints = able[np.searchsorted(able, index) % len(able)]
    return result
