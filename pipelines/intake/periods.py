"""Which period a delivery speaks for: read from its name, or from the day it is fetched."""

from __future__ import annotations

import re
from datetime import date

from catalog.model import UpdateCycle

PERIOD = r"(?P<period>\d{4}Q[1-4]|\d{4}-?\d{2}-?\d{2}|\d{4}-?\d{2}|\d{4})"
"""What ``{period}`` in a path matches: 2026, 2026Q4, 2026-11, 202611, 2026-11-21 or 20261121."""


def canonical(text: str) -> str:
    """``202611`` -> ``2026-11``, ``20261121`` -> ``2026-11-21``; others as they are. Sorts as text in time."""
    if re.fullmatch(r"\d{6}", text):
        return f"{text[:4]}-{text[4:]}"
    if re.fullmatch(r"\d{8}", text):
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def of_day(day: date, cycle: UpdateCycle) -> str:
    """The period that ``day`` falls in, for deliveries whose name carries none."""
    if cycle in (UpdateCycle.DAILY, UpdateCycle.WORKING_DAY, UpdateCycle.WEEKLY):
        return day.isoformat()
    if cycle is UpdateCycle.MONTHLY:
        return f"{day:%Y-%m}"
    if cycle is UpdateCycle.QUARTERLY:
        return f"{day.year}Q{(day.month + 2) // 3}"
    return str(day.year)
