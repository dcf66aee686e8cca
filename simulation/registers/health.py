"""What the health commission holds: births, deaths, and the health records of residents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation import addresses
from simulation.contacts import mobile_numbers
from simulation.days import between, day, days, iso, span, updated, yesterday
from simulation.homes import homes
from simulation.marriages import LAWFUL_WOMAN
from simulation.numbers import Text, calendar_parts, compact_dates, numerals
from simulation.register import PERSON, Habits, Register
from simulation.registers.districts import district_names
from simulation.registers.subjects import subjects
from simulation.world import Block, World

_BIRTH, _NEWBORN, _DEATH, _RECORD = 230, 231, 232, 233
_CHILDHOOD = 10
"""Years for which birth certificates are held in the system."""
_NEWBORN_RATE, _NEWBORN_DAYS, _ROW_OF_NEWBORN = 0.06, 45, 1
_RECORDED, _WITHOUT_ID = 0.7, 0.08
_HOSPITALS = ("第一医院", "妇幼保健院", "中医医院", "中心医院")
_PLACES, _PLACE_SHARES = ("医疗卫生机构", "家中", "养老服务机构", "赴医院途中", "其他"), (0.5, 0.36, 0.09, 0.03, 0.02)
_BLOOD, _BLOOD_SHARES = ("A", "B", "O", "AB", ""), (0.28, 0.25, 0.3, 0.08, 0.09)
_OF_AGE_FOR_A_PHONE = 14


def wj_birth(world: World, block: Block) -> pd.DataFrame:
    """Births of ten years to mothers of the city: the children registered since, and newborns who have no number yet."""
    rng = world.rng(_BIRTH, block.number)
    people = block.people
    children = people[(people["age"] < _CHILDHOOD) & (people["mother"] >= 0)]
    born = children.assign(row=children.index)
    newborn = _newborns(world, block)
    every = pd.concat([born, newborn])
    birth = days(every["birth"])
    district = np.strings.add("武汉市", district_names(every["division"]))
    hospital = np.strings.add(district, rng.choice(_HOSPITALS, len(every)))
    serial = numerals(every["row"].to_numpy(), 10)
    year = numerals(calendar_parts(birth)[0] % 100, 2)
    rows = pd.DataFrame(
        {
            "certificate_no": np.strings.add(np.strings.add("Q42", year), serial),
            "citizen_id": every["citizen_id"],
            "name": every["name"],
            "sex": every["sex"],
            "birth_date": iso(birth),
            "mother_id": _ids(people, every["mother"]),
            "father_id": _ids(people, every["father"]),
            "hospital": hospital,
            "updated_at": updated(rng, birth, world.as_of),
        }
    )
    return rows.set_index(pd.Index(every["row"].to_numpy()))


def _newborns(world: World, block: Block) -> pd.DataFrame:
    """Children of the last weeks whom nobody has registered: no number, and the row is numbered by their mother."""
    rng = world.rng(_NEWBORN, block.number)
    people = block.people
    nursing = people.loc[people["birth"] > np.datetime64(world.as_of) - span(400), "mother"]
    able = people[
        (people["spouse"] >= 0)
        & ~people.index.isin(nursing)
        & (people["sex"] == "2")
        & people["age"].between(LAWFUL_WOMAN + 2, 42)
        & people["died"].isna()
        & (people["special"] == "")
    ]
    count = max(round(len(able) * _NEWBORN_RATE), world.handful if block.number == 0 else 0)
    mothers = able.loc[np.sort(rng.permutation(able.index.to_numpy())[:count])]
    fathers = people.loc[mothers["spouse"]]
    sex = rng.integers(1, 3, len(mothers))
    given = np.where(
        sex == 1,
        rng.choice(world.pools.given_male, len(mothers)),
        rng.choice(world.pools.given_female, len(mothers)),
    )
    family = np.strings.slice(fathers["name"].to_numpy().astype("U16"), 0, 1)
    birth = day(world.as_of) - span(rng.integers(2, _NEWBORN_DAYS, len(mothers)))
    return pd.DataFrame(
        {
            "citizen_id": "",
            "name": np.strings.add(family, given),
            "sex": sex.astype("U1"),
            "birth": birth.astype("datetime64[s]"),
            "mother": mothers.index,
            "father": mothers["spouse"].to_numpy(),
            "division": mothers["division"].to_numpy(),
            "row": subjects(mothers.index, _ROW_OF_NEWBORN),
        }
    )


def _ids(people: pd.DataFrame, index: pd.Series) -> Text:
    """Citizen ids of people of the block; '' for -1."""
    place = index.to_numpy() - int(people.index[0])
    codes = people["citizen_id"].to_numpy().astype("U18")
    return np.where(place >= 0, codes[np.maximum(place, 0)], "")


def wj_death(world: World, block: Block) -> pd.DataFrame:
    """The deaths of the year before, registered within ten days and never before the death."""
    rng = world.rng(_DEATH, block.number)
    dead = block.people[block.people["died"].notna()]
    died = days(dead["died"])
    registered = between(rng, died, np.minimum(died + span(10), yesterday(world.as_of, len(dead))))
    year = calendar_parts(registered)[0].astype("U4")
    return pd.DataFrame(
        {
            "certificate_no": np.strings.add(np.strings.add("SW4201", year), numerals(dead.index.to_numpy(), 10)),
            "citizen_id": dead["citizen_id"],
            "name": dead["name"],
            "death_date": iso(died),
            "place": rng.choice(_PLACES, len(dead), p=_PLACE_SHARES),
            "registered_on": iso(registered),
            "updated_at": updated(rng, registered, world.as_of),
        },
        index=dead.index,
    )


def wj_health_record(world: World, block: Block) -> pd.DataFrame:
    """Records of seven in ten residents; the address is that of today's home, and some records have no citizen id.

    Besides the items: ``door, building_no, form`` of the address.
    """
    rng = world.rng(_RECORD, block.number)
    residents = block.residents
    residents = residents[rng.random(len(residents)) < _RECORDED]
    home = homes(world, block).loc[residents.index]
    form = addresses.forms(world.ground, "wj_health_record", residents.index.to_numpy(), home["door"].to_numpy())
    without = rng.random(len(residents)) < _WITHOUT_ID
    index = residents.index.to_numpy()
    return pd.DataFrame(
        {
            "record_no": np.strings.add(
                world.ground.division_of_door(home["door"].to_numpy()).astype("U6"), numerals(index, 11)
            ),
            "citizen_id": np.where(without, "", residents["citizen_id"]),
            "name": residents["name"],
            "sex": residents["sex"],
            "birth_date": compact_dates(days(residents["birth"])),
            "phone": np.where(residents["age"] >= _OF_AGE_FOR_A_PHONE, mobile_numbers(world, index), ""),
            "address": addresses.write(world.ground, home, form),
            "blood_type": rng.choice(_BLOOD, len(residents), p=_BLOOD_SHARES),
            "updated_at": updated(rng, days(residents["birth"]), world.as_of),
            "door": home["door"],
            "building_no": home["building_no"],
            "form": form,
        },
        index=residents.index,
    )


REGISTERS = {
    "wj_birth": Register(wj_birth, PERSON),
    "wj_death": Register(
        wj_death,
        PERSON,
        Habits(
            title=("武汉市居民死亡登记（全量）", "填表说明：日期以登记机构确认为准"),
            dates=("death_date", "registered_on", "updated_at"),
        ),
    ),
    "wj_health_record": Register(wj_health_record, PERSON, Habits(line_end="\r\n")),
}
