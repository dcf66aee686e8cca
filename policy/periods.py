"""How long a limit is: a number of working days or of natural days, as written and as said.

Here: the length. Counting it belongs to `policy.clock`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ground.errors import UserError

LONGEST = 3660
"""Days. A longer period is a slip of the pen."""


class Unit(StrEnum):
    """What a period counts."""

    WORKING_DAYS = "wd"
    NATURAL_DAYS = "nd"


@dataclass(frozen=True, slots=True)
class Period:
    """A number of working days (工作日) or natural days (自然日), written ``10wd`` or ``60nd``."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.count <= LONGEST:
            raise UserError(
                f"期限天数应在 1 至 {LONGEST} 之间，实际为 {self.count}。",
                f"A period has 1 to {LONGEST} days; found {self.count}.",
            )

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``10wd`` (working days) or ``60nd`` (natural days).

        Raises:
            UserError: anything else.
        """
        match = re.fullmatch(r"([0-9]{1,5})(wd|nd)", text.strip())
        if match is None:
            raise UserError(
                f"期限“{text}”无法识别，应写作 10wd（10个工作日）或 60nd（60个自然日）。",
                f"'{text}' is not a period; write 10wd (10 working days) or 60nd (60 natural days).",
            )
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def zh(self) -> str:
        """``10个工作日`` or ``60个自然日``."""
        return f"{self.count}个{'工作日' if self.unit is Unit.WORKING_DAYS else '自然日'}"

    @property
    def en(self) -> str:
        """``10 working days`` or ``60 natural days``."""
        kind = "working" if self.unit is Unit.WORKING_DAYS else "natural"
        return f"{self.count} {kind} day{'' if self.count == 1 else 's'}"
