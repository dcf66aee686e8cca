"""What is known of the data behind an entry: how often they came, when last, whether they are late. Told by the pipelines.

The catalogue asks no lake and no feed; whoever needs to know whether an entry's data are there is handed these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Gathered:
    """How the data of one resource stand.

    Attributes:
        deliveries: how many were taken, or came again unchanged.
        last: when the last of them came; None where none did.
        rows: rows taken from the last delivery that brought any.
        due: last day for the next one; None where nothing says when it is due.
        late: that day is over, and nothing excuses it.
        excused: number of the document that excuses it from its cycle now; None where nothing does.
    """

    deliveries: int = 0
    last: datetime | None = None
    rows: int | None = None
    due: date | None = None
    late: bool = False
    excused: str | None = None


NOTHING = Gathered()
"""Of a resource that nobody has delivered."""
