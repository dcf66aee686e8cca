"""The stages of a build, each as it is told to whoever watches: cleared, built, discovered, published, followed up."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.discovery import Discovery
from pipelines.fusion.service import Built
from pipelines.places.service import Located
from pipelines.themes.service import Derived
from warehouse.publication import Publication


@dataclass(frozen=True)
class Cleared:
    """What an unfinished run had left: derived tables put back, files removed that no snapshot knew."""

    restored: list[str]
    orphans: int


@dataclass(frozen=True)
class Published:
    """What readers see now, and whether this build moved the pointer."""

    publication: Publication | None
    moved: bool


@dataclass(frozen=True)
class Followed:
    """Tickets opened and closed by what was published, now or by an interrupted build before."""

    opened: list[str]
    closed: list[str]


@dataclass(frozen=True)
class Themes:
    """The theme libraries that were built, or that wait for what they read."""

    built: list[Derived]


Stage = Cleared | Built | Located | Themes | Discovery | Published | Followed
"""In this order and each once; `Built` once per library that anybody delivered to, `Located` per library whose addresses were
matched."""
