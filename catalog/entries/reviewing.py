"""Reviews of entries and of their changes: by the authority, by the government where the class asks for it, by the city.

One review has up to three stations. The authority into whose catalogue the entry goes looks first (Wuhan 10; 11 for a
change). A class that is not shared then waits for the government of the same level, and its document has a number
(Wuhan 16). What a district reviewed waits for the city, which checks and merges (Wuhan 10). Which stations there are follows
from the city's rules; a limit that runs out is noted and approves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from catalog.cases import store
from catalog.cases.model import Case
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.entries.content import class_of
from catalog.entries.desk import EntryDesk
from catalog.entries.held import draft_of, gains_class, with_approval
from catalog.entries.policies import check_number, check_said, reasons_against_review, refuse
from catalog.entries.states import CHANGING

_BARRED = ("以下条目不能通过审核，未作任何更改", "These entries cannot be passed; nothing was changed")


class EntryReviewing(EntryDesk):
    """Return, review, approve, merge; the first entry and a change alike."""

    def return_(self, ids: Sequence[str], by: Person, now: datetime, *, reason: str) -> list[Case]:
        """Send entries or changes back to their departments.

        Raises:
            UserError: no reason is given.
        """
        check_said(reason, "退回须写明原因与需补正的内容", "Returning states why, and what is to be mended")

        def change(case: Case) -> Change:
            return Change(
                case=case, event=_of(case, "returned"), by=by, now=now, facts={"reason": reason},
                sets={"reason": reason}, ends_limit=True,
            )  # fmt: skip

        return self._each(ids, by, lambda case: _of(case, "returned"), change)

    def review(
        self, ids: Sequence[str], by: Person, now: datetime, *, document: str = "", note: str = ""
    ) -> list[Case]:
        """Pass entries or changes; each goes on to its next station.

        Args:
            document: number of the filing, where the class is filed with the authority (Longyan 11).
            note: what the reviewer says of it.

        Raises:
            UserError: the gate bars an entry now, or a filing has no number; every reason of every entry.
        """
        self._foresee(ids, now)
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            cases = self._read(connection, ids)
            for case in cases:
                self._check_steps([case], self._after_review(case), by)
            taken = self._codes_taken(connection, cases)
            drafts = [draft_of(one) for one in cases]
            verdicts = self.office.gate_on(now)(drafts, self._under_review(connection, (one.id for one in cases)))
            found = [
                (case.id, reason)
                for case in cases
                for reason in reasons_against_review(
                    case.facts["draft"], self._rules_of(case), gains_class=gains_class(case), number=document
                )
            ]
            found += [(c.id, (one.zh, one.en)) for c, v in zip(cases, verdicts, strict=True) for one in v.refusals]
            refuse([*taken, *found], *_BARRED)
            self._ask(connection, cases, verdicts, now)
            return self._happen(
                connection,
                [
                    self._passed(case, by, now, document, note, [{"zh": one.zh, "en": one.en} for one in v.findings])
                    for case, v in zip(cases, verdicts, strict=True)
                ],
            )

    def approve(self, ids: Sequence[str], by: Person, now: datetime, *, document: str) -> list[Case]:
        """Note that the government of the same level has approved the class; its authority notes it (Wuhan 16).

        Args:
            document: number of the government's document; it is kept in the entry.

        Raises:
            UserError: the document has no number.
        """
        check_number(
            document,
            "须写明本级人民政府批准文件的文号",
            "State the number of the document by which the government of the same level approved",
        )

        def event(case: Case) -> str:
            return _of(case, "approved_for_city" if self.goes_to_city(case) else "approved")

        def change(case: Case) -> Change:
            sets: dict[str, Any] = {"draft": with_approval(case.facts["draft"], document)}
            return Change(
                case=case, event=event(case), by=by, now=now, facts={"document": document}, sets=sets,
                ends_limit=not self.goes_to_city(case),
            )  # fmt: skip

        return self._each(ids, by, event, change)

    def merge(self, ids: Sequence[str], by: Person, now: datetime, *, note: str = "") -> list[Case]:
        """The city checks what its districts reviewed, and takes it into the one catalogue (Wuhan 10).

        Raises:
            UserError: the gate bars an entry in the whole city's catalogue.
        """
        self._foresee(ids, now)
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            cases = self._read(connection, ids)
            for case in cases:
                self._check_steps([case], _of(case, "merged"), by)
            taken = self._codes_taken(connection, cases)
            drafts = [draft_of(one) for one in cases]
            verdicts = self.office.gate_on(now)(drafts, self._under_review(connection, (one.id for one in cases)))
            found = [(c.id, (one.zh, one.en)) for c, v in zip(cases, verdicts, strict=True) for one in v.refusals]
            refuse([*taken, *found], *_BARRED)
            self._ask(connection, cases, verdicts, now)
            return self._happen(
                connection,
                [
                    Change(case=one, event=_of(one, "merged"), by=by, now=now, facts=_note(note), ends_limit=True)
                    for one in cases
                ],
            )

    def due_next(self, case: Case) -> str:
        """The step that a review of this case would be: ``reviewed``, ``passed_to_government`` … , of a change with its prefix."""
        return self._after_review(case)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _each(
        self, ids: Sequence[str], by: Person, event: Callable[[Case], str], change: Callable[[Case], Change]
    ) -> list[Case]:
        with self.office.database.writing() as connection:
            cases = self._read(connection, ids)
            for case in cases:
                self._check_steps([case], event(case), by)
            return self._happen(connection, [change(one) for one in cases])

    def _passed(
        self, case: Case, by: Person, now: datetime, document: str, note: str, findings: list[dict[str, str]]
    ) -> Change:
        rules, draft = self._rules_of(case), case.facts["draft"]
        filed = bool(document.strip()) and rules.needs_filing(class_of(draft, "sharing")) and gains_class(case)
        event = self._after_review(case)
        sets: dict[str, Any] = {"findings": findings}
        if filed:
            sets["draft"] = with_approval(draft, document)
        facts = {
            **_note(note),
            "ground": rules.review_ground(),
            "findings": len(findings),
            **({"document": document} if filed else {}),
        }
        if event.endswith("passed_to_government"):
            # The government of the level approves the class (Wuhan 5, 16): the step says which that is, and it is told.
            government = self.office.organisation.government_of(case.department)
            facts["government"] = sets["government"] = government.id if government else None
            facts["government_name"] = sets["government_name"] = government.name if government else None
        # The limit is the authority's: with its review it has done its part, unless the city's is still to come.
        return Change(
            case=case, event=event, by=by, now=now, facts=facts, sets=sets,
            ends_limit=not event.endswith("passed_to_city"),
        )  # fmt: skip

    def _after_review(self, case: Case) -> str:
        rules = self._rules_of(case)
        draft = case.facts.get("draft")
        if draft is not None and gains_class(case) and rules.needs_government(class_of(draft, "sharing")):
            return _of(case, "passed_to_government")
        return _of(case, "passed_to_city" if self.goes_to_city(case) else "reviewed")


def _of(case: Case, event: str) -> str:
    """The event of a change where one is under way, else that of a first entry."""
    return f"change_{event}" if case.state in CHANGING else event


def _note(text: str) -> dict[str, str]:
    return {"note": text} if text.strip() else {}
