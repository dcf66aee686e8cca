"""Issuing citizen ids so that no two people of the city share one, though no block knows another.

Of the 499 sequence numbers that a division has for each sex on each birthday (GB 11643-1999), every block owns its own
share; within a block nobody gets one twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simulation.numbers import Days, Ints, Text, citizen_ids

SEQUENCES = 499
_PATIENCE = 4


def issue_ids(
    rng: np.random.Generator,
    divisions: Ints,
    births: Days,
    sexes: Ints,
    twins: tuple[Ints, Ints],
    bound: npt.NDArray[np.bool_],
    block: tuple[int, int],
    choices: Sequence[int],
) -> Text:
    """Distinct ids; a younger twin has the sequence number after the elder's.

    Args:
        rng: of this use.
        divisions: where each id is issued; changed in place where the share of a birthday is used up.
        births: dates of birth; one of a ``bound`` person is moved a day earlier in place for the same reason.
        sexes: 1 or 2.
        twins: places of the elder (male) and of the younger (female) of every pair.
        bound: who has to keep the division.
        block: the block's number and how many there are, at most `SEQUENCES`.
        choices: divisions for those who are not bound.
    """
    elder, younger = twins
    number, blocks = block
    owned = np.arange(number, SEQUENCES, blocks)
    place = rng.choice(owned, len(births))
    tries = 0
    while True:
        divisions[younger], place[younger] = divisions[elder], place[elder]
        slot = divisions * 100_000 + births.astype("datetime64[D]").astype(np.int64) + 50_000
        sequence = place * 2 + 2 - sexes % 2
        _, first = np.unique(slot * 1_000 + sequence, return_index=True)
        again = np.ones(len(births), dtype=bool)
        again[first] = False
        if not again.any():
            return citizen_ids(divisions, births, sequence)
        again[elder] |= again[younger]
        place[again] = rng.choice(owned, int(again.sum()))
        tries += 1
        if tries > _PATIENCE:
            free = again & ~bound
            divisions[free] = rng.choice(choices, int(free.sum()))
            births[again & bound] -= np.timedelta64(1, "D")
