"""What the civil affairs office holds about people: marriages and divorces, and who lives on the minimum."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import between, day, days, iso, span, updated
from simulation.marriages import DIVORCED, marriages
from simulation.numbers import calendar_parts, numerals
from simulation.register import PERSON, Habits, Register
from simulation.registers.districts import district_names
from simulation.registers.subjects import subjects
from simulation.scatter import shares
from simulation.world import Block, World

IN_FORCE, STOPPED = "1", "2"
"""Codes of the list benefit_state."""
STANDARD = 1_080
"""Yuan a month that nobody's income shall fall below."""
_MARRIAGE, _BENEFIT, _POOR = 220, 221, 222
_POOR_SHARE, _STOPPED_SHARE = 0.012, 0.08


def mz_marriage(world: World, block: Block) -> pd.DataFrame:
    """Two rows for each certificate, one for each of the two; a certificate is marked J (married) or L (divorced)."""
    rng = world.rng(_MARRIAGE, block.number)
    events = marriages(world, block)
    known = pd.concat(
        [block.people[["citizen_id", "name", "division"]], block.migrants[["citizen_id", "name", "division"]]]
    )
    person, spouse = known.loc[events["person"]], known.loc[events["spouse"]]
    when = days(events["day"])
    # The office of the first of the two rows issues the certificate.
    office = person["division"].to_numpy().astype("U6")
    office[1::2] = office[::2]
    number = numerals(block.number * 1_000_000 + events["event"].to_numpy(), 9)
    parts = (
        np.where(events["kind"] == DIVORCED, "L", "J"),
        office,
        "-",
        calendar_parts(when)[0].astype("U4"),
        "-",
        number,
    )
    certificate = np.full(len(events), "", dtype="U22")
    for part in parts:
        certificate = np.strings.add(certificate, part)
    return pd.DataFrame(
        {
            "certificate_no": certificate,
            "citizen_id": person["citizen_id"].to_numpy(),
            "name": person["name"].to_numpy(),
            "spouse_id": spouse["citizen_id"].to_numpy(),
            "spouse_name": spouse["name"].to_numpy(),
            "kind": events["kind"].to_numpy(),
            "marital": events["marital"].to_numpy(),
            "registered_on": iso(when),
            "updated_at": updated(rng, when, world.as_of),
        },
        index=pd.Index(subjects(events["person"], events["nth"])),
    )


def mz_minimum_living(world: World, block: Block) -> pd.DataFrame:
    """The living members of households that are granted the minimum: one row each, the amount that of the family.

    Rows stand by district, as the office writes them; ``district`` is the sub-heading above them.
    """
    rng = world.rng(_BENEFIT, block.number)
    people = block.people
    earning = people.loc[people["employer"] >= 0, "household"].unique()
    household = people["household"].to_numpy()
    poor = (shares(household, world.seed, _POOR) < _POOR_SHARE * 2) & people["died"].isna().to_numpy()
    poor &= ~np.isin(household, earning) | (shares(household, world.seed, _POOR) < _POOR_SHARE / 3)
    members = people[poor].sort_values(["division", "household"], kind="stable")
    first = members["household"].to_numpy()
    family, place, size = np.unique(first, return_inverse=True, return_counts=True)
    amount = np.round(size * STANDARD * (0.3 + 0.7 * rng.random(len(family))), 2)
    started = between(
        rng,
        np.full(len(family), day(world.as_of) - span(2_500)),
        np.full(len(family), day(world.as_of) - span(40)),
    )
    stopped = rng.random(len(family)) < _STOPPED_SHARE
    # A child is a member from birth on, and the family's list was written after it.
    since = np.maximum(started[place], days(members["birth"]))
    newest = started.copy()
    np.maximum.at(newest, place, since)
    last = updated(rng, newest, world.as_of)
    return pd.DataFrame(
        {
            "citizen_id": members["citizen_id"],
            "name": members["name"],
            "family_no": np.strings.add(
                np.strings.add("DB", members["division"].to_numpy().astype("U6")), numerals(first, 9)
            ),
            "members": size[place].astype("U3"),
            "monthly_amount": np.char.mod("%.2f", amount)[place],
            "started_on": iso(since),
            "state": np.where(stopped, STOPPED, IN_FORCE)[place],
            "updated_at": last[place],
            "district": district_names(members["division"]),
        }
    )


REGISTERS = {
    "mz_marriage": Register(mz_marriage, PERSON),
    "mz_minimum_living": Register(
        mz_minimum_living,
        PERSON,
        Habits(title=("武汉市最低生活保障对象名册（月报）",), numbers=("members", "monthly_amount"), group="district"),
    ),
}
