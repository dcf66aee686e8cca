"""Publication and withdrawal: the document goes into its place, or out of it, with the event that says so.

The file is written inside the transaction, before it is committed; what cannot be committed puts the file back. The city is
read as it will be before anything is written, so that no publication makes a catalogue that does not load.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from catalog.cases.model import Case, Facts
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.entries.codes import reasons_against_codes
from catalog.entries.content import Document, class_of, resource_of
from catalog.entries.desk import Remark, Verdict
from catalog.entries.files import Shelving
from catalog.entries.held import changed, fields_changed, in_force, published_sets, with_approval
from catalog.entries.overriding import is_of_override, lasting
from catalog.entries.policies import Reason, check_said, reasons_against_submission, refuse
from catalog.entries.rules import EntryRules
from catalog.entries.shelving import EntryShelving
from catalog.entries.states import CHANGING, CONFIRMED_WITH_CITY, UNDECLARED
from ground.errors import UserError
from policy.clock import legal_date

_UNPUBLISHED = ("以下条目不能发布，未作任何更改", "These entries cannot be published; nothing was changed")


class EntryPublishing(EntryShelving):
    """Publish, confirm or restore what was changed by hand, withdraw."""

    def publish(self, ids: Sequence[str], by: Person, now: datetime) -> list[Case]:
        """Put reviewed documents into force; all of them or none.

        Raises:
            DocumentError: the catalogue would not load with them (a feed names an item that is gone, say); nothing changed.
            UserError: the unit lacks its data steward where the city asks for one.
        """

        def plan(cases: list[Case], files: Shelving) -> list[Change]:
            for case in cases:
                self._check_steps([case], "change_published" if case.state in CHANGING else "published", by)
            with self.office.database.begin() as connection:
                refuse(self._codes_taken(connection, cases), *_UNPUBLISHED)
            self._check_standing(cases, now)
            changes = []
            for case in cases:
                change = publication(case, case.facts["draft"], self._rules_of(case), by, now)
                files.put(case.id, _held_after(case, change), case.facts.get("digest"))
                changes.append(change)
            return changes

        return self._shelved(ids, by, now, plan)

    def confirm(self, ids: Sequence[str], by: Person, now: datetime, *, document: str = "") -> list[Case]:
        """The authority has looked at documents that were added or changed by hand, and they may stand.

        They pass what they would have passed on their way through the office: mandatory fields, the gate, the number; and where the
        city checks what districts reviewed (Wuhan 10), the district confirms first and the city afterwards.

        Args:
            document: number of the approval or filing, where the new class needs one.

        Raises:
            UserError: fields lack, the gate bars an entry, or such a number lacks; every reason of every entry.
        """

        def plan(cases: list[Case], files: Shelving) -> list[Change]:
            for case in cases:
                self._check_steps([case], self.confirmation_of(case), by)
            verdicts, found = self._held_against(cases, now)
            changes = []
            for case, verdict in zip(cases, verdicts, strict=True):
                facts_before, rules = _facts_after_hand(case), self._rules_of(case)
                held = lasting(facts_before, case.facts["declared"])
                name = class_of(held, "sharing")
                published = case.facts.get("published")
                gains = published is None or class_of(published, "sharing") != name
                event = self.confirmation_of(case)
                numbered = (
                    gains and event != "confirmed_merged" and (rules.needs_government(name) or rules.needs_filing(name))
                )  # the city merges what its district has seen the number of
                if numbered and not document.strip():
                    ground = rules.ground(rules.class_needs(name))
                    found.append(
                        (
                            case.id,
                            (
                                f"列入“{rules.share_word(name)}”须经批准或备案（{ground}），请用 --document 写明文号",
                                f"the class '{name}' is approved or filed; give the number by --document",
                            ),
                        )
                    )
                if numbered:
                    held = with_approval(held, document)
                sets = {
                    **{name: facts_before.get(name) for name in ("override", "override_was")},
                    **published_sets(facts_before, held, rules, now),
                }
                if event == "confirmed_for_city":
                    sets = changed(case.facts, declared=held if numbered else case.facts["declared"])
                if sets["digest"] == case.facts["digest"]:
                    files.expect(case.id, case.facts["digest"])
                else:
                    files.put(case.id, _in_force({**case.facts, **sets}), case.facts["digest"])
                facts = {
                    "fields": fields_changed(published, held), "ground": rules.review_ground(),
                    "findings": len(verdict.findings), **({"document": document} if numbered else {}),
                    **_put_aside(case),
                }  # fmt: skip
                changes.append(
                    Change(
                        case=case,
                        event=event,
                        by=by,
                        now=now,
                        facts=facts,
                        sets=sets,
                        ends_limit=event != "confirmed_for_city",
                    )
                )
            refuse(found, "以下改动不能确认，未作任何更改", "These changes cannot be confirmed; nothing was changed")
            asked.update((case.id, verdict.findings) for case, verdict in zip(cases, verdicts, strict=True))
            return changes

        asked: dict[str, Sequence[Remark]] = {}
        return self._shelved(ids, by, now, plan, beside=lambda one: self.office.asks(one, asked, (), now))

    def confirmation_of(self, case: Case) -> str:
        """The step that a confirmation of what was done by hand to this entry would be."""
        if case.state == CONFIRMED_WITH_CITY:
            return "confirmed_merged"
        return "confirmed_for_city" if self.goes_to_city(case) else "confirmed"

    def restore(self, ids: Sequence[str], by: Person, now: datetime, *, reason: str) -> list[Case]:
        """Put the published document back where it was changed or removed by hand.

        Raises:
            UserError: no reason is given, or the entry was never published by review.
        """
        check_said(reason, "恢复须写明理由", "Putting a document back states its reason")

        def plan(cases: list[Case], files: Shelving) -> list[Change]:
            self._check_steps(cases, "restored", by)
            changes = []
            for case in cases:
                held, sets = published_again(case), changed(case.facts, declared=None)
                files.put_back(case.id, held, case.facts.get("digest"))
                changes.append(restoration(case, held, sets, by, now, reason))
            return changes

        return self._shelved(ids, by, now, plan)

    # --- withdrawal -----------------------------------------------------------------------------------------------

    def request_withdrawal(self, ids: Sequence[str], by: Person, now: datetime, *, reason: str) -> list[Case]:
        """Ask that published entries be withdrawn."""
        check_said(reason, "申请撤销须写明理由", "Asking for a withdrawal states its reason")
        return self._simply(ids, "withdrawal_requested", by, now, reason)

    def refuse_withdrawal(self, ids: Sequence[str], by: Person, now: datetime, *, reason: str) -> list[Case]:
        """The entries stay published."""
        check_said(reason, "不同意撤销须写明理由", "Refusing a withdrawal states its reason")
        return self._simply(ids, "withdrawal_refused", by, now, reason)

    def withdraw(self, ids: Sequence[str], by: Person, now: datetime, *, reason: str = "") -> list[Case]:
        """Take entries out of force; their documents go to ``city/withdrawn``.

        Raises:
            UserError: feeds, the register or themes use one; each is named.
        """

        def plan(cases: list[Case], files: Shelving) -> list[Change]:
            self._check_steps(cases, "withdrawn", by)
            refuse(
                [(one.id, use) for one in cases if one.state != UNDECLARED for use in self.office.uses(one.id)],
                "以下条目仍被使用，不能撤销，未作任何更改",
                "These entries are still used and cannot be withdrawn; nothing was changed",
            )
            for case in cases:
                files.remove(case.id, case.facts.get("digest"))
            return [withdrawal(one, by, now, reason) for one in cases]

        return self._shelved(
            ids, by, now, plan, streams=False, beside=lambda one: self.office.asks(one, {}, list(ids), now)
        )

    # --- parts ----------------------------------------------------------------------------------------------------

    def _simply(self, ids: Sequence[str], event: str, by: Person, now: datetime, reason: str) -> list[Case]:
        with self.office.database.writing() as connection:
            cases = self._read(connection, ids)
            self._check_steps(cases, event, by)
            facts, sets = {"reason": reason}, {"reason": reason}
            return self._happen(
                connection, [Change(case=one, event=event, by=by, now=now, facts=facts, sets=sets) for one in cases]
            )

    def _held_against(self, cases: Sequence[Case], now: datetime) -> tuple[Sequence[Verdict], list[tuple[str, Reason]]]:
        """What was done by hand, held against what a submission and a review ask: verdicts, and every reason against it."""
        today = legal_date(now)
        documents = [case.facts["declared"] for case in cases]
        with self.office.database.begin() as connection:
            others = self._under_review(connection, (one.id for one in cases))
            taken = reasons_against_codes(connection, [(one.id, one.facts["declared"]) for one in cases])
        verdicts = self.office.gate_on(now)([resource_of(one) for one in documents], others)
        found = [
            *taken,
            *(
                (case.id, reason)
                for case, document in zip(cases, documents, strict=True)
                for reason in reasons_against_submission(
                    document, self.office.organisation.unit(case.department), self._rules_of(case), self.office.norms,
                    today,
                )
            ),
        ]  # fmt: skip
        found += [(c.id, (one.zh, one.en)) for c, v in zip(cases, verdicts, strict=True) for one in v.refusals]
        return verdicts, found

    def _check_standing(self, cases: Sequence[Case], now: datetime) -> None:
        if self.office.rules.on(now).needs_steward:
            for department in dict.fromkeys(one.department for one in cases):
                self.office.check_standing(department, legal_date(now))


def publication(case: Case, draft: Document, rules: EntryRules, by: Person, now: datetime, **facts: Any) -> Change:
    """The event by which a reviewed draft comes into force."""
    old = case.facts.get("published")
    first = case.state not in CHANGING
    released = (old or {}).get("released") or legal_date(now).isoformat()
    document = {"released": released, **draft}
    sets = published_sets(case.facts, document, rules, now)
    told = {
        "version": sets["version"], "sharing": sets["sharing"], "opening": sets["opening"], "digest": sets["digest"],
        **({} if first else {"fields": fields_changed(old, document), "change": case.facts.get("change")}), **facts,
    }  # fmt: skip
    return Change(
        case=case, event="published" if first else "change_published", by=by, now=now, facts=told, sets=sets,
        title=document["title"], department=document["department"], ends_limit=True,
    )  # fmt: skip


def published_again(case: Case) -> Document:
    """The document that stands there once what was done to it by hand is undone; a class for a time is part of it.

    Raises:
        UserError: the entry was never published by review.
    """
    if case.facts.get("published") is None:
        raise UserError(
            "此条目从未发布，没有可恢复的版本；请确认（confirm）或请工程人员移除文件。",
            "This entry was never published, there is nothing to put back; confirm it, or have its file removed.",
            where=case.id,
        )
    return _in_force({**case.facts, "declared": None})


def restoration(case: Case, held: Document, sets: Facts, by: Person, now: datetime, reason: str) -> Change:
    """The event by which the published document ``held`` is in force again."""
    facts = {"reason": reason, "fields": fields_changed(case.facts.get("declared"), held), **_put_aside(case)}
    sets = {**sets, "draft": None, "change": None, "findings": []}
    return Change(
        case=case, event="restored", by=by, now=now, facts=facts, sets=sets, title=held["title"],
        department=held["department"], ends_limit=True,
    )  # fmt: skip


def withdrawal(case: Case, by: Person, now: datetime, reason: str, **facts: Any) -> Change:
    """The event by which an entry goes out of force."""
    said = {"reason": reason or case.facts.get("reason") or "", **facts}
    sets = {"digest": None, "term": None, "review_on": None, "override": None, "override_until": None, "declared": None}
    return Change(case=case, event="withdrawn", by=by, now=now, facts=said, sets=sets)


def _facts_after_hand(case: Case) -> Facts:
    """Facts of a case without a class for a time that the hand has taken out of its document."""
    override, facts = case.facts.get("override"), case.facts
    if override is None or is_of_override(facts, facts["declared"]):
        return facts
    return {**facts, "override": None, "override_was": override}


def _put_aside(case: Case) -> dict[str, Any]:
    """The change that was under way when somebody edited the document: it is over, and is asked for anew."""
    return {} if case.facts.get("draft") is None else {"put_aside": case.facts.get("change") or {}}


def _held_after(case: Case, change: Change) -> Document:
    return _in_force({**case.facts, **change.sets})


def _in_force(facts: Facts) -> Document:
    held = in_force(facts)
    assert held is not None  # noqa: S101 - a document was just set
    return held
