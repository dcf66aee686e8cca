"""The companies as they truly are, and what the registers of the market and of the tax office hold about them.

Grain: one row per company. Index starts at `FIRST`, so that a person and a company never share a number.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.numbers import Text, credit_codes, iso_times
from simulation.people import phones, street_addresses
from simulation.pools import DISTRICTS, Pools

FIRST = 1_000_000_000
_QUIET = 0.02
"""Companies that no other register names, as a share of all."""
_TYPES = ["enterprise", "individual_business", "cooperative"]
_SECTIONS = "FLMIGCHOERSAJKNPQBDT"
_LETTERS = np.array(["TH", "UNI", "Easy", "GDS", "Max", "ABC", "YN", "HK"])


def make_companies(count: int, names: Text, *, seed: int, as_of: date, pools: Pools, specials: int) -> pd.DataFrame:
    """``count`` companies as the market register (sc_company) holds them, nothing wrong yet.

    Args:
        count: number of companies.
        names: names of adults who may represent one.
        seed: of the city.
        as_of: nothing is established or updated after it.
        pools: the words of the city.
        specials: how many have '（…）' in their name, and how many have Latin letters.

    Returns:
        The items of sc_company as text, and ``special``: '', 'parentheses', 'letters' or 'quiet': a company without tax registration
        and without employees, so that an error in its row is seen nowhere else.
    """
    rng = np.random.default_rng([seed, 4])
    kind = rng.choice([1, 2, 3], count, p=[0.55, 0.42, 0.03])
    division = rng.choice(list(DISTRICTS), count)
    state = rng.choice(["active", "revoked", "cancelled"], count, p=[0.8, 0.07, 0.13])
    special = np.full(count, "", dtype="U12")
    enterprises = rng.permutation(np.flatnonzero((kind == 1) & (state == "active")))
    special[enterprises[:specials]] = "parentheses"
    special[enterprises[specials : 2 * specials]] = "letters"
    special[rng.permutation(np.flatnonzero(special == ""))[: max(10, round(count * _QUIET))]] = "quiet"
    representative = rng.choice(names, count)
    established = np.datetime64(as_of, "D") - rng.integers(30, 9_000, count).astype("timedelta64[D]")
    capital = np.where(kind == 1, rng.integers(10, 5_000, count), rng.integers(1, 50, count)) + rng.choice(
        [0, 0.5], count
    )
    serials = rng.integers(0, 80_000_000) + np.arange(count) * 10 + rng.integers(0, 10, count)
    return pd.DataFrame(
        {
            "credit_code": credit_codes(kind, division, serials),
            "name": _names(rng, kind, division, representative, special, pools),
            "type": np.array(_TYPES)[kind - 1],
            "legal_representative": representative,
            "registered_capital": np.char.mod("%.2f", capital),
            "established_on": np.datetime_as_string(established, unit="D"),
            "address": street_addresses(rng, division, pools.streets),
            "division": division.astype(str),
            "industry": rng.choice(list(_SECTIONS), count, p=_weights(len(_SECTIONS))),
            "state": state,
            "updated_at": moments(rng, count, as_of),
            "special": special,
        },
        index=pd.RangeIndex(FIRST, FIRST + count),
    )


def register_for_tax(companies: pd.DataFrame, *, seed: int, as_of: date) -> pd.DataFrame:
    """What the tax office (sw_tax_registration) holds: 90 % of the active, 60 % of the others, nothing wrong yet."""
    rng = np.random.default_rng([seed, 5])
    share = np.where(companies["state"] == "active", 0.9, 0.6)
    special = companies["special"]
    taken = companies[
        ((rng.random(len(companies)) < share) | special.isin(["parentheses", "letters"])) & (special != "quiet")
    ]
    state = np.select([taken["state"] == "active", taken["state"] == "revoked"], ["01", "02"], "03")
    established = taken["established_on"].to_numpy().astype("datetime64[D]")
    registered = np.minimum(
        established + rng.integers(0, 60, len(taken)).astype("timedelta64[D]"), np.datetime64(as_of, "D")
    )
    landline = np.strings.add("027-", rng.integers(80_000_000, 90_000_000, len(taken)).astype("U8"))
    return pd.DataFrame(
        {
            "credit_code": taken["credit_code"],
            "name": taken["name"],
            "legal_representative": taken["legal_representative"],
            "address": taken["address"],
            "phone": np.where(rng.random(len(taken)) < 0.5, landline, phones(rng, len(taken))),
            "registered_on": np.datetime_as_string(registered, unit="D"),
            "state": state,
            "updated_at": moments(rng, len(taken), as_of),
        },
        index=taken.index,
    )


def moments(rng: np.random.Generator, count: int, as_of: date) -> Text:
    """Times of an update from 2024-01-01 to the day before ``as_of``, as ``YYYY-MM-DD HH:MM:SS``."""
    start = np.datetime64("2024-01-01T00:00:00", "s")
    span = int((np.datetime64(as_of, "s") - start).astype(np.int64))
    return iso_times(start + rng.integers(0, span, count).astype("timedelta64[s]"))


def _names(
    rng: np.random.Generator,
    kind: npt.NDArray[Any],
    division: npt.NDArray[Any],
    representative: npt.NDArray[Any],
    special: npt.NDArray[Any],
    pools: Pools,
) -> Text:
    count = len(kind)
    trade, brand = rng.choice(pools.trades, count), rng.choice(pools.brands, count)
    brand = np.where(special == "letters", np.strings.add(rng.choice(_LETTERS, count), brand), brand)
    brand = np.where(special == "parentheses", np.strings.add(brand, "（武汉）"), brand)
    town = np.where(special == "parentheses", "", "武汉")
    ending = np.where(rng.random(count) < 0.9, "有限公司", "股份有限公司")
    enterprise = np.strings.add(np.strings.add(town, brand), np.strings.add(trade, ending))
    district = np.array(list(DISTRICTS.values()))[np.searchsorted(list(DISTRICTS), division)]
    shop = np.strings.add(np.strings.add(district, representative), np.strings.add(trade, "经营部"))
    cooperative = np.strings.add(np.strings.add(district, brand), "种植专业合作社")
    return np.select([kind == 1, kind == 2], [enterprise, shop], cooperative)


def _weights(count: int) -> npt.NDArray[np.float64]:
    falling = 1 / np.arange(1, count + 1)
    result: npt.NDArray[np.float64] = falling / falling.sum()
    return result
