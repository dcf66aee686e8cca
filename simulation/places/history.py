"""The register of divisions: districts, streets and communities, each state with the days from and to which it held.

A street that was renamed has two rows with the same code. One that was merged into another has one row, closed, with the
code it went to. ``change`` says how a state came about; in a closed row that went elsewhere, how it ended.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from simulation.places import names
from simulation.places.doors import community_codes, community_names
from simulation.places.streets import Streets
from simulation.pools import DISTRICTS

DISTRICT, STREET, COMMUNITY = "3", "4", "5"
"""Codes of `division_level`."""
ESTABLISHED, RENAMED, MERGED = "established", "renamed", "merged"
"""Codes of `division_change`."""
_COLUMNS = ["code", "name", "level", "parent", "valid_from", "valid_to", "change", "successor"]


def divisions(streets: Streets) -> pd.DataFrame:
    """All rows of the register as text, key ``code`` and ``valid_from``.

    Districts have six digits and, the city not being in the register, nothing above them; the others have twelve.
    """
    rows: list[tuple[str, ...]] = [
        (str(code), name, DISTRICT, "", names.FOUNDED, "", ESTABLISHED, "") for code, name in DISTRICTS.items()
    ]
    for place in range(len(streets)):
        rows += _street(streets, place)
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return pd.concat([table, _communities(streets)], ignore_index=True)


def _street(streets: Streets, street: int) -> list[tuple[str, ...]]:
    code, division = str(streets.code[street]), str(streets.division[street])
    since, how, rows = names.FOUNDED, ESTABLISHED, []
    for change in names.CHANGES[int(division)]:
        if change.street != streets.place[street]:
            continue
        last = (date.fromisoformat(change.day) - timedelta(days=1)).isoformat()
        if change.code:
            old = f"{division}{change.code}000"
            rows.append((old, change.old, STREET, division, names.FOUNDED, last, MERGED, code))
        else:
            rows.append((code, change.old, STREET, division, names.FOUNDED, last, ESTABLISHED, ""))
            since, how = change.day, RENAMED
    return [*rows, (code, str(streets.name[street]), STREET, division, since, "", how, "")]


def _communities(streets: Streets) -> pd.DataFrame:
    street = np.repeat(np.arange(len(streets)), streets.communities)
    place = np.concatenate([np.arange(count) for count in streets.communities])
    return pd.DataFrame(
        {
            "code": community_codes(streets, street, place + 1),
            "name": community_names(streets, street, place),
            "level": COMMUNITY,
            "parent": streets.code[street],
            "valid_from": names.FOUNDED,
            "valid_to": "",
            "change": ESTABLISHED,
            "successor": "",
        }
    )[_COLUMNS]
