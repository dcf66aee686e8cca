"""Entries as the city's authority takes them in from a district: drafted and changed by whoever receives, for that district alone.

Who compiles a part of the catalogue drafts it (Wuhan 10), so that nobody else may, the city's authority neither. What a district
sent its own authority has compiled: taking it in is the step of whoever receives, and this is the one place where it exists. A file
is received by the city's authority; by the interface the district's own platform brings it, and the city's check is still to come.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.entries.content import digest_of, meaning_of
from catalog.entries.desk import EntryOffice
from catalog.entries.service import EntryService
from catalog.entries.states import ENTRY
from catalog.interchange.held_back import HeldBack
from catalog.interchange.receipts import check_may_receive, check_may_send
from catalog.model import Resource
from catalog.organisation import Organisation

TAKEN_IN = frozenset({"drafted", "redrafted", "change_requested", "change_cancelled"})
"""The steps of an entry that receiving a package takes."""


class ReceivedEntries(EntryService):
    """The use cases of entries for whoever receives a district's package.

    Args:
        office: what the steps work with.
        area: ids of the units whose catalogue the district compiles (`catalog.organisation.Organisation.district_area`).
        sender: the district that hands its catalogue up by itself; None where the city's authority takes in a file.
    """

    def __init__(self, office: EntryOffice, area: Collection[str], *, sender: str | None = None) -> None:
        super().__init__(office)
        self._area = frozenset(area)
        self._sender = sender

    def hold_back(
        self, connection: Connection, held: Sequence[HeldBack], said: Mapping[str, Resource], by: Person, now: datetime,
        *, package: str,
    ) -> None:  # fmt: skip
        """Note in the trail of each entry that something newer waits, once for the same content and reason.

        Args:
            connection: the transaction.
            held: what waits.
            said: by id, what the package says of it.
            by: who takes the package in.
            now: when, aware.
            package: its name.
        """
        cases = {one.id: one for one in store.find_many(connection, ENTRY, {one.entry for one in held})}
        changes = []
        for one in held:
            case = cases[one.entry]
            digest = digest_of(meaning_of(said[one.entry]))
            kept = {"digest": digest, "code": one.code, "version": case.facts.get("version")}
            if case.facts.get("held_back") == kept:
                continue
            facts = {"package": package, "code": one.code, "reason": one.zh, "reason_en": one.en}
            changes.append(Change(case=case, event="held_back", by=by, now=now, facts=facts, sets={"held_back": kept}))
        self._happen(connection, changes)

    def _check_may(self, person: Person, event: str, department: str) -> None:
        if event in TAKEN_IN and department in self._area:
            check_may_take_in(person, self._sender, self.office.organisation)
        else:
            super()._check_may(person, event, department)


def check_may_take_in(person: Person, sender: str | None, organisation: Organisation) -> None:
    """Who brings a package in: the city's authority a file, a district its own by the interface; Forbidden otherwise."""
    if sender is None:
        check_may_receive(person, organisation)
    else:
        check_may_send(person, sender, organisation)
