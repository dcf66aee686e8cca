"""Which calendar does a home count by? The one as shipped, with the holiday notices that the home has entered.

Apart from `hub.home`, so that whoever only counts days does not wait for the stores of a home.
"""

from __future__ import annotations

from pathlib import Path

from ground.documents import read_document
from policy.calendar import WorkingCalendar
from policy.calendar_table import CalendarYears

NOTICES = "city/calendar_years.yaml"
"""Where a home keeps the holiday notices that were entered into it."""


def entered_notices(home: Path) -> CalendarYears | None:
    """The notices that a home has entered; None where it has none, or where there is no home.

    Raises:
        DocumentError: its file is not what is allowed.
    """
    path = home / NOTICES
    return read_document(path, CalendarYears, name=NOTICES) if path.exists() else None


def calendar_of(home: Path) -> WorkingCalendar:
    """The calendar that a home counts by; the one that comes with the software where there is no home."""
    entered = entered_notices(home)
    return WorkingCalendar.standard() if entered is None else WorkingCalendar.standard(entered)
