"""The numbered duties (R-001 to R-226) that the five cities' instruments lay on a platform, and those it cannot do.

Here: the list itself, which is project data. Which test proves a duty is said by the tests (``@pytest.mark.duty``) and
gathered by ``docs/conformance_page.py``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ground.documents import Declared, read_document
from ground.errors import InternalFault

_ROOM = Path(__file__).parent
_COLUMNS = ["id", "group", "source", "en", "zh"]


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty: its number, group, source and short titles.

    ``source`` is a letter for the instrument (W Wuhan, L Lianyungang, Y Longyan, C Chifeng, H Haishu) and its article.
    """

    id: str
    group: str
    source: str
    en: str
    zh: str


class Reason(Declared):
    """Why software has nothing to do for a duty, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class DutyReasons(Declared):
    """The document ``duty_reasons.yaml``."""

    reasons: dict[Annotated[str, Field(pattern=r"^R-[0-9]{3}$")], Reason]


@cache
def duties() -> dict[str, Duty]:
    """Every duty by its number, in order.

    Raises:
        InternalFault: the shipped table is damaged (columns, a number twice).
    """
    with (_ROOM / "duties.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != _COLUMNS:
            raise InternalFault("duties.csv 的列不符。", "duties.csv has other columns.", where="policy/duties.csv:1")
        rows = [Duty(**row) for row in reader]
    found = {one.id: one for one in rows}
    if len(found) != len(rows):
        raise InternalFault("duties.csv 中有重复编号。", "A number stands twice.", where="policy/duties.csv")
    return found


@cache
def duty_reasons() -> dict[str, Reason]:
    """Duties in which software has nothing to do, each with its reason."""
    return read_document(_ROOM / "duty_reasons.yaml", DutyReasons, name="policy/duty_reasons.yaml").reasons
