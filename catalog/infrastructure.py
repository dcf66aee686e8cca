"""What the instruments say of networks, clouds, platforms and their norms: where systems may stand, by what they exchange.

Sources: Wuhan 6 and 7, Longyan 7, Haishu 6 to 8 and 30. These are duties of systems, not parameters of a case, and stand beside the
profiles as data (``infrastructure.yaml``); a city that is not listed says nothing of them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from ground.documents import Declared, read_document
from policy.cited import SILENT, Cited, Silent


class Infrastructure(Declared):
    """One city's rules of infrastructure."""

    unified_hosting: Cited[Literal["migrate", "none_built_and_migrate"]] | Silent = SILENT
    """Whether systems move to the unified cloud; and whether rooms and servers of one's own may still be built."""
    hosting_of_enterprises: Cited[Literal["included"]] | Silent = SILENT
    """Whether that holds for public enterprises too."""
    exchange_by_platform: Cited[Literal["only"]] | Silent = SILENT
    """Whether departments exchange through the platform alone."""
    district_platform: Cited[Literal["docked", "built_on_the_city_platform"]] | Silent = SILENT
    """How a district's platform stands to the city's."""
    extranet: Cited[Literal["required"]] | Silent = SILENT
    """Whether systems stand in the government extranet (电子政务外网)."""
    technical_norms: Cited[Literal["with_market_regulator"]] | Silent = SILENT
    """Whether the authority has technical norms written in each of `catalog.norms.NormDomain`, and with whom."""


class _Cities(Declared):
    cities: dict[str, Infrastructure] = Field(min_length=1)


@cache
def infrastructure_of(city: str) -> Infrastructure:
    """The rules of infrastructure of the city whose profile has this id; silent where none are listed."""
    path = Path(__file__).with_name("infrastructure.yaml")
    return read_document(path, _Cities, name="catalog/infrastructure.yaml").cities.get(city, Infrastructure())
