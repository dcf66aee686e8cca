"""Changes of published entries: asked for with their cause, and meanwhile the published document stays in force.

Three ways lead to another class of sharing, and each leaves its own trace: a change that is reviewed, a periodic assessment that
ends in one (Chifeng), and a temporary change in an emergency, which the clock undoes on its day (Wuhan 16).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.model import Case
from catalog.cases.person import HUB, Person
from catalog.cases.store import Change
from catalog.entries.codes import reasons_against_codes
from catalog.entries.content import class_of, document_of
from catalog.entries.desk import Verdict
from catalog.entries.files import Shelving
from catalog.entries.held import changed, fields_changed, in_force, next_assessment
from catalog.entries.overriding import lasting_resource, override_over, told_beside_override
from catalog.entries.policies import (
    CHANGE_CAUSES,
    Reason,
    check_can_change,
    check_can_override,
    check_differs,
    check_said,
    reasons_against_submission,
    refuse,
)
from catalog.entries.reading import with_day
from catalog.entries.shelving import EntryShelving
from catalog.entries.states import ENTRY
from catalog.model import Access, Resource
from ground.errors import Conflict, DocumentError, UserError
from policy.clock import legal_date
from policy.sections.sharing import ClassName


class EntryChanging(EntryShelving):
    """Ask for a change, give it up, override for a time, assess again."""

    def request_change(
        self, documents: Sequence[Resource], by: Person, now: datetime, *, cause: str, basis: str = "", note: str = "",
        moving: str = "",
    ) -> list[Case]:  # fmt: skip
        """Ask that published entries say something else; all of them or none.

        A file that was copied while a class for a time holds does not ask for that class: it is a change of the document under it.

        Args:
            documents: the entries as they are to be, each with the id of a published one.
            cause: one of `catalog.entries.policies.CHANGE_CAUSES`.
            basis: the law, regulation or document of functions it rests on.
            note: what else is to be said of it.
            moving: the document of functions on which entries move that go to another department; their cause is
                ``function_changed`` then, whatever that of the others is.

        Raises:
            UserError: no known cause, no basis where one is needed, nothing that changes, fields that lack, the gate bars it; a
                class that is half that of a class for a time and half another.
            DocumentError: the catalogue would not load with it.
        """
        check_can_change(cause, basis)
        rules, today = self.office.rules.on(now), legal_date(now)
        limit = rules.review_limit(now, self.office.calendar)
        plain = {"cause": cause, "basis": basis, "note": note, "procedure": rules.change_procedure()}
        moved = {**plain, "cause": "function_changed", "basis": moving} if moving else plain
        ids = [one.id for one in documents]
        with self.office.database.begin() as connection:
            read = self._read(connection, ids)
            self._check_steps(read, "change_requested", by)
            others = self._under_review(connection, ids)
            taken = self._codes_stated(connection, documents)
        documents = [lasting_resource(case.facts, one) for case, one in zip(read, documents, strict=True)]
        remarks = [told_beside_override(case, one) for case, one in zip(read, documents, strict=True)]
        found, changes = [*taken], []
        for case, document in zip(read, documents, strict=True):
            told = plain if document.department == case.department else moved
            self._check_department(case, document, told["cause"])
            draft = document_of(document)
            fields = fields_changed(case.facts["published"], draft)
            # Who writes a document anew seldom writes the day of its first release into it.
            fields = [one for one in fields if one["field"] != "released"]
            check_differs(case.id, fields)
            unit = self.office.organisation.unit(document.department)
            found += [
                (case.id, one) for one in reasons_against_submission(draft, unit, rules, self.office.norms, today)
            ]
            changes.append((case, draft, {**told, "fields": fields}))
        self._barred(documents, others, now, found)
        # Seconds in a large city, in which others write.
        self.office.shelf.check({case.id: draft for case, draft, _ in changes})
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            self._check_unmoved(read, self._read(connection, ids))
            taken = self._codes_stated(connection, documents)
            verdicts = self._barred(documents, self._under_review(connection, ids), now, taken)
            self._ask(connection, read, verdicts, now)
            after = self._happen(
                connection,
                [
                    Change(
                        case=case, event="change_requested", by=by, now=now, facts=change,
                        sets={
                            "draft": draft, "rules": rules.version, "change": change, "reason": None,
                            "findings": [*remark, *({"zh": one.zh, "en": one.en} for one in verdict.findings)],
                        },
                        limit=limit, ends_limit=limit is None,
                    )
                    for (case, draft, change), verdict, remark in zip(changes, verdicts, remarks, strict=True)
                ],
            )  # fmt: skip
            return self._assessed(connection, after, by, now, note or basis) if cause == "class_reassessed" else after

    def foresee_change(
        self, documents: Sequence[Resource], now: datetime, *, without: Iterable[str] = ()
    ) -> dict[str, list[Reason]]:
        """Do what takes time of `request_change` before somebody locks the database for more than that step.

        The gate and the city's folder are asked again under the lock, and answer from memory where nothing has moved.

        Args:
            without: entries whose changes under way are given up before these are asked for.

        Returns:
            Why a change could not be asked for, by entry; those for which it could are not there.
        """
        ids = [one.id for one in documents]
        rules, today = self.office.rules.on(now), legal_date(now)
        found: dict[str, list[Reason]] = {}
        for one in documents:
            unit = self.office.organisation.unit(one.department)
            lacking = list(reasons_against_submission(document_of(one), unit, rules, self.office.norms, today))
            if lacking:
                found[one.id] = lacking
        with self.office.database.begin() as connection:
            others = self._under_review(connection, {*ids, *without})
            for name, why in self._codes_stated(connection, documents):
                found.setdefault(name, []).append(why)
            known = {one.id: one for one in store.find_many(connection, ENTRY, ids) if one.facts.get("published")}
        documents = [lasting_resource(known[one.id].facts, one) if one.id in known else one for one in documents]
        for one in documents:
            try:
                told_beside_override(known[one.id], one) if one.id in known else None
            except UserError as fault:
                found.setdefault(one.id, []).append((fault.zh, fault.en))
        for one, verdict in zip(documents, self.office.gate_on(now)(documents, others), strict=True):
            if verdict.refusals:
                found.setdefault(one.id, []).extend((said.zh, said.en) for said in verdict.refusals)
        with suppress(DocumentError):  # told by the step itself, after whatever else is wrong
            self.office.shelf.check({one.id: document_of(one) for one in documents})
        return found

    def cancel_change(self, ids: Sequence[str], by: Person, now: datetime, *, reason: str) -> list[Case]:
        """Give up changes that are under way; what is published stays."""
        check_said(reason, "撤回变更须写明理由", "Giving up a change states its reason")
        with self.office.database.writing() as connection:
            cases = self._read(connection, ids)
            self._check_steps(cases, "change_cancelled", by)
            sets: dict[str, Any] = {"draft": None, "change": None, "findings": []}
            return self._happen(
                connection,
                [
                    Change(
                        case=one, event="change_cancelled", by=by, now=now, facts={"reason": reason}, sets=sets,
                        ends_limit=True,
                    )
                    for one in cases
                ],
            )  # fmt: skip

    # --- for a time -----------------------------------------------------------------------------------------------

    def override(
        self, ids: Sequence[str], by: Person, now: datetime, *, to: ClassName, until: date, reason: str
    ) -> list[Case]:
        """Change the class of sharing for a time, in an emergency (Wuhan 16): at once, without a review.

        Args:
            to: the class meanwhile.
            until: the last day; on the next the clock puts the published class back.
            reason: national security, the public interest, or a public event; which.

        Raises:
            UserError: the city has no such rule, or the reason or the day will not do.
        """
        ground = self.office.rules.on(now).check_can_override()

        def plan(cases: list[Case], files: Shelving) -> list[Change]:
            self._check_steps(cases, "overridden", by)
            changes = []
            for case in cases:
                held = _held(case)
                old = class_of(held, "sharing")
                check_can_override(until, reason, old, to, legal_date(now))
                sharing = Access.model_validate(
                    {"class": to, "reason": f"临时性调整至 {until}：{reason}", "legal_basis": ground}
                ).model_dump(mode="json", by_alias=True, exclude_unset=True)
                override = {"sharing": sharing, "until": until.isoformat(), "reason": reason}
                sets = changed(case.facts, override=override)
                files.put(case.id, _document({**case.facts, **sets}), case.facts.get("digest"))
                facts = {"old": old, "new": to, "until": until.isoformat(), "reason": reason, "ground": ground}
                changes.append(Change(case=case, event="overridden", by=by, now=now, facts=facts, sets=sets))
            return changes

        return self._shelved(ids, by, now, plan)

    def end_override(self, ids: Sequence[str], by: Person, now: datetime, *, reason: str) -> list[Case]:
        """Put the published class back: before its day by hand, on its day by the clock (`HUB`).

        Raises:
            UserError: an entry has no temporary class.
        """

        def plan(cases: list[Case], files: Shelving) -> list[Change]:
            self._check_steps(cases, "override_ended", by)
            changes = []
            for case in cases:
                override = case.facts.get("override")
                if override is None:
                    raise UserError(
                        "此条目没有临时性调整。", "This entry has no temporary class of sharing.", where=case.id
                    )
                sets = override_over(case.facts)
                if sets["digest"] != case.facts.get("digest"):
                    files.put(case.id, _document({**case.facts, **sets}), case.facts.get("digest"))
                facts = {"old": override["sharing"]["class"], "new": sets["sharing"], "reason": reason}
                changes.append(Change(case=case, event="override_ended", by=by, now=now, facts=facts, sets=sets))
            return changes

        return self._shelved(ids, by, now, plan)

    def end_overrides(self, today: date, now: datetime) -> list[Case]:
        """What the clock does: every temporary class whose last day is over goes.

        A document that somebody edited and that nobody has noted yet is left for the next time: it is noted first.
        """
        with self.office.database.begin() as connection:
            over = with_day(connection, "override_until", today, inclusive=False)
        known = [one.id for one in over if self.office.shelf.is_known(one.id, *_expected(one))]
        return self.end_override(known, HUB, now, reason="临时性调整期满") if known else []

    # --- assessment -----------------------------------------------------------------------------------------------

    def reassess(
        self, ids: Sequence[str], by: Person, now: datetime, *, reason: str, next_on: date | None = None
    ) -> list[Case]:
        """Note that the class was assessed again and is kept; another class is a change for the cause ``class_reassessed``.

        Args:
            reason: why it stays.
            next_on: the day of the next assessment; None takes the city's rule, which only Chifeng has.
        """
        check_said(reason, "评估须写明结论的理由", "An assessment states the reasons of its outcome")
        with self.office.database.writing() as connection:
            cases = self._read(connection, ids)
            self._check_steps(cases, "reassessed", by)
            return self._assessed(connection, cases, by, now, reason, outcome="kept", next_on=next_on)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _assessed(
        self, connection: Connection, cases: Sequence[Case], by: Person, now: datetime, reason: str, *,
        outcome: str = "changed", next_on: date | None = None,
    ) -> list[Case]:  # fmt: skip
        review_on = next_on.isoformat() if next_on else next_assessment(self.office.rules.on(now), now)
        facts = {"outcome": outcome, "reason": reason, "next": review_on}
        return self._happen(
            connection,
            [
                Change(case=one, event="reassessed", by=by, now=now, facts=facts, sets={"review_on": review_on})
                for one in cases
            ],
        )

    def _codes_stated(self, connection: Connection, documents: Sequence[Resource]) -> list[tuple[str, Reason]]:
        """Why documents cannot have the codes they state: another entry has them."""
        return reasons_against_codes(connection, [(one.id, document_of(one)) for one in documents])

    def _barred(
        self,
        documents: Sequence[Resource],
        others: Sequence[Resource],
        now: datetime,
        found: Iterable[tuple[str, Reason]],
    ) -> Sequence[Verdict]:
        """The verdicts on documents; UserError with what the gate says against them, and what was found before."""
        verdicts = self.office.gate_on(now)(documents, others)
        against = [(d.id, (one.zh, one.en)) for d, v in zip(documents, verdicts, strict=True) for one in v.refusals]
        refuse(
            [*found, *against],
            "以下变更不能提交，未作任何更改",
            "These changes cannot be submitted; nothing was changed",
        )
        return verdicts

    def _check_department(self, case: Case, document: Resource, cause: str) -> None:
        if document.department != case.department and cause != "function_changed":
            zh = CHANGE_CAUSES["function_changed"][0]
            raise Conflict(
                f"条目的提供部门由 {case.department} 改为 {document.department}，事由应为“{zh}”（--because function_changed）。",
                f"The entry moves from {case.department} to {document.department}: that is a change of functions "
                "(--because function_changed).",
                where=case.id,
            )
        self.office.organisation.unit(document.department)


def _expected(case: Case) -> tuple[str | None, str | None]:
    """Digests of the document of an entry under a temporary class, with it and without."""
    return case.facts.get("digest"), override_over(case.facts)["digest"]


def _held(case: Case) -> dict[str, Any]:
    return dict(_document(case.facts))


def _document(facts: Any) -> dict[str, Any]:
    held = in_force(facts)
    assert held is not None  # noqa: S101 - the states of these steps have a document in force
    return dict(held)
