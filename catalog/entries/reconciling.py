"""Documents and cases brought together when the catalogue is loaded: what was done by hand becomes an event.

A city is read without a lock, and other processes publish and withdraw meanwhile. What it says of an entry that has a case
counts only where the file still says so under the lock; what has moved on is seen at the next load.

The documents are the truth that intake and fusion read, and stay the engineer's hand. So nothing is undone here: a document
without a case becomes a case, one that differs from what was published is noted with its fields and stays marked until the
authority has looked at it, one that is gone is noted. A publication that was killed between the file and the commit is
completed. A load without change reads one line of every entry and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from catalog.cases import store
from catalog.cases.model import Case
from catalog.cases.person import HUB
from catalog.cases.store import Change
from catalog.city import City
from catalog.entries.content import Document, digest_of, document_of, meaning_of
from catalog.entries.desk import EntryDesk
from catalog.entries.held import changed, digest_in_force, fields_changed, in_force, published_sets
from catalog.entries.lying import UNREADABLE, lying
from catalog.entries.overriding import override_over
from catalog.entries.publishing import publication, restoration, withdrawal
from catalog.entries.reading import EntryReading, Standing
from catalog.entries.shelving import follow
from catalog.entries.states import CHANGE_REVIEWED, ENTRY, IN_FORCE, REVIEWED, WITHDRAWAL_REQUESTED
from catalog.model import Resource
from ground.documents import read_document


@dataclass
class Reconciled:
    """What a load found: ids of entries by what happened to them.

    Attributes:
        declared: had no case, and the home no entry yet: it is being set up.
        added: had no case in a home that has entries.
        redeclared: their documents were changed by hand.
        undeclared: their documents are gone.
        completed: a step that was killed between file and commit was brought to its end.
        sets_up: whether the home had no entry before.
    """

    declared: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    redeclared: list[str] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    sets_up: bool = False

    def __bool__(self) -> bool:
        return bool(self.declared or self.added or self.redeclared or self.undeclared or self.completed)


class EntryReconciling(EntryDesk):
    """Brings documents and cases together."""

    def reconcile(self, city: City, now: datetime) -> Reconciled:
        """Note what the documents of a city say that no case says; nothing happens where both agree.

        Args:
            city: the catalogue as it was loaded.
            now: when, aware.
        """
        digests = {one["id"]: digest_of(one) for one in city.content["resources"]}
        known = self._known()
        seen = {name: lying(self.office.shelf.directory, name) for name in self._apart(digests, known) if name in known}
        if not seen and all(name in known for name in digests):
            return Reconciled()
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            known = self._known()
            apart = self._apart(digests, known)  # somebody may have brought them together meanwhile
            done = Reconciled(sets_up=not known)
            cases = {one.id: one for one in store.find_many(connection, ENTRY, apart)}
            # Of what has no case nothing was published: there the folder as it was read is all there is.
            apart = {
                name for name in apart
                if name not in cases or (name in seen and seen[name].is_still() and seen[name].digest == digests.get(name))
            }  # fmt: skip
            resources = {one.id: one for one in city.resources if one.id in apart}
            changes = [
                change
                for name in sorted(apart)
                if (change := self._change(name, resources.get(name), digests.get(name), cases.get(name), now, done))
            ]
            before = [one.case.facts if one.case is not None else None for one in changes]
            follow(connection, self, before, self._happen(connection, changes), HUB, now)
        return done

    def note_spoilt(self, ids: Sequence[str], now: datetime) -> None:
        """Note what was done by hand to the documents of these entries, in a home that does not load for it.

        What is no document any more counts as removed; one that says something else is noted with its fields, and the entry
        stays with its department, since the one that the document names may be none.
        """
        directory = self.office.shelf.directory
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            changes = []
            for case in self._read(connection, ids):
                digest = lying(directory, case.id).digest
                if digest == case.facts.get("digest"):
                    continue
                if digest in (None, UNREADABLE):
                    if "undeclared" in _possible(case):
                        changes.append(self._undeclared(case, now))
                elif "redeclared" in _possible(case):
                    resource = read_document(directory / "resources" / f"{case.id}.yaml", Resource)
                    change = self._redeclared(case, resource, digest_of(meaning_of(resource)), now)
                    changes.append(replace(change, department=case.department))
            before = [one.case.facts if one.case is not None else None for one in changes]
            follow(connection, self, before, self._happen(connection, changes), HUB, now)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _known(self) -> dict[str, Standing]:
        return {one.id: one for one in EntryReading(self.office.database).standings()}

    def _apart(self, digests: Mapping[str, str], known: Mapping[str, Standing]) -> set[str]:
        """Entries on which documents and cases do not say the same."""
        found = {name for name, digest in digests.items() if name not in known or known[name].digest != digest}
        return found | {one.id for one in known.values() if one.state in IN_FORCE and one.id not in digests}

    def _change(
        self,
        name: str,
        resource: Resource | None,
        digest: str | None,
        case: Case | None,
        now: datetime,
        done: Reconciled,
    ) -> Change | None:
        if resource is None or digest is None:
            return self._gone(case, now, done) if case is not None else None
        if case is None:
            (done.declared if done.sets_up else done.added).append(name)
            return self._declared(resource, now) if done.sets_up else self._added(resource, digest, now)
        completed = self._completed(case, document_of(resource), digest, now)
        if completed is not None:
            done.completed.append(name)
            return completed
        done.redeclared.append(name)
        return self._redeclared(case, resource, digest, now)

    def _declared(self, resource: Resource, now: datetime) -> Change:
        rules, document = self.office.rules.on(now), document_of(resource)
        sets = {**published_sets({}, document, rules, now), "rules": rules.version, "by_documents": True}
        facts = {"digest": sets["digest"], "sharing": sets["sharing"], "opening": sets["opening"]}
        return Change(
            case=None, event="declared", by=HUB, now=now, id=resource.id, title=resource.title,
            department=resource.department, profile=rules.version, facts=facts, sets=sets,
        )  # fmt: skip

    def _added(self, resource: Resource, digest: str, now: datetime) -> Change:
        """Put into the folder of a home that has entries: it is read as it stands, and waits for the authority unreviewed."""
        rules, document = self.office.rules.on(now), document_of(resource)
        sets = {**changed({}, declared=document), "rules": rules.version, "by_documents": True}
        return Change(
            case=None, event="added", by=HUB, now=now, id=resource.id, title=resource.title,
            department=resource.department, profile=rules.version, sets=sets,
            facts={"digest": digest, "sharing": sets["sharing"], "opening": sets["opening"]},
            limit=rules.review_limit(now, self.office.calendar),
        )  # fmt: skip

    def _redeclared(self, case: Case, resource: Resource, digest: str, now: datetime) -> Change:
        """Changed by hand: it is in force as it stands, and the authority's time to look at it begins."""
        rules, document, old = self.office.rules.on(now), document_of(resource), in_force(case.facts)
        limit = rules.review_limit(now, self.office.calendar)
        facts = {
            "old_digest": case.facts.get("digest"), "new_digest": digest, "fields": fields_changed(old, document),
            "while": case.state,
        }  # fmt: skip
        sets = changed(case.facts, declared=document)
        return Change(
            case=case, event="redeclared", by=HUB, now=now, facts=facts, sets={**sets, "rules": rules.version},
            title=resource.title, department=resource.department, limit=limit, ends_limit=limit is None,
        )  # fmt: skip

    def _completed(self, case: Case, document: Document, digest: str, now: datetime) -> Change | None:
        """The step that was killed after its file was written, if the document is what that step would have left."""
        if case.state in (REVIEWED, CHANGE_REVIEWED):
            written = {**case.facts["draft"], **({"released": document["released"]} if "released" in document else {})}
            change = publication(case, written, self._rules_of(case), HUB, now, completed=True)
            held = in_force({**case.facts, **change.sets})
            if held is not None and digest_in_force(held) == digest:
                return change
        published, override = case.facts.get("published"), case.facts.get("override")
        if published is None or digest_in_force(published) != digest:
            return None
        if case.facts.get("declared") is not None or ("restored" in _possible(case)):
            sets = changed(case.facts, declared=None)
            return restoration(case, published, sets, HUB, now, "文件与已发布的条目一致")
        if override is not None:
            sets = override_over(case.facts)
            facts = {"old": override["sharing"]["class"], "new": sets["sharing"], "reason": "文件已恢复为已发布的条目"}
            return Change(case=case, event="override_ended", by=HUB, now=now, facts=facts, sets=sets)
        return None

    def _gone(self, case: Case, now: datetime, done: Reconciled) -> Change:
        if case.state == WITHDRAWAL_REQUESTED and self.office.shelf.withdrawn(case.id):
            done.completed.append(case.id)
            return withdrawal(case, HUB, now, "", completed=True)
        done.undeclared.append(case.id)
        return self._undeclared(case, now)

    def _undeclared(self, case: Case, now: datetime) -> Change:
        """Removed by hand: nothing of it is in force, and the authority's time to look at it begins."""
        limit = self.office.rules.on(now).review_limit(now, self.office.calendar)
        facts = {"old_digest": case.facts.get("digest"), "while": case.state}
        sets = {"digest": None, "term": None, "declared": None, "override": None, "override_until": None}
        return Change(
            case=case,
            event="undeclared",
            by=HUB,
            now=now,
            facts=facts,
            sets=sets,
            limit=limit,
            ends_limit=limit is None,
        )


def _possible(case: Case) -> Iterable[str]:
    return {one.event for one in ENTRY.possible(case.state)}
