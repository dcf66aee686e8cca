"""What the law enforcement office holds: penalties on companies and people, some of them about a licence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from simulation.days import between, day, days, iso, span, updated
from simulation.licences import LAPSED, ORGANISATION, PERSON, REVOKED, company_licences
from simulation.numbers import Days, Ints, Text, calendar_parts, numerals
from simulation.register import Habits, Register
from simulation.registers.subjects import subjects
from simulation.world import Block, World

WARNING, FINE, CONFISCATION, CLOSURE, REVOCATION = "1", "2", "3", "4", "5"
"""Codes of the list penalty_kind."""
_STREAM = 330
_ON_LICENCE, _ON_COMPANY, _ON_PERSON = 0.05, 0.02, 0.0015
_KINDS, _SHARES = (WARNING, FINE, CONFISCATION, CLOSURE), (0.3, 0.55, 0.1, 0.05)
_OF_LICENCE, _OF_COMPANY, _OF_PERSON = range(3)
_LONGEST = 1_400
_OF_BLOCK = 4_000
"""Numbers of decisions that a block may give out."""


def zf_penalty(world: World, block: Block) -> pd.DataFrame:
    """One row per decision. A licence was revoked by a decision; warnings and closures cost nothing."""
    rng = world.rng(_STREAM, block.number)
    parties = pd.concat([_about_licences(rng, world, block), _on_companies(rng, block), _on_people(rng, block)])
    count = len(parties)
    kind = np.where(parties["kind"] == "", rng.choice(_KINDS, count, p=_SHARES), parties["kind"])
    decided = between(rng, _since(world, parties), np.full(count, day(world.as_of) - span(2)))
    amount = np.round(rng.lognormal(8, 1.2, count), 2)
    free = np.isin(kind, [WARNING, CLOSURE, REVOCATION])
    return pd.DataFrame(
        {
            "decision_no": _numbers(decided, block.number * _OF_BLOCK + np.arange(count) + 1),
            "party_kind": parties["party_kind"],
            "party_code": parties["party_code"],
            "party_name": parties["party_name"],
            "kind": kind,
            "amount": np.where(free, "0.00", np.char.mod("%.2f", amount)),
            "licence_no": parties["licence_no"],
            "decided_on": iso(decided),
            "updated_at": updated(rng, decided, world.as_of),
        },
        index=parties.index,
    )


def _about_licences(rng: np.random.Generator, world: World, block: Block) -> pd.DataFrame:
    """On the holders of all licences that were revoked while their holder was active, and of some others."""
    held = company_licences(world, block)
    holder = block.companies.loc[held["company"].to_numpy()]
    revoked = (held["state"] == REVOKED).to_numpy() & (holder["state"] == "active").to_numpy()
    others = (rng.random(len(held)) < _ON_LICENCE) & (held["state"] != LAPSED).to_numpy()
    chosen = revoked | others
    held, holder = held[chosen], holder[chosen]
    return _parties(
        subjects(held["company"].to_numpy(), _OF_LICENCE),
        ORGANISATION,
        holder["credit_code"],
        holder["name"],
        kind=np.where(revoked[chosen], REVOCATION, ""),
        licence_no=held["licence_no"].to_numpy(),
        since=held["issued_on"].to_numpy(),
    )


def _on_companies(rng: np.random.Generator, block: Block) -> pd.DataFrame:
    companies = block.companies
    chosen = companies[(rng.random(len(companies)) < _ON_COMPANY) & (companies["special"] != "quiet")]
    return _parties(
        subjects(chosen.index, _OF_COMPANY),
        ORGANISATION,
        chosen["credit_code"],
        chosen["name"],
        since=chosen["established_on"].to_numpy(),
    )


def _on_people(rng: np.random.Generator, block: Block) -> pd.DataFrame:
    people = block.people
    able = people["died"].isna() & people["age"].between(20, 75)
    chosen = people[able & (rng.random(len(people)) < _ON_PERSON)]
    return _parties(
        subjects(chosen.index, _OF_PERSON), PERSON, chosen["citizen_id"], chosen["name"], since="2020-01-01"
    )


def _parties(
    index: Ints, party_kind: str, code: pd.Series, name: pd.Series, *, kind: Any = "", licence_no: Any = "", since: Any
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "party_kind": party_kind,
            "party_code": code.to_numpy(),
            "party_name": name.to_numpy(),
            "kind": kind,
            "licence_no": licence_no,
            "since": since,
        },
        index=index,
    )


def _since(world: World, parties: pd.DataFrame) -> Days:
    since: Days = np.maximum(days(parties["since"].to_numpy().astype("U10")), day(world.as_of) - span(_LONGEST))
    return since


def _numbers(decided: Days, serials: Ints) -> Text:
    """武综执罚〔2026〕第000123号."""
    number = np.strings.add("武综执罚〔", calendar_parts(decided)[0].astype("U4"))
    return np.strings.add(np.strings.add(number, "〕第"), np.strings.add(numerals(serials, 6), "号"))


REGISTERS = {"zf_penalty": Register(zf_penalty, habits=Habits(member="行政处罚.csv", line_end="\r\n"))}
