"""Kinds of checks that read a base library: what it held before, and which places its addresses are.

Rules see what every source said together only through a library: its table, its ``_history`` and its ``_place``, named as a
rule names a resource (`quality.library_tables`). Where a library is not built yet such a rule is not assessable.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from catalog.model import Identifier
from ground.documents import Declared
from quality.check_kinds import CheckKind
from quality.library_tables import HISTORY, PLACE, PLACE_ITEMS


class Steady(CheckKind):
    """The value has not flipped: it is not what it was before another value that lasted at most ``within_days`` days.

    Two systems that overwrite each other, or a clerk who puts back what was corrected. A to B and back to A is looked for
    in the versions of the library; a value that was missing for a while has not flipped, and A, B, C, A is a history of
    its own. It stays found until the value changes or its department confirms it: nobody else can know which is right.
    """

    kind: Literal["steady"]
    key: Identifier
    """The item of this resource that is the library's key."""
    library: Identifier
    library_key: Identifier | None = None
    """What the library calls its key; the same name if not given."""
    library_item: Identifier
    """The item of the library that holds this value."""
    within_days: int = Field(ge=1, le=3660)
    across_rows: ClassVar[bool] = True

    def own_items(self) -> set[str]:
        """The key."""
        return {self.key}

    def other_items(self) -> dict[str, set[str]]:
        """The library as it stands, and its versions before."""
        read = {self.library_key or self.key, self.library_item}
        return {self.library: read, f"{self.library}{HISTORY}": read | {"recorded_from", "recorded_to"}}


class NewerIn(Declared):
    """Where and when another source stated its address: only where it is newer does it speak against this one."""

    resource: Identifier
    key: Identifier | None = None
    """Its item that is the library's key; the same name if not given."""
    date: Identifier


class SamePlace(CheckKind):
    """The address is the place that a newer source names: two ways of writing one door agree, two doors do not.

    ``library_item`` is the library's item of this very address, ``other_item`` that of the other source; both are located
    (`base.<library>_place`). Broken where ``newer_in`` has a date after ``observed`` and the two places differ: in their
    doors where both have one, else in their streets, else in their districts. Passes where the library serves another
    address than this row's, since then another row speaks.
    """

    kind: Literal["same_place"]
    key: Identifier
    """The item of this resource that is the library's key."""
    observed: Identifier
    """The item of this row that says when it was looked at."""
    library: Identifier
    library_key: Identifier | None = None
    library_item: Identifier
    other_item: Identifier
    newer_in: NewerIn
    across_rows: ClassVar[bool] = True

    def own_items(self) -> set[str]:
        """The key and the date."""
        return {self.key, self.observed}

    def other_items(self) -> dict[str, set[str]]:
        """The library and its places, and the resource with the newer date."""
        key = self.library_key or self.key
        return {
            self.library: {key, self.library_item},
            f"{self.library}{PLACE}": {key, *PLACE_ITEMS},
            self.newer_in.resource: {self.newer_in.key or self.key, self.newer_in.date},
        }
