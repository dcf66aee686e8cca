"""What a rule may call a base library, its history and its places, and which columns each of them has.

A rule names them as it names a resource: ``population``, ``population_history``, ``population_place``.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalog.register import Library

HISTORY, PLACE = "_history", "_place"
PLACE_ITEMS = ("item", "address_id", "street_code", "division")
"""What rules read of a table of places beside its key (`pipelines.places.match.PLACE_COLUMNS` has more)."""
VERSION_ITEMS = ("recorded_from", "recorded_to", "change")


def library_items(libraries: Mapping[str, Library]) -> dict[str, set[str]]:
    """Name -> columns that a rule may name, for every library, its history and, where it has addresses, its places."""
    found: dict[str, set[str]] = {}
    for name, library in libraries.items():
        own = {library.key, *library.items}
        found[name] = own
        found[f"{name}{HISTORY}"] = own | set(VERSION_ITEMS)
        if library.located:
            found[f"{name}{PLACE}"] = {library.key, *PLACE_ITEMS, "building_id", "grade"}
    return found
