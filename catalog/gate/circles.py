"""Circles of corroboration: items of which each names another as its source, so that none of them is one.

Every number has one source (Wuhan 12, Haishu 12, Longyan 9): whatever is held to compare leads, item by item, to one that is
collected. Two departments that name each other, or several that name one another in turn, have a fact that nobody answers for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catalog.gate.claims import Place


def circle_from(start: Place, sources: Callable[[Place], Sequence[Place]]) -> tuple[Place, ...]:
    """The circle in which an item ends; empty where a way from it leads to an item that is the source.

    Args:
        start: the item.
        sources: what an item is held beside; empty for one that is a source itself, or that leads nowhere for another reason.

    Returns:
        The items of the circle in their order, beginning with ``start`` where it is one of them.
    """
    waiting, seen = [start], {start}
    while waiting:
        found = sources(waiting.pop())
        if not found:
            return ()
        fresh = [one for one in found if one not in seen]
        seen.update(fresh)
        waiting += fresh
    way = [start]
    while (after := sources(way[-1])[0]) not in way:
        way.append(after)
    return tuple(way[way.index(after) :])
