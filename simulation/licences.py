"""The licences of companies and clinics as they truly are: granted, renewed in time, lapsed, revoked, given up.

A company has the licence that its trade needs. The licences of the struck off are revoked or cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.company_code_changes import company_code_changes, former_codes, still_known_by_former
from simulation.days import anniversary, between, day, days, iso, span, updated
from simulation.numbers import Days, Ints, Text, calendar_parts, iso_times, numerals
from simulation.organisations import CITY_ORGANS, CLINICS, ISSUERS, is_quiet, public_codes, public_institutions
from simulation.registers.subjects import subjects

if TYPE_CHECKING:
    from simulation.world import Block, World

VALID, REVOKED, GIVEN_UP, LAPSED = "1", "2", "3", "4"
"""Codes of the list licence_state."""
PERSON, ORGANISATION = "1", "2"
"""Codes of the list holder_kind."""
COLUMNS = [
    "licence_no",
    "kind",
    "holder_kind",
    "holder_code",
    "holder_name",
    "issuer_code",
    "issuer_name",
    "issued_on",
    "valid_from",
    "valid_to",
    "state",
    "updated_at",
]
FIRST, RENEWED, OF_CLINIC, DRIVING, TEACHING = range(5)
"""Which licence of its holder a subject is."""
MARGIN = 61
"""No licence that is valid today lapses within so many days, or a month later the truth would be another one."""
_TRADES = {
    "食品": "L01",
    "餐饮管理": "L01",
    "农业": "L01",
    "物流": "L03",
    "汽车服务": "L03",
    "建筑工程": "L04",
    "装饰": "L04",
    "商贸": "L05",
    "生物医药": "L06",
}
_FOOD, _CLINIC = "L01", "L02"
TERM = 5
"""Years for which a licence of a company is good."""
_LICENSED, _RENEWED = 0.8, 0.2
_STATES, _STATE_SHARES = (VALID, REVOKED, GIVEN_UP, LAPSED), (0.91, 0.02, 0.03, 0.04)
_REVOKED_TOO = 0.7
_COMPANIES, _CLINICS = 320, 321


def company_licences(world: World, block: Block) -> pd.DataFrame:
    """The licences of a block's companies: the items of sp_licence as text, and ``company`` and ``former``.

    ``former`` marks those that bear the code the company had when they were issued. The index is the subject: the
    company and which licence of it (`simulation.registers.subjects`). A renewed licence begins on the day after the one
    before it ends.
    """
    rng = world.rng(_COMPANIES, block.number)
    everyone = block.companies
    old = still_known_by_former(world, everyone.index)
    decided = _decided(world, block)
    kind = _kinds(everyone["name"].to_numpy().astype(str))
    kind = np.where(old & (kind == ""), _FOOD, kind)
    taken = (kind != "") & (everyone["special"] != "quiet").to_numpy() & ((rng.random(len(kind)) < _LICENSED) | old)
    holders, kind, old = everyone[taken], kind[taken], old[taken]
    founded = days(holders["established_on"])
    state = rng.choice(_STATES, len(holders), p=_STATE_SHARES)
    state = np.where(old, VALID, state)
    struck = np.where(rng.random(len(holders)) < _REVOKED_TOO, REVOKED, GIVEN_UP)
    state = np.select([holders["state"] == "revoked", holders["state"] == "cancelled"], [struck, GIVEN_UP], state)
    today = np.full(len(holders), day(world.as_of))
    first = np.maximum(founded, anniversary(today, -TERM) + span(MARGIN + 3))
    old &= decided[taken] > first
    newest = between(rng, first, np.where(old, decided[taken] - span(1), today - span(2)))
    lapsed = (state == LAPSED) & (founded < anniversary(today, -TERM) - span(40))
    state = np.where((state == LAPSED) & ~lapsed, VALID, state)
    ended = between(rng, np.maximum(founded, anniversary(today, -TERM - 4)), anniversary(today, -TERM) - span(30))
    issued = np.where(lapsed, ended, newest)
    changed = updated(rng, issued, world.as_of)
    # Half of the companies that were struck off gave the licence back on that very day.
    gone = (holders["state"] == "cancelled").to_numpy() & (days(holders["updated_at"]) > issued)
    same_day = (rng.random(len(holders)) < 0.5) & gone
    changed = np.where(same_day, holders["updated_at"].to_numpy().astype("U19"), changed)
    company = holders.index.to_numpy()
    code = np.where(old, former_codes(world, company), holders["credit_code"].to_numpy().astype("U18"))
    rows = licences(
        world,
        subjects(company, FIRST),
        {
            "kind": kind,
            "holder_kind": ORGANISATION,
            "holder_code": code,
            "holder_name": holders["name"].to_numpy(),
            "state": state,
            "updated_at": changed,
            "company": company,
            "former": old,
        },
        issued,
        anniversary(issued, TERM) - span(1),
    )
    again = (state == VALID) & (anniversary(issued, -TERM) > founded) & (rng.random(len(holders)) < _RENEWED)
    return pd.concat([rows, _before(rng, world, rows[again])]).sort_index()


def clinic_licences(world: World, block: Block) -> pd.DataFrame:
    """The licences of a block's hospitals and health centres, in the columns of `COLUMNS`."""
    rng = world.rng(_CLINICS, block.number)
    every = public_institutions(world, block)
    treats = every["name"].str.endswith(CLINICS) & ~is_quiet(every.index.to_numpy())
    holders = every[treats]
    today = np.full(len(holders), day(world.as_of))
    first = np.maximum(days(holders["established_on"]), anniversary(today, -TERM) + span(MARGIN + 3))
    issued = between(rng, first, today - span(2))
    index = holders.index.to_numpy()
    return licences(
        world,
        subjects(index, OF_CLINIC),
        {
            "kind": np.full(len(holders), _CLINIC),
            "holder_kind": ORGANISATION,
            "holder_code": holders["credit_code"].to_numpy(),
            "holder_name": holders["name"].to_numpy(),
            "state": np.where(holders["state"] == "active", VALID, GIVEN_UP),
            "updated_at": updated(rng, issued, world.as_of),
        },
        issued,
        anniversary(issued, TERM) - span(1),
    )


