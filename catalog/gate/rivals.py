"""Who else claims to be the source of one fact, found without holding everybody against everybody.

A fact that every entry of a department lists (a name, a telephone) has thousands of members; only those of other departments
compete, and of them the first in rank is asked for. Members stand in rank order by department and area, so that a question
looks at the head of each of these few lists.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable

from catalog.model import Item, Resource

Member = tuple[Resource, Item]
Rank = tuple[int, bool, str, str]
Place = tuple[str, str | None]
"""Department and area (`catalog.model.Resource.scope`)."""


class Rivals:
    """Those that claim one fact.

    Args:
        rank: who is the source before whom.
        claims: whether a member claims to be the source at all.
        related: whether the register relates two members, so that they do not compete.
    """

    def __init__(
        self,
        rank: Callable[[Member], Rank],
        claims: Callable[[Member], bool],
        related: Callable[[Member, Member], bool],
    ) -> None:
        self._rank, self._claims, self._related = rank, claims, related
        self._lists: dict[Place, list[tuple[Rank, int, Member]]] = {}
        self.seen = 0

    def take(self, members: Iterable[Member]) -> None:
        """Add members; those that claim nothing are counted and left out."""
        for one in members:
            self.seen += 1
            if self._claims(one):
                place = (one[0].department, one[0].scope)
                insort(self._lists.setdefault(place, []), (self._rank(one), self.seen, one))

    def ranked(self) -> list[Member]:
        """All of them, in rank."""
        return [one for _, _, one in sorted(each for several in self._lists.values() for each in several)]

    def first(self, mine: Member) -> Member | None:
        """The first in rank that competes with ``mine``; None if none does.

        Copies within a department are its own affair, and two districts each collect of their own people.
        """
        heads = (
            next((each for each in several if each[2][0].id != mine[0].id and not self._related(each[2], mine)), None)
            for (department, scope), several in self._lists.items()
            if department != mine[0].department and (scope is None or mine[0].scope is None or scope == mine[0].scope)
        )
        found = min((one for one in heads if one is not None), default=None)
        return found[2] if found is not None else None
