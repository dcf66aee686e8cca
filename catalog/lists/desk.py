"""What the steps of both lists share: how cases and entries are read, and the steps of a consultation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import Machine
from catalog.cases.model import Case, Happening, Limit
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.entries.policies import check_number, check_said
from catalog.entries.rules import RuleVersions
from catalog.entries.states import ENTRY
from catalog.lists import consultation
from catalog.lists.consultation import Window
from catalog.lists.permissions import check_may, check_may_answer_for
from catalog.lists.rules import ListRules
from catalog.lists.states import COMPILING, CONSULTING
from catalog.organisation import Organisation
from policy.clock import end_of, legal_date
from warehouse.operational import OperationalDatabase


@dataclass(frozen=True)
class ListOffice:
    """What the steps of lists work with.

    Attributes:
        database: where cases are kept.
        organisation: the units of the city.
        rules: the city's rules by moment and by version.
    """

    database: OperationalDatabase
    organisation: Organisation
    rules: RuleVersions


class ListDesk(ABC):
    """Base of the use cases of a list.

    Args:
        office: what the steps work with.
    """

    machine: ClassVar[Machine]
    prefix: ClassVar[str]

    def __init__(self, office: ListOffice) -> None:
        self.office = office

    # --- reading --------------------------------------------------------------------------------------------------

    def get(self, name: str) -> Case:
        """One list; NotFound if there is none."""
        with self.office.database.begin() as connection:
            return store.get(connection, self.machine, name)

    def listed(self) -> list[Case]:
        """All of them, in the order of ids."""
        with self.office.database.begin() as connection:
            return store.listed(connection, kind=self.machine.kind)

    def trail(self, name: str) -> list[Happening]:
        """Everything that happened to one."""
        with self.office.database.begin() as connection:
            store.get(connection, self.machine, name)
            return store.events(connection, self.machine.kind, name)

    @abstractmethod
    def needs(self, rules: ListRules) -> frozenset[str]:
        """Who must be heard: ``providers``, ``public``."""

    def onward(self, case: Case) -> str | None:
        """The step that leads on under the city's rules; None where nothing is to be done."""
        if case.state == COMPILING and not case.facts.get("lines"):
            return "compiled"
        if case.state == COMPILING and self.needs(self._rules(case)):
            return "consultation_opened"
        if case.state == CONSULTING:
            return "consultation_closed"
        return self._onward(case)

    @abstractmethod
    def _onward(self, case: Case) -> str | None:
        """The step that leads on where nothing is to be compiled or heard any more."""

    # --- consultation ---------------------------------------------------------------------------------------------

    def consult(self, name: str, by: Person, now: datetime, window: Window) -> Case:
        """Ask the providers whose entries are listed, and the public, as the city asks for.

        Raises:
            UserError: a day lacks or lies behind, or nothing is listed yet.
        """

        def change(case: Case) -> Change:
            lines = case.facts.get("lines") or []
            check_listed(lines, case.id)
            consultation.check_window(window, self.needs(self._rules(case)), legal_date(now))
            asked = sorted({one["department"] for one in lines} - {case.department}) if window.providers_until else []
            held = consultation.opened(window, asked)
            facts = {"asked": asked, **held["providers"], **{f"public_{k}": v for k, v in held["public"].items()}}
            return Change(
                case=case, event="consultation_opened", by=by, now=now, facts=facts, sets={"consultation": held},
                limit=_last_day(window.last, now),
            )  # fmt: skip

        return self._step(name, "consultation_opened", by, change)

    def answer(
        self,
        name: str,
        department: str,
        by: Person,
        now: datetime,
        *,
        agrees: bool,
        opinion: str = "",
        document: str = "",
    ) -> Case:
        """The answer of a provider that was asked; who does not agree says why.

        Args:
            department: who answers. An authority in whose jurisdiction it lies, or whose list it is, may put down what came on
                paper, with its number.
            document: number of the paper.

        Raises:
            Forbidden: the department was not asked, or somebody answers for another.
            UserError: no reason against, or no number of the paper.
        """
        if not agrees:
            check_said(opinion, "不同意须写明意见", "Who does not agree says why")
        organisation = self.office.organisation
        own = by.department is not None and by.department == organisation.catalogue_owner(department).id
        said = {"agrees": agrees, "opinion": opinion, "document": document, "on": legal_date(now).isoformat()}

        def change(case: Case) -> Change:
            if not own:
                check_may_answer_for(by, department, case.department, organisation)
                check_number(
                    document,
                    "代为登记书面答复须写明来文文号",
                    "Put down for another, an answer has the number of its paper",
                )
            held = consultation.answered(case.facts["consultation"], department, said)
            facts = {"department": department, **said}
            return Change(
                case=case, event="provider_answered", by=by, now=now, facts=facts, sets={"consultation": held}
            )

        return self._step(name, "provider_answered", by, change)

    def note_silent(self, name: str, by: Person, now: datetime) -> Case:
        """Note who has not answered by the last day. It is a fact, and no consent."""

        def change(case: Case) -> Change:
            held, silent = consultation.with_silent(case.facts["consultation"], legal_date(now))
            return Change(
                case=case,
                event="provider_silent",
                by=by,
                now=now,
                facts={"departments": silent},
                sets={"consultation": held},
            )

        return self._step(name, "provider_silent", by, change)

    def close_consultation(self, name: str, by: Person, now: datetime) -> Case:
        """Everybody was heard.

        Raises:
            Conflict: what it waits for.
        """

        def change(case: Case) -> Change:
            consultation.check_can_close(case.facts["consultation"], legal_date(now), case.id)
            held = case.facts["consultation"]
            facts = {
                "answered": sorted(held["providers"]["answers"]), "silent": held["providers"]["silent"],
                "comments": len(held["public"]["comments"]),
            }  # fmt: skip
            return Change(case=case, event="consultation_closed", by=by, now=now, facts=facts, ends_limit=True)

        return self._step(name, "consultation_closed", by, change)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _step(self, name: str, event: str, by: Person, change: Callable[[Case], Change]) -> Case:
        """One step of one list, in a transaction: it exists, this person may, and ``change`` says what it carries."""
        with self.office.database.writing() as connection:
            return self._stepped(connection, name, event, by, change)

    def _stepped(
        self, connection: Connection, name: str, event: str, by: Person, change: Callable[[Case], Change]
    ) -> Case:
        case = store.get(connection, self.machine, name)
        self.machine.check_can(case.state, event, case.id)
        check_may(by, event, case.department, self.office.organisation, self.machine)
        return store.happen(connection, self.machine, change(case))

    def _plain(self, name: str, event: str, by: Person, now: datetime, facts: Mapping[str, Any], **sets: Any) -> Case:
        """A step that carries what it is given."""
        return self._step(
            name, event, by, lambda case: Change(case=case, event=event, by=by, now=now, facts=facts, sets=sets)
        )

    def _open(
        self, department: str, title: str, by: Person, now: datetime, rules: ListRules, facts: Mapping[str, Any]
    ) -> Case:
        check_said(title, "请写明名称", "Give it a title")
        check_may(by, "opened", department, self.office.organisation, self.machine)
        with self.office.database.writing() as connection:
            name = store.new_id(connection, self.machine, self.prefix, legal_date(now))
            change = Change(
                case=None, event="opened", by=by, now=now, id=name, title=title, department=department,
                profile=rules.version, facts=facts,
                sets={"lines": [], "published": None, "consultation": None, "version": 0},
            )  # fmt: skip
            return store.happen(connection, self.machine, change)

    def _rules(self, case: Case) -> ListRules:
        return ListRules.of(self.office.rules.named(case.profile))

    def _entries(self, connection: Connection, ids: Iterable[str]) -> dict[str, Case]:
        return {one.id: one for one in store.find_many(connection, ENTRY, list(ids))}


