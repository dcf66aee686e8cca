"""Errors in the registers of social organisations and of public institutions."""

from __future__ import annotations

import pandas as pd

from simulation.legal_person_feeds import PUBLIC, SOCIAL
from simulation.numbers import CREDIT_ALPHABET
from simulation.organisations import is_quiet
from simulation.person_errors import wrong_ending
from simulation.planting import Kind, Planter
from simulation.world import Block, World

_BOTH = (SOCIAL, PUBLIC)
CODES = tuple(
    Kind("organisation_code_check_digit", resource, "credit_code", "finding", "credit_code check digit, GB 32100")
    for resource in _BOTH
)
FUTURES = tuple(
    Kind("organisation_established_in_future", resource, "established_on", "finding", "not after the day of evaluation")
    for resource in _BOTH
)
TYPES = tuple(
    Kind("unknown_organisation_type", resource, "type", "finding", "code list organisation_type") for resource in _BOTH
)
NO_NAMES = tuple(Kind("missing_organisation_name", resource, "name", "finding", "name is given") for resource in _BOTH)
TWICE = tuple(
    Kind("exact_duplicate", resource, "", "normalised", "the same row twice counts once") for resource in _BOTH
)


def plant(planter: Planter, _world: World, _block: Block) -> None:
    """Plant every kind of this module; wrong codes are given to those alone that no other register names."""
    for kind in CODES:
        index = planter.tables[kind.resource].index
        chosen = planter.pick(kind, index[is_quiet(index.to_numpy())])
        codes = planter.column(kind.resource, chosen, "credit_code")
        planter.change(kind, chosen, wrong_ending(planter, codes, CREDIT_ALPHABET))
    for kind in FUTURES:
        chosen = planter.pick(kind, planter.tables[kind.resource].index)
        planter.change(kind, chosen, planter.rng.choice(["2091-09-01", "2062-04-28"], len(chosen)))
    for kind in TYPES:
        chosen = planter.pick(kind, planter.tables[kind.resource].index)
        planter.change(kind, chosen, planter.rng.choice(["club", "社会团体", "99"], len(chosen)))
    for kind in NO_NAMES:
        planter.change(kind, planter.pick(kind, planter.tables[kind.resource].index), "")
    for kind in TWICE:
        twice(planter, kind, planter.tables[kind.resource].index)


def twice(planter: Planter, kind: Kind, able: pd.Index) -> None:
    """Deliver some rows of ``able`` a second time."""
    chosen = planter.pick(kind, able)
    again = planter.add_rows(kind.resource, planter.tables[kind.resource].loc[chosen])
    planter.note(kind, again, planter.key_of(kind.resource, chosen))
