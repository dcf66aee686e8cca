"""Citizen ids that were changed, as the police decided it: corrected, merged, split and reissued.

Who bears a code today is in `Block.people`. A former code was issued in another city, where nobody of this one was
registered, and is nobody else's today, except after a split: then two people had one number, one of them got a new one,
and the former code is the other's to this day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulation.days import anniversary, between, day, days, iso, span, updated, yesterday
from simulation.numbers import Ints, Text, citizen_ids

if TYPE_CHECKING:
    from simulation.world import Block, World

CORRECTED, MERGED, SPLIT, REISSUED = "1", "2", "3", "4"
"""Codes of the list code_change_kind."""
BASES = {
    CORRECTED: "出生日期登记有误，经核查更正",
    MERGED: "一人两号，注销重复户口",
    SPLIT: "两人一号，为其中一人重新编号",
    REISSUED: "号码有误，重新编定公民身份号码",
}
"""What the decisions say."""
_SHARES = {CORRECTED: 0.25, MERGED: 0.2, SPLIT: 0.1, REISSUED: 0.45}
_ISSUED_IN = (320106, 330106, 510104, 610113)
_RATE = 0.0016
_STREAM = 204


def code_changes(world: World, block: Block) -> pd.DataFrame:
    """One row per changed id, by person: the items of ga_code_change as text, and ``other`` (who keeps the code, or -1)."""
    rng = world.rng(_STREAM, block.number)
    people = block.people
    able = people[people["died"].isna() & people["age"].between(18, 80) & (people["special"] == "")]
    count = max(round(len(people) * _RATE), 16 * world.handful if block.number == 0 else 0)
    chosen = able.loc[np.sort(rng.permutation(able.index.to_numpy())[: min(count, len(able) // 3)])]
    # At least a handful of each kind: the kinds go round by their shares instead of by chance.
    steps = np.cumsum(list(_SHARES.values()))
    kind = np.array(list(_SHARES))[np.searchsorted(steps, (np.arange(len(chosen)) * 0.618034) % 1, side="right")]
    former = _former(rng, chosen, kind)
    other = np.full(len(chosen), -1, dtype=np.int64)
    split = np.flatnonzero(kind == SPLIT)
    keepers = rng.permutation(able.index.difference(chosen.index).to_numpy())[: len(split)]
    other[split] = keepers
    former[split] = people.loc[keepers, "citizen_id"].to_numpy().astype(str)
    grown = anniversary(days(chosen["birth"]), 18)
    decided = between(rng, np.maximum(grown, day(world.as_of) - span(4_000)), yesterday(world.as_of, len(chosen)))
    return pd.DataFrame(
        {
            "former_code": former,
            "code": chosen["citizen_id"],
            "kind": kind,
            "decided_on": iso(decided),
            "basis": pd.Series(kind, index=chosen.index).map(BASES),
            "updated_at": updated(rng, decided, world.as_of),
            "other": other,
        },
        index=chosen.index,
    )


def _former(rng: np.random.Generator, chosen: pd.DataFrame, kind: Text) -> Text:
    """Codes of another city; of those corrected the birth date was wrong, of the others it was right."""
    birth = days(chosen["birth"])
    month = birth.astype("datetime64[M]")
    mistaken = (month + np.timedelta64(1, "M")).astype("datetime64[D]") + span(rng.integers(0, 28, len(chosen)))
    birth = np.where(kind == CORRECTED, mistaken, birth)
    sequence: Ints = rng.integers(0, 499, len(chosen)) * 2 + chosen["sex"].to_numpy().astype(np.int64) % 2
    return citizen_ids(rng.choice(_ISSUED_IN, len(chosen)), birth, sequence)
