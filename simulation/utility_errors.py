"""Errors in the accounts of the utilities."""

from __future__ import annotations

from simulation.legal_person_feeds import UTILITY
from simulation.organisation_errors import twice
from simulation.planting import Kind, Planter
from simulation.world import Block, World

_CODES = (
    (Kind("unknown_utility_kind", UTILITY, "kind", "finding", "code list utility_kind", 0.0005), ("4", "9", "水")),
    (Kind("unknown_utility_state", UTILITY, "state", "finding", "code list utility_state", 0.0005), ("3", "9")),
    (Kind("unknown_holder_kind", UTILITY, "holder_kind", "finding", "code list holder_kind", 0.0005), ("3", "0")),
    (Kind("missing_account_holder", UTILITY, "holder_name", "finding", "holder_name is given", 0.001), ("",)),
    (Kind("missing_account_address", UTILITY, "address", "finding", "address is given", 0.001), ("",)),
    (
        Kind("opened_in_future", UTILITY, "opened_on", "finding", "not after the day of evaluation", 0.001),
        ("2091-03-01", "2062-11-11"),
    ),
    (
        Kind("impossible_opening_date", UTILITY, "opened_on", "quarantine", "date cannot be parsed", 0.0005),
        ("2026-02-30", "开户日"),
    ),
)
TWICE = Kind("exact_duplicate", UTILITY, "", "normalised", "the same row twice counts once", rate=0.001)


def plant(planter: Planter, _world: World, _block: Block) -> None:
    """Plant every kind of this module."""
    index = planter.tables[UTILITY].index
    for kind, values in _CODES:
        chosen = planter.pick(kind, index)
        planter.change(kind, chosen, planter.rng.choice(values, len(chosen)))
    twice(planter, TWICE, index)
