"""Steps that write documents: what is slow before the lock, what decides under it, and the two streams after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.model import Case, Facts
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.entries.desk import EntryDesk, attribute_changes
from catalog.entries.files import Shelving

Plan = Callable[[list[Case], Shelving], Sequence[Change]]
"""(cases, files) -> what is to happen, the files put into place or away; raises where it may not be."""


def nothing(connection: Connection) -> None:
    """Nothing else happens."""


class EntryShelving(EntryDesk):
    """Base of the steps by which a document comes into force or goes out of it."""

    def _shelved(
        self,
        ids: Sequence[str],
        by: Person,
        now: datetime,
        plan: Plan,
        *,
        streams: bool = True,
        beside: Callable[[Connection], object] = nothing,
    ) -> list[Case]:
        """Carry out a step that writes documents; all of it or nothing.

        The plan is made and the city as it will be is read before the database is locked, because that takes seconds in a
        large city and others write meanwhile; under the lock nothing of it may have moved.

        Args:
            plan: what is to happen.
            streams: whether events of the two streams follow where the document in force says another thing.
            beside: what else happens in the transaction.

        Raises:
            Conflict: an entry or a document moved on meanwhile.
        """
        with self.office.shelf.changing(self.office.database) as files:
            with self.office.database.begin() as connection:
                cases = self._read(connection, ids)
            changes = plan(cases, files)
            files.prepare(changes)
            with self.office.database.writing() as connection:
                store.take_turn(connection)
                self._check_unmoved(cases, self._read(connection, ids))
                beside(connection)
                files.write()
                after = self._happen(connection, changes)
                return follow(connection, self, [one.facts for one in cases], after, by, now) if streams else after


def follow(
    connection: Connection,
    desk: EntryDesk,
    before: Sequence[Facts | None],
    after: list[Case],
    by: Person,
    now: datetime,
) -> list[Case]:
    """Write ``sharing_changed`` and ``opening_changed`` where a step changed the document in force; the cases after it.

    The two streams: sharing and opening change apart (Wuhan 3), each with an event of its own.
    """
    for attribute in ("sharing", "opening"):
        moved = {one.id: one for one in desk._happen(connection, attribute_changes(before, after, by, now, attribute))}
        after = [moved.get(one.id, one) for one in after]
    return after
