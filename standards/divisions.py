"""Administrative divisions (GB/T 2260) with the dates between which each code was in force.

Held here: the demonstration city and its districts. A code that was abolished stays right in old records, so that
membership is asked for a day, or for all time.
"""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Annotated

import ibis.expr.types as ir
from pydantic import Field, StringConstraints

from ground.documents import Declared, read_document

DivisionCode = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5}$")]


class Division(Declared):
    """One code: its title, the division above it, and its first and last day (None: open)."""

    code: DivisionCode
    title: str = Field(min_length=1)
    parent: DivisionCode | None = None
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None

    def in_force(self, on: datetime.date | None) -> bool:
        """Whether the code was in force on a day; None asks for any day."""
        if on is None:
            return True
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


class Divisions(Declared):
    """The document ``divisions.yaml``."""

    divisions: list[Division] = Field(min_length=1)


def divisions() -> list[Division]:
    """All divisions, in order of code."""
    return sorted(_document().divisions, key=lambda one: one.code)


def titles(on: datetime.date | None = None) -> dict[str, str]:
    """Code and title of every division in force on a day (None: that ever was)."""
    return {one.code: one.title for one in divisions() if one.in_force(on)}


def is_known(code: str, on: datetime.date | None = None) -> bool:
    """Whether a code is a division, on a day or ever."""
    return code in titles(on)


def known(col: ir.StringValue, on: datetime.date | None = None) -> ir.BooleanValue:
    """Set-based `is_known`; null for null."""
    return col.isin(list(titles(on)))


@cache
def _document() -> Divisions:
    return read_document(Path(__file__).with_name("divisions.yaml"), Divisions, name="standards/divisions.yaml")
