"""What the education bureau holds: the pupils of primary and middle schools."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import days, iso, updated
from simulation.numbers import Days, Ints, calendar_parts
from simulation.register import PERSON, Register
from simulation.registers.districts import district_names
from simulation.scatter import below
from simulation.world import Block, World

AT_SCHOOL, ON_LEAVE, LEFT = "1", "2", "3"
"""Codes of the list school_state."""
_ROLL, _SCHOOL = 240, 241
_GRADES = np.array(
    [f"{one}年级" for one in "一二三四五六"]
    + [f"初{one}" for one in "一二三"]
    + [f"高{one}" for one in "一二三"]
    + ["毕业"]
)
_STAGE_STARTS = np.array([0] * 6 + [6] * 3 + [9] * 4)
"""Grade (from 0) with which the stage of each grade begins."""
_SCHOOLS = {"小学": 12, "初级中学": 6, "高级中学": 3}
_ORDINALS = np.array([*"一二三四五六七八九十", "十一", "十二"])
_SCHOOL_AGE, _SEPTEMBER = 6, 9
_ATTENDANCE = (0.99, 0.86)
"""Of the children of compulsory age, and of those after it."""


def jy_school_roll(world: World, block: Block) -> pd.DataFrame:
    """One row per pupil of grades 1 to 12, and those who left school in summer; the school is one of their district.

    Who is six by the end of August starts school in September. The roll number is G and the citizen id.
    """
    rng = world.rng(_ROLL, block.number)
    grade = _grade(days(block.people["birth"]), world)
    stays = rng.random(len(grade)) < np.where(grade < 9, *_ATTENDANCE)
    taken = (grade >= 0) & (grade < len(_GRADES)) & stays & block.people["died"].isna().to_numpy()
    pupils, grade = block.people[taken], grade[taken]
    stage = np.searchsorted([6, 9], grade, side="right")
    september = _school_year(world) - (grade - _STAGE_STARTS[grade])
    enrolled = ((september - 1970) * 12 + _SEPTEMBER - 1).astype("datetime64[M]").astype("datetime64[D]")
    state = np.where(rng.random(len(pupils)) < 0.006, ON_LEAVE, AT_SCHOOL)
    return pd.DataFrame(
        {
            "student_no": np.strings.add("G", pupils["citizen_id"].to_numpy().astype("U18")),
            "citizen_id": pupils["citizen_id"],
            "name": pupils["name"],
            "sex": pupils["sex"],
            "birth_date": iso(days(pupils["birth"])),
            "school": _schools(world, pupils, stage),
            "grade": _GRADES[grade],
            "enrolled_on": iso(enrolled),
            "state": np.where(grade == len(_GRADES) - 1, LEFT, state),
            "updated_at": updated(rng, np.maximum(enrolled, days(pupils["birth"])), world.as_of),
        },
        index=pupils.index,
    )


def _school_year(world: World) -> int:
    """The calendar year in which the school year of ``as_of`` began."""
    return world.as_of.year - (world.as_of.month < _SEPTEMBER)


def _grade(births: Days, world: World) -> Ints:
    """Grade from 0; negative before school, 12 in the year after the last one."""
    year, month, _ = calendar_parts(births)
    return _school_year(world) - year - _SCHOOL_AGE - (month >= _SEPTEMBER)


def _schools(world: World, pupils: pd.DataFrame, stage: Ints) -> np.ndarray:
    """The school of a household and stage, so that brothers and sisters meet there."""
    district = district_names(pupils["division"])
    household = pupils["household"].to_numpy()
    name = np.full(len(pupils), "", dtype="U24")
    for place, (kind, count) in enumerate(_SCHOOLS.items()):
        ordinal = _ORDINALS[below(household, count, world.seed, _SCHOOL + place)]
        whole = np.strings.add(np.strings.add(np.strings.add(district, "第"), ordinal), kind)
        name = np.where(stage == place, np.strings.add("武汉市", whole), name)
    return name


REGISTERS = {"jy_school_roll": Register(jy_school_roll, PERSON)}
