"""The open list (开放清单): compiled from published entries, heard on, reviewed, published; and updated the same way.

It is the list of what is open, not the opening of data. Sources: Lianyungang 11, 12; Longyan 16; Haishu 22.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.model import Case
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.departments import DepartmentKind
from catalog.entries.policies import check_said, refuse
from catalog.entries.states import ENTRY
from catalog.lists import consultation
from catalog.lists.desk import ListDesk, check_heard, check_listed
from catalog.lists.lines import Chosen, Line, line_of, published_resource, reasons_against_line
from catalog.lists.rules import ListRules
from catalog.lists.states import COMPILING, CONSULTED, OPEN_LIST, REVIEWED, SUBMITTED
from ground.errors import Conflict, UserError
from policy.clock import legal_date

_BARRED = ("以下条目不能列入开放清单，未作任何更改", "These entries cannot be listed as open; nothing was changed")


class OpenLists(ListDesk):
    """Everything that can be done with open lists."""

    machine = OPEN_LIST
    prefix = "OL"

    def needs(self, rules: ListRules) -> frozenset[str]:
        """Who must be heard before it is published."""
        return rules.open_list_consults

    def open(self, department: str, title: str, by: Person, now: datetime) -> Case:
        """Begin a list: of a provider, or of an authority, as the city says.

        Raises:
            UserError: the city knows no open list, or another than this unit compiles it.
        """
        rules = ListRules.of(self.office.rules.on(now))
        owner, unit = rules.open_list_owner(), self.office.organisation.unit(department)
        ground = rules.ground(rules.profile.catalogue.open_list_owner)
        if (owner == "authority") != (unit.kind is DepartmentKind.AUTHORITY):
            who = (
                ("数据主管部门", "the data authority") if owner == "authority" else ("各数据提供单位", "each provider")
            )
            raise UserError(
                f"开放清单由{who[0]}编制（{ground}），{unit.name}（{department}）不能建立。",
                f"The open list is compiled by {who[1]} ({ground}); {department} cannot begin one.",
                where=department,
            )
        facts: dict[str, Any] = {"owner": owner, "ground": ground, "priority": rules.open_list_priority}
        return self._open(department, title, by, now, rules, facts)

    def compile(self, name: str, chosen: Sequence[Chosen], by: Person, now: datetime) -> Case:
        """Put down what the list holds, in place of what it held; after a consultation as an amendment.

        Raises:
            UserError: entries that cannot be listed, each with its reasons.
        """
        with self.office.database.writing() as connection:
            case = store.get(connection, self.machine, name)
            event = "amended" if (case.state, "amended") in self.machine.next else "compiled"
            lines = self._lines(connection, case, chosen)
            return self._stepped(connection, name, event, by, lambda one: _compiled(one, event, lines, by, now))

    def openable(self, name: str) -> list[Chosen]:
        """Every entry that may be listed in this list: published, of its owner, and of a class that is opened."""
        with self.office.database.begin() as connection:
            case = store.get(connection, self.machine, name)
            rules = self._rules(case)
            entries = store.listed(connection, kind=ENTRY.kind, departments=self._departments(case))
        return [
            Chosen(one.id)
            for one in entries
            if not list(reasons_against_line(Chosen(one.id), one, rules.line_fields()))
        ]

    def public(self) -> list[Case]:
        """The lists that anybody may see: published, in a city whose rules make the list public."""
        return [one for one in self.listed() if one.facts.get("published") and self._rules(one).open_list_public]

    def comment(self, name: str, by: Person, now: datetime, *, author: str, text: str) -> Case:
        """Keep a comment of the public (Haishu 22).

        Args:
            author: as the person calls himself; may be empty.
        """

        def change(case: Case) -> Change:
            held = consultation.with_comment(case.facts["consultation"], author, text, legal_date(now))
            facts = {"number": len(held["public"]["comments"]), "author": author, "text": text}
            return Change(case=case, event="comment_received", by=by, now=now, facts=facts, sets={"consultation": held})

        return self._step(name, "comment_received", by, change)

    def reply(self, name: str, number: int, by: Person, now: datetime, *, taken: bool, text: str) -> Case:
        """Answer a comment: whether it is taken, and why."""

        def change(case: Case) -> Change:
            held = consultation.with_reply(case.facts["consultation"], number, text, taken=taken)
            facts = {"number": number, "taken": taken, "text": text}
            return Change(case=case, event="comment_answered", by=by, now=now, facts=facts, sets={"consultation": held})

        return self._step(name, "comment_answered", by, change)

    def submit(self, name: str, by: Person, now: datetime) -> Case:
        """Put it to review.

        Raises:
            UserError: the city's rules ask for a consultation first, or lines no longer hold.
        """
        with self.office.database.writing() as connection:
            lines = self._still(connection, store.get(connection, self.machine, name))

            def change(case: Case) -> Change:
                check_heard(case, self.needs(self._rules(case)))
                return Change(
                    case=case, event="submitted", by=by, now=now, facts={"lines": len(lines)},
                    sets={"lines": lines, "opinion": None},
                )  # fmt: skip

            return self._stepped(connection, name, "submitted", by, change)

    def opine(self, name: str, by: Person, now: datetime, *, opinion: str) -> Case:
        """The operator's opinion in a review that it takes part in (Lianyungang 12)."""
        check_said(opinion, "请写明意见", "State the opinion")
        return self._plain(name, "opinion_given", by, now, {"opinion": opinion}, opinion=opinion)

    def return_(self, name: str, by: Person, now: datetime, *, reason: str) -> Case:
        """Send it back to its owner."""
        check_said(reason, "退回须写明原因", "Returning states why")
        return self._plain(name, "returned", by, now, {"reason": reason})

    def review(self, name: str, by: Person, now: datetime, *, note: str = "") -> Case:
        """Pass it (Lianyungang 12).

        Raises:
            Conflict: the operator reviews too and has not said anything yet.
        """

        def change(case: Case) -> Change:
            if self._rules(case).operator_reviews and not case.facts.get("opinion"):
                raise Conflict(
                    "开放清单由主管部门会同运维机构、提供单位审查（连云港第12条），运维机构尚未提出意见。",
                    "Authority, operator and provider review the list together (Lianyungang 12); the operator has not given "
                    "its opinion.",
                    where=case.id,
                )
            return Change(case=case, event="reviewed", by=by, now=now, facts={"note": note} if note else {})

        return self._step(name, "reviewed", by, change)

    def publish(self, name: str, by: Person, now: datetime) -> Case:
        """Publish it, or its update.

        Raises:
            UserError: it was not heard on or not reviewed where the city asks for it, or lines no longer hold.
        """
        with self.office.database.writing() as connection:
            lines = self._still(connection, store.get(connection, self.machine, name))

            def change(case: Case) -> Change:
                rules = self._rules(case)
                check_heard(case, self.needs(rules))
                if rules.open_list_reviewed and case.state != REVIEWED:
                    ground = rules.ground(rules.profile.catalogue.open_list_review)
                    check_said(
                        "",
                        f"开放清单公布、更新前须经审查（{ground}），请先提交审查（submit）",
                        f"The open list is reviewed before it is published or updated ({ground}): submit it first",
                    )
                version = int(case.facts.get("version") or 0) + 1
                facts = {"version": version, **_compared(case.facts.get("published") or [], lines)}
                return Change(
                    case=case, event="published", by=by, now=now, facts=facts,
                    sets={"lines": lines, "published": lines, "version": version},
                )  # fmt: skip

            return self._stepped(connection, name, "published", by, change)

    def revise(self, name: str, by: Person, now: datetime, *, reason: str) -> Case:
        """Take a published list up for an update; what is published stays until the update is."""
        check_said(reason, "更新须写明理由", "An update states its reason")
        return self._plain(name, "revised", by, now, {"reason": reason}, consultation=None, opinion=None)

    def withdraw(self, name: str, by: Person, now: datetime, *, reason: str) -> Case:
        """Take it down."""
        check_said(reason, "撤下须写明理由", "Taking down states its reason")
        return self._plain(name, "withdrawn", by, now, {"reason": reason}, published=None)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _onward(self, case: Case) -> str | None:
        if case.state in (COMPILING, CONSULTED) and self._rules(case).open_list_reviewed:
            return "submitted"
        after = {COMPILING: "published", CONSULTED: "published", SUBMITTED: "reviewed", REVIEWED: "published"}
        return after.get(case.state)

    def _departments(self, case: Case) -> frozenset[str]:
        """Whose entries stand in this list: of an authority those it governs, of a provider its own part of the catalogue."""
        organisation = self.office.organisation
        if organisation.unit(case.department).kind is DepartmentKind.AUTHORITY:
            return organisation.governed_by(case.department)
        below = organisation.below(case.department)
        return frozenset(one for one in below if organisation.catalogue_owner(one).id == case.department)

    def _lines(self, connection: Connection, case: Case, chosen: Sequence[Chosen]) -> list[dict[str, Any]]:
        """The lines as the entries give them now; UserError with every reason against every one."""
        entries, fields = self._entries(connection, (one.entry for one in chosen)), self._rules(case).line_fields()
        names = [one.entry for one in chosen]
        found = [
            (one.entry, reason)
            for one in chosen
            for reason in reasons_against_line(one, entries.get(one.entry), fields)
        ]
        within = self._departments(case)
        found += [
            (name, ("不属于本清单的编制单位", "it does not belong to whoever compiles this list"))
            for name, one in entries.items()
            if one.department not in within
        ]
        found += [
            (name, ("列入多次", "listed more than once")) for name in sorted({n for n in names if names.count(n) > 1})
        ]
        refuse(found, *_BARRED)
        lines = []
        for one in chosen:
            resource = published_resource(entries[one.entry])
            if resource is not None:
                lines.append(line_of(one, resource).as_json())
        return lines

    def _still(self, connection: Connection, case: Case) -> list[dict[str, Any]]:
        """The lines taken anew from the entries: what the list says is what the catalogue says on this day."""
        held = case.facts.get("lines") or []
        check_listed(held, case.id)
        return self._lines(connection, case, [Line.read(one).chosen for one in held])


def _compiled(case: Case, event: str, lines: list[dict[str, Any]], by: Person, now: datetime) -> Change:
    facts = _compared(case.facts.get("lines") or [], lines)
    return Change(case=case, event=event, by=by, now=now, facts=facts, sets={"lines": lines})


def _compared(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Which entries came, went, or say something else."""
    before, after = {one["entry"]: one for one in old}, {one["entry"]: one for one in new}
    return {
        "added": sorted(set(after) - set(before)),
        "removed": sorted(set(before) - set(after)),
        "changed": sorted(name for name in set(before) & set(after) if before[name] != after[name]),
    }
