"""How does a department answer for what is wrong in one item: by putting right all of it, some of it, or nothing?

An answer follows from the seed, the resource and the item alone, so that every block of a city gives the same one. It is
given for all kinds of errors of an item at once: of two kinds with one cause the department repairs both.
"""

from __future__ import annotations

import zlib
from functools import cache

from simulation.legal_person_feeds import LICENCE
from simulation.marriage_errors import TWO_SPOUSES
from simulation.person_feed_contradictions import UNREGISTERED
from simulation.planting import COMPANY, HOUSEHOLD, TAX
from simulation.scatter import shares
from simulation.seen_by_people import PAIRS

Pair = tuple[str, str]
"""A resource and one of its items."""
WHOLLY, PARTLY, NOT = 1.0, 0.45, 0.0
"""Shares of the errors of an item that are put right."""
CORRECTABLE: tuple[Pair, ...] = tuple((HOUSEHOLD, item) for item in ("name", "sex", "ethnicity", "birth_date"))
"""Of these the police put one right by correction batches, whatever the seed says of the others."""
ALWAYS: frozenset[Pair] = frozenset({(HOUSEHOLD, "citizen_id"), (COMPANY, "credit_code"), (LICENCE, "holder_code")})
"""Put right in every city: the dead struck off, wrong codes given anew, and companies registered whose licences were there."""
_KEYS_THAT_STAY = frozenset({(TAX, "credit_code")})
_NEVER_WHOLLY = (
    frozenset({(UNREGISTERED.resource, UNREGISTERED.item), (TWO_SPOUSES.resource, TWO_SPOUSES.item)}) | PAIRS
)
_WHOLE, _PART = 0.2, 0.6
_STREAM = 66


def repaired_share(seed: int, resource: str, item: str, key: tuple[str, ...]) -> float:
    """Which share of the errors of an item is put right within the month; ``key`` are the items of the resource's key.

    Elsewhere than in the registers that decide on a code, errors in a key are never put right wholly: the row would bear
    another key, and nothing would tell that it is the same one.
    """
    pair = (resource, item)
    if pair in ALWAYS or pair == corrected(seed):
        return WHOLLY
    drawn = _drawn(seed, pair)
    keyed = item in key and pair not in _KEYS_THAT_STAY
    if drawn < _WHOLE and not keyed and pair not in _NEVER_WHOLLY:
        return WHOLLY
    return PARTLY if drawn < _PART else NOT


def corrected(seed: int) -> Pair:
    """The item of the household register that the police put right wholly by a correction batch."""
    return min(CORRECTABLE, key=lambda pair: _drawn(seed, pair))


@cache
def _drawn(seed: int, pair: Pair) -> float:
    """From 0 to below 1, by chance and always the same."""
    return float(shares([zlib.crc32(".".join(pair).encode())], seed, _STREAM)[0])
