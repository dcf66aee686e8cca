"""Drafts of entries: made and changed by whoever compiles the part of the catalogue, and submitted for review.

Any number at once, all or none: a department that brings five thousand entries writes them in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from catalog.cases import store
from catalog.cases.model import Case
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.entries.content import document_of
from catalog.entries.desk import EntryDesk, Verdict
from catalog.entries.held import codes_before, draft_of
from catalog.entries.policies import Reason, check_said, reasons_against_submission, refuse
from catalog.entries.rules import EntryRules, by_reference
from catalog.entries.states import DRAFTED, ENTRY, REFUSAL, RETURNED, WITHDRAWN
from catalog.model import Resource
from ground.errors import Conflict, UserError
from policy.clock import legal_date

_SECRET = (
    "涉及国家秘密的数据不得登记，请移出目录，按保密规定管理；本次拒绝已记录，不含其内容",
    "State secrets are never registered: take the entry out. The refusal is kept, without content",
)

BARRED = ("以下条目不能提交，未作任何更改", "These entries cannot be submitted; nothing was changed")


class EntryDrafting(EntryDesk):
    """Draft, submit, give up."""

    def draft_many(
        self, documents: Sequence[Resource], by: Person, now: datetime, *, origin: str | None = None
    ) -> list[str]:
        """Draft entries, or change drafts that are there; all of them or none, in one transaction.

        Args:
            documents: the entries; a new id makes a new draft, the id of a draft or of a returned entry changes it.
            by: who drafts: the owner of each department's part of the catalogue.
            now: when, aware.
            origin: where they come from, such as the name of an imported file; kept in the trail.

        Returns:
            Their ids, in the order of ``documents``.

        Raises:
            Forbidden: somebody else compiles this department's part.
            Conflict: an entry stands elsewhere (published: ask for a change), or an id occurs twice.
            UserError: no such department.
        """
        ids = [one.id for one in documents]
        _refuse_twice(ids)
        rules = self.office.rules.on(now)
        for department in dict.fromkeys(one.department for one in documents):
            self._check_may(by, "drafted", department)
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            known = {one.id: one for one in store.find_many(connection, ENTRY, ids)}
            self._refuse_elsewhere(known.values(), by)
            changes = [self._draft(one, known.get(one.id), rules, by, now, origin) for one in documents]
            self._happen(connection, changes)
        return ids

    def draft(self, document: Resource, by: Person, now: datetime) -> Case:
        """`draft_many` for one entry; the case as it stands now."""
        self.draft_many([document], by, now)
        with self.office.database.begin() as connection:
            return store.get(connection, ENTRY, document.id)

    def submit(self, ids: Sequence[str], by: Person, now: datetime) -> list[Case]:
        """Put drafts to the authority, all of them or none.

        Raises:
            UserError: fields that the city's rules ask for lack, or the gate bars an entry; every reason of every entry.
            DocumentError: the catalogue would not load with them.
            Forbidden, Conflict, NotFound: as for every step.
        """
        with self.office.database.begin() as connection:
            read = self._read(connection, ids)
            self._check_steps(read, "submitted", by)
            others = self._under_review(connection, ids)
            taken = self._codes_taken(connection, read)
        self._examined(read, others, now, taken)
        # What would not load could be reviewed and never published: its author is told now. It takes seconds in a large city,
        # and others write meanwhile.
        self.office.shelf.check({one.id: one.facts["draft"] for one in read})
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            cases = self._read(connection, ids)
            self._check_unmoved(read, cases)
            taken = self._codes_taken(connection, cases)
            verdicts = self._examined(cases, self._under_review(connection, ids), now, taken)
            self._ask(connection, cases, verdicts, now)
            return self._happen(
                connection,
                [
                    Change(
                        case=case, event="submitted", by=by, now=now,
                        facts={"findings": _told(verdict), **self._reference(case)},
                        sets={"findings": _told(verdict), "rules": self.office.rules.on(now).version, "reason": None},
                    )
                    for case, verdict in zip(cases, verdicts, strict=True)
                ],
            )  # fmt: skip

    def discard(self, ids: Sequence[str], by: Person, now: datetime, *, reason: str) -> list[Case]:
        """Give up entries that were never published."""
        check_said(reason, "放弃须写明理由", "Giving up an entry states its reason")
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            cases = self._read(connection, ids)
            self._check_steps(cases, "discarded", by)
            self.office.asks(connection, {}, [one.id for one in cases], now)
            facts: dict[str, Any] = {"reason": reason}
            sets: dict[str, Any] = {"draft": None, "findings": []}
            return self._happen(
                connection,
                [Change(case=one, event="discarded", by=by, now=now, facts=facts, sets=sets) for one in cases],
            )

    def refuse_secret(self, documents: Iterable[Mapping[str, Any]], by: Person, now: datetime) -> None:
        """Refuse documents of which one says that it is secret, before anything of them is kept (Wuhan 2, Longyan 23).

        Every door asks this with the raw values of what it was given, before they are read as entries. The refusal itself is
        kept, in a transaction of its own: who, when, how many; neither title nor id nor anything else of their content.

        Raises:
            UserError: at least one says ``secret: true``, or anything but ``false``.
        """
        secret = sum(1 for one in documents if one.get("secret", False) is not False)
        if not secret:
            return
        department = by.department or "-"
        with self.office.database.writing() as connection:
            name = store.new_id(connection, REFUSAL, "R", legal_date(now))
            change = Change(
                case=None, event="secret_refused", by=by, now=now, id=name, title="涉密条目", department=department,
                profile=self.office.rules.on(now).version, facts={"entries": secret},
            )  # fmt: skip
            store.happen(connection, REFUSAL, change)
        raise UserError(
            f"{secret} 个条目标为涉密。{_SECRET[0]}（{name}）。",
            f"{secret} of the entries say that they are secret. {_SECRET[1]} ({name}).",
            where="secret",
        )

    # --- parts ----------------------------------------------------------------------------------------------------

    def _draft(
        self, document: Resource, known: Case | None, rules: EntryRules, by: Person, now: datetime, origin: str | None
    ) -> Change:
        fresh = known is None or known.state == WITHDRAWN
        return Change(
            case=known, event="drafted" if fresh else "redrafted", by=by, now=now, id=document.id, title=document.title,
            department=document.department, profile=rules.version if known is None else None,
            facts={"origin": origin} if origin else {},
            sets={
                "draft": document_of(document), "rules": rules.version, "findings": [],
                **({"published": None, "declared": None, "override": None} if fresh else {}),
                **(codes_before(known.facts) if fresh and known is not None else {}),
            },
        )  # fmt: skip

    def _refuse_elsewhere(self, known: Iterable[Case], by: Person) -> None:
        """Only drafts, returned and withdrawn entries are drafted; and a draft stays with who compiles its department's part."""
        wrong = []
        for case in known:
            self._check_may(by, "drafted", case.department)
            if case.state not in (DRAFTED, RETURNED, WITHDRAWN):
                zh, en = ENTRY.states[case.state]
                wrong.append(
                    (case.id, (f"现为“{zh}”，请申请变更（catalog change）", f"is '{en}' now; ask for a change"))
                )
        if wrong:
            raise Conflict(
                "\n".join(["以下编号已有条目，未作任何更改：", *(f"  {name}：{why[0]}" for name, why in wrong)]),
                "\n".join(
                    ["These ids have entries; nothing was changed:", *(f"  {name}: {why[1]}" for name, why in wrong)]
                ),
            )

    def _examined(
        self, cases: Sequence[Case], others: Sequence[Resource], now: datetime, taken: Sequence[tuple[str, Reason]]
    ) -> Sequence[Verdict]:
        """The verdicts on drafts that may be submitted; UserError with everything that bars them, ``taken`` codes first."""
        found = [*taken, *((case.id, reason) for case in cases for reason in self._lacking(case, now))]
        if self.office.rules.on(now).needs_steward:
            for department in dict.fromkeys(one.department for one in cases):
                self.office.check_standing(department, legal_date(now))
        drafts = [draft_of(one) for one in cases]
        verdicts = self.office.gate_on(now)(drafts, others)
        found += [
            (case.id, (one.zh, one.en))
            for case, verdict in zip(cases, verdicts, strict=True)
            for one in verdict.refusals
        ]
        refuse(found, *BARRED)
        return verdicts

    def _lacking(self, case: Case, now: datetime) -> Iterator[Reason]:
        """What a draft leaves unsaid that the city's rules ask for."""
        unit, rules = self.office.organisation.unit(case.department), self.office.rules.on(now)
        return reasons_against_submission(case.facts["draft"], unit, rules, self.office.norms, legal_date(now))

    def _reference(self, case: Case) -> dict[str, Any]:
        ground = by_reference(self.office.organisation.unit(case.department), self._rules_of(case))
        return {"by_reference": ground} if ground else {}


def _told(verdict: Verdict) -> list[dict[str, str]]:
    return [{"zh": one.zh, "en": one.en} for one in verdict.findings]


def _refuse_twice(ids: Sequence[str]) -> None:
    twice = sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise Conflict(
            f"同一编号出现多次：{'、'.join(twice[:10])}。每个条目一个编号。",
            f"An id occurs more than once: {', '.join(twice[:10])}. Every entry has its own.",
        )
