"""For whom and what an instrument holds, and how it calls the data and the parties."""

from __future__ import annotations

from typing import Literal

from ground.documents import Declared
from policy.cited import Cited, Silent


class Scope(Declared):
    """How far the instrument reaches."""

    public_utilities: Cited[Literal["included", "must_connect", "by_reference"]] | Silent
    """Companies that supply water, power, gas or transport. ``must_connect``: those of people's livelihood connect to the platform."""
    other_organs: Cited[Literal["by_reference"]] | Silent
    """Organs that the instrument does not name: they follow it by reference (参照执行), or nothing is said of them."""
    sharing: Cited[bool] | Silent
    """Whether it rules sharing between organs, or opening to society only."""


class Vocabulary(Declared):
    """How the instrument calls the data and the parties; doors show these words."""

    data: Cited[str]
    """The data as a whole (公共数据, 政务数据, 公共数据资源)."""
    authority: Cited[str]
    """Who oversees."""
    provider: Cited[str]
    """Who has the data and answers for them."""
    operator: Cited[str] | Silent
    """Who runs the platform."""
    contractor: Cited[str] | Silent
    """Who is hired to clean and check data."""
