"""Errors in the licences: of form, and where a licence is valid whose holder is no more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import between, day, days, iso, span, updated
from simulation.legal_person_feeds import LICENCE, PENALTY
from simulation.licences import GIVEN_UP, MARGIN, PERSON, VALID
from simulation.numbers import CREDIT_ALPHABET, Days
from simulation.organisation_errors import twice
from simulation.person_errors import unused_codes, wrong_ending
from simulation.person_feeds import DEATH
from simulation.planting import Kind, Planter
from simulation.registers.licences import NOTICE
from simulation.world import Block, World

_FUTURE = "not after the day of evaluation"
STRUCK_OFF = Kind(
    "struck_off_but_licensed", LICENCE, "state", "finding", "not valid while sc_company is cancelled or revoked"
)
DEAD = Kind(
    "dead_but_licensed",
    LICENCE,
    "state",
    "finding",
    "valid (1) though wj_death registered the death more than 60 days before updated_at",
)
ORDER = Kind("licence_ends_before_it_begins", LICENCE, "valid_to", "finding", "valid_to not before valid_from")
LAPSED_YET_VALID = Kind(
    "lapsed_but_valid", LICENCE, "valid_to", "finding", "valid_to not before as_of where state is 1 (warning)"
)
HOLDER_CODE = Kind(
    "holder_code_check_digit", LICENCE, "holder_code", "finding", "credit_code check digit; not in sc_company"
)
HOLDER_ID = Kind(
    "holder_id_check_digit", LICENCE, "holder_code", "finding", "citizen_id check digit where holder_kind is 1"
)
NOBODY = Kind("licensed_but_not_registered", LICENCE, "holder_code", "finding", "holder_code exists in sc_company")
KIND = Kind("unknown_licence_kind", LICENCE, "kind", "finding", "code list licence_kind")
STATE = Kind("unknown_licence_state", LICENCE, "state", "finding", "code list licence_state")
FUTURE = Kind("licence_issued_in_future", LICENCE, "issued_on", "finding", _FUTURE)
ISSUER = Kind("issuer_code_check_digit", LICENCE, "issuer_code", "finding", "credit_code check digit, GB 32100")
NO_NAME = Kind("missing_holder_name", LICENCE, "holder_name", "finding", "holder_name is given")
NO_DAY = Kind("impossible_issue_date", LICENCE, "issued_on", "quarantine", "date cannot be parsed", rate=0.002)
TWICE = Kind("exact_duplicate", LICENCE, "", "normalised", "the same row twice counts once", rate=0.002)
UNUSED_FROM, UNUSED_OF_BLOCK = 70_000, 400
"""Where the codes begin that nobody has (`simulation.person_errors.unused_codes`), and how many there are for a block."""


_CODES = ((KIND, ("L09", "L99", "食品")), (STATE, ("9", "0")), (NO_NAME, ("",)))


def plant(planter: Planter, world: World, block: Block) -> None:
    """Plant every kind of this module."""
    _holders_gone(planter, world, block)
    plain = plain_licences(planter, block)
    _holders(planter, world, block, plain)
    _days(planter, world, plain)
    for kind, values in _CODES:
        chosen = planter.pick(kind, plain)
        planter.change(kind, chosen, planter.rng.choice(values, len(chosen)))
    twice(planter, TWICE, plain)


def plain_licences(planter: Planter, block: Block) -> pd.Index:
    """Valid licences of holders who are there, under their code of today, that no penalty names."""
    table = planter.tables[LICENCE]
    dead = block.people.index[block.people["died"].notna()]
    named = table["licence_no"].isin(planter.tables[PENALTY]["licence_no"])
    gone = table["person"].isin(dead) | table["former"]
    return table.index[(table["state"] == VALID) & ~gone & ~named]


def _holders_gone(planter: Planter, world: World, block: Block) -> None:
    """Licences of holders who are no more stand as valid; they would not have lapsed yet."""
    table = planter.tables[LICENCE]
    good = _until(table) > day(world.as_of) + span(MARGIN - 30)
    state = block.companies["state"]
    struck = table["company"].isin(state.index[state != "active"]).to_numpy() & (table["state"] != VALID).to_numpy()
    planter.change(STRUCK_OFF, planter.pick(STRUCK_OFF, table.index[good & struck]), VALID)
    # A death is known when it is registered, which is days after it.
    told = days(planter.tables[DEATH]["registered_on"].reindex(table["person"]).fillna("NaT"))
    long_dead = (told < day(world.as_of) - span(NOTICE + 1)) & (table["state"] == GIVEN_UP).to_numpy()
    chosen = planter.pick(DEAD, table.index[good & long_dead])
    planter.change(DEAD, chosen, VALID)
    known = told[table.index.get_indexer(chosen)] + span(NOTICE + 1)
    table.loc[chosen, "updated_at"] = updated(planter.rng, known, world.as_of)


def _until(table: pd.DataFrame) -> Days:
    """The last day of every licence; of those that do not lapse not a day."""
    return days(table["valid_to"].replace("", "NaT"))


def _holders(planter: Planter, world: World, block: Block, plain: pd.Index) -> None:
    table = planter.tables[LICENCE].loc[plain]
    companies, people = plain[table["company"] >= 0], plain[table["holder_kind"] == PERSON]
    chosen = planter.pick(HOLDER_CODE, companies)
    codes = planter.column(LICENCE, chosen, "holder_code")
    planter.change(HOLDER_CODE, chosen, wrong_ending(planter, codes, CREDIT_ALPHABET))
    chosen = planter.pick(NOBODY, companies)
    places = UNUSED_FROM + block.number * UNUSED_OF_BLOCK + np.arange(len(chosen))
    planter.change(NOBODY, chosen, unused_codes(world, places))
    natives = people[~table.loc[people, "holder_code"].str.startswith(("8", "9"))]
    chosen = planter.pick(HOLDER_ID, natives)
    ids = planter.column(LICENCE, chosen, "holder_code")
    planter.change(HOLDER_ID, chosen, wrong_ending(planter, ids, "0123456789X"))
    chosen = planter.pick(ISSUER, plain)
    codes = planter.column(LICENCE, chosen, "issuer_code")
    planter.change(ISSUER, chosen, wrong_ending(planter, codes, CREDIT_ALPHABET))


def _days(planter: Planter, world: World, plain: pd.Index) -> None:
    table = planter.tables[LICENCE].loc[plain]
    chosen = planter.pick(FUTURE, plain)
    planter.change(FUTURE, chosen, planter.rng.choice(["2091-03-01", "2062-11-11"], len(chosen)))
    planter.change(NO_DAY, planter.pick(NO_DAY, plain), "2026-02-30")
    lapses = plain[table["valid_to"] != ""]
    chosen = planter.pick(ORDER, lapses)
    begins = days(planter.column(LICENCE, chosen, "valid_from"))
    planter.change(ORDER, chosen, iso(begins - span(planter.rng.integers(30, 900, len(chosen)))))
    begun = days(table.loc[lapses, "valid_from"]) < day(world.as_of) - span(90)
    chosen = planter.pick(LAPSED_YET_VALID, lapses[begun])
    begins = days(planter.column(LICENCE, chosen, "valid_from"))
    last = np.full(len(chosen), day(world.as_of) - span(20))
    planter.change(LAPSED_YET_VALID, chosen, iso(between(planter.rng, begins + span(10), last)))