def licences(world: World, index: Ints, given: dict[str, Any], issued: Days, until: Days) -> pd.DataFrame:
    """Rows of licences: what is ``given``, and their number, issuer and days.

    Args:
        world: the city.
        index: subject of each row, from which its number follows.
        given: columns of the rows, ``kind`` among them.
        issued: the day of issue, on which each begins.
        until: the last day on which each is good; not a day where there is none.
    """
    kind = np.asarray(given["kind"]).astype("U3")
    year = calendar_parts(issued)[0].astype("U4")
    number = np.strings.add(np.strings.add(kind, "4201"), np.strings.add(year, numerals(index, 11)))
    organs = np.arange(len(CITY_ORGANS))
    organ = np.array(list(ISSUERS.values()))[np.searchsorted(list(ISSUERS), kind)]
    endless = np.isnat(until)
    return pd.DataFrame(
        {
            **given,
            "licence_no": number,
            "issuer_code": public_codes(world, organs)[organ],
            "issuer_name": np.array(CITY_ORGANS)[organ],
            "issued_on": iso(issued),
            "valid_from": iso(issued),
            "valid_to": np.where(endless, "", iso(np.where(endless, issued, until))),
        },
        index=index,
    )


def moments(rng: np.random.Generator, first: Days, last: Days) -> Text:
    """Times of an update in office hours, from ``first`` to ``last``."""
    clock = rng.integers(8 * 3_600, 18 * 3_600, len(first)).astype("timedelta64[s]")
    return iso_times(between(rng, first, last).astype("datetime64[s]") + clock)


def _decided(world: World, block: Block) -> Days:
    """When the code of each company of the block was changed; not a day where it was not."""
    changes = company_code_changes(world, block).drop_duplicates("company")
    decided = pd.Series(days(changes["decided_on"]), pd.Index(changes["company"].to_numpy()))
    return days(decided.reindex(block.companies.index))


def _before(rng: np.random.Generator, world: World, rows: pd.DataFrame) -> pd.DataFrame:
    """The licences before ``rows``, each lapsed on the day before the next one began."""
    until = days(rows["valid_from"]) - span(1)
    issued = anniversary(until + span(1), -TERM)
    kept = ("kind", "holder_kind", "holder_code", "holder_name", "company", "former")
    given = {name: rows[name].to_numpy() for name in kept}
    ended = {"state": LAPSED, "updated_at": updated(rng, until, world.as_of)}
    return licences(world, subjects(rows.index, RENEWED), given | ended, issued, until)


def _kinds(names: Text) -> npt.NDArray[Any]:
    """The licence that the trade in a company's name needs; '' for none."""
    said = [np.strings.find(names, trade) >= 0 for trade in _TRADES]
    return np.select(said, list(_TRADES.values()), "").astype("U3")