def check_listed(lines: Sequence[Any], case: str) -> None:
    """Something is listed; UserError if not."""
    check_said("x" if lines else "", f"{case} 尚未列入任何条目", f"{case} lists nothing yet")


def check_heard(case: Case, needs: frozenset[str]) -> None:
    """Whoever must be heard was heard, and nobody was listed afterwards who was not asked.

    Raises:
        UserError: who has not been heard.
    """
    held = case.facts.get("consultation") if case.state != CONSULTING else None
    missing: list[tuple[str, str]] = []
    if consultation.PROVIDERS in needs:
        asked = set(held["providers"]["asked"]) if held is not None and held["providers"]["until"] else None
        listed = {one["department"] for one in case.facts.get("lines") or []} - {case.department}
        if asked is None:
            missing.append(("提供单位", "the providers"))
        else:
            missing += [(one, one) for one in sorted(listed - asked)]
    if consultation.PUBLIC in needs and (held is None or held["public"]["until"] is None):
        missing.append(("公众", "the public"))
    if missing:
        check_said(
            "",
            f"{case.id} 尚未征求{'、'.join(one[0] for one in missing)}的意见",
            f"{case.id}: {', '.join(one[1] for one in missing)} must be heard first",
        )


def _last_day(day: date, now: datetime) -> Limit:
    return Limit(day.isoformat(), now, "征求意见的最后一日", day, end_of(day), provisional=False)
