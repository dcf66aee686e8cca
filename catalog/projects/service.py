"""Use cases of projects: each checks who may, whether the step exists now, and whether the city's gate is passed.

The gate is computed in the transaction that writes the step, so that nothing changes between the look and the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.model import Case, Happening
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.city import City
from catalog.gathered import Gathered
from catalog.jurisdiction import sees
from catalog.projects import policies
from catalog.projects.checks import Check, Gate, State, checklist, gates
from catalog.projects.entries import LinkedEntry, find_entries, is_own
from catalog.projects.model import NamedAsset, Project, check_is_sound, linked, project_of
from catalog.projects.permissions import check_may
from catalog.projects.statement import Statement, state_of_gates, statement_of
from catalog.projects.states import PROJECT
from ground.errors import NotFound, UserError
from policy.clock import legal_date
from policy.profiles import Version
from warehouse.operational import OperationalDatabase

RulesFor = Callable[[str | None, datetime], Version]
"""The version of the rules that a case keeps, by its name; without a name the one that holds at the moment."""
DataOf = Callable[[Collection[str], datetime], Mapping[str, Gathered]]
"""How the data of these resources stand at a moment; a resource without any may be missing."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A project as it is looked at: itself, every check of its gates, its trail, the linked entries."""

    project: Project
    checks: list[Check]
    passed: Mapping[Gate, bool]
    trail: list[Happening]
    entries: Mapping[str, LinkedEntry]


class ProjectService:
    """Projects.

    Args:
        database: where cases are kept.
        city: the catalogue in force.
        rules: the city's rules.
        gathered: how data stand; the pipelines know.
    """

    def __init__(
        self, database: OperationalDatabase, city: Callable[[], City], rules: RulesFor, gathered: DataOf
    ) -> None:
        self._db = database
        self._city = city
        self._rules = rules
        self._gathered = gathered

    # --- the department ------------------------------------------------------------------------------------------

    def register(self, title: str, department: str, budget_year: int, plan: str, by: Person, now: datetime) -> Project:
        """A new project; UserError for a department that does not exist or a plan that says nothing."""
        self._city().department(department)
        check_may(by, "registered", department, self._city().organisation)
        check_is_sound(title, budget_year, plan)
        with self._db.writing() as connection:
            change = Change(
                case=None, event="registered", by=by, now=now, id=store.new_id(connection, PROJECT, "P", legal_date(now)),
                title=title.strip(), department=department, profile=self._rules(None, now).name,
                sets={"budget_year": budget_year, "plan": plan, "entries": [], "assets": []},
            )  # fmt: skip
            return project_of(store.happen(connection, PROJECT, change))

    def link(
        self,
        project_id: str,
        by: Person,
        now: datetime,
        *,
        entries: Sequence[str] = (),
        assets: Sequence[NamedAsset] = (),
    ) -> Project:
        """Name entries that the project fills, planned ones as well, and the data assets that it makes.

        Entries of others may be named as used; they do not count toward the gates (`catalog.projects.checks`).

        Raises:
            UserError: an entry that nobody has compiled yet, or nothing is named.
        """
        if not entries and not assets:
            raise UserError("请写明目录条目或数据资产。", "Name entries or data assets.", where=project_id)
        wanted = [*entries, *(one.entry for one in assets if one.entry is not None)]

        def check(connection: Connection, _: Project) -> None:
            there = find_entries(connection, wanted, self._declared)
            missing = [name for name, one in there.items() if not one.compiled]
            if missing:
                raise UserError(
                    f"没有这些目录条目：{'、'.join(missing)}。请先编制草稿，再关联。",
                    f"There are no entries {', '.join(missing)}; draft them first, then link them.",
                    where=project_id,
                )

        return self._step(
            project_id, "linked", by, now, check,
            facts={"entries": list(entries), "assets": [one.name for one in assets]},
            sets=lambda project: linked(project, list(entries), list(assets)),
        )  # fmt: skip

    def revise(self, project_id: str, plan: str, by: Person, now: datetime) -> Project:
        """A new plan, sent again after a refusal."""
        policies.check_reason(plan)
        return self._step(project_id, "revised", by, now, sets=lambda _: {"plan": plan})

    def start(self, project_id: str, by: Person, now: datetime) -> Project:
        """Construction has started."""
        return self._step(project_id, "started", by, now)

    def ask_acceptance(self, project_id: str, by: Person, now: datetime) -> Project:
        """The department asks for acceptance."""
        return self._step(project_id, "acceptance_asked", by, now)

    def operate(self, project_id: str, by: Person, now: datetime) -> Project:
        """What was accepted is put into operation."""
        return self._step(project_id, "put_into_operation", by, now)

    def withdraw(self, project_id: str, reason: str, by: Person, now: datetime) -> Project:
        """The department gives the project up."""
        policies.check_reason(reason)
        return self._step(project_id, "withdrawn", by, now, facts={"reason": reason})

    # --- the authority -------------------------------------------------------------------------------------------

    def give_opinion(self, project_id: str, agreed: bool, by: Person, now: datetime, *, reason: str = "") -> Project:
        """The opinion of the authority (Haishu 9), which approval and budget rest on; a refusal states its reason."""
        if agreed:
            return self._step(project_id, "opinion_agreed", by, now, self._gate(policies.check_can_agree, now),
                              facts={"reason": reason})  # fmt: skip

        def check(_: Connection, project: Project) -> None:
            policies.check_knows_opinion(self._rules(project.case.profile, now).profile)
            policies.check_reason(reason)

        return self._step(project_id, "opinion_refused", by, now, check, facts={"reason": reason})

    def approve(self, project_id: str, document: str, by: Person, now: datetime) -> Project:
        """The project is approved under the number of a document (立项)."""
        gate = self._gate(
            lambda project, state, profile: policies.check_can_approve(project, state, profile, document), now
        )
        return self._step(
            project_id, "approved", by, now, gate, facts={"document": document}, sets=lambda _: {"approval": document}
        )

    def refuse_approval(self, project_id: str, reason: str, by: Person, now: datetime) -> Project:
        """The project is not approved."""
        policies.check_reason(reason)
        return self._step(project_id, "approval_refused", by, now, facts={"reason": reason})

    def accept(self, project_id: str, document: str, by: Person, now: datetime) -> Project:
        """The project has passed acceptance."""
        gate = self._gate(
            lambda project, state, profile: policies.check_can_accept(project, state, profile, document), now
        )
        return self._step(
            project_id, "accepted", by, now, gate, facts={"document": document}, sets=lambda _: {"acceptance": document}
        )

    def refuse_acceptance(self, project_id: str, reason: str, by: Person, now: datetime) -> Project:
        """The project does not pass; it may ask again when what lacks is done."""
        policies.check_reason(reason)
        return self._step(project_id, "acceptance_refused", by, now, facts={"reason": reason})

    def grant_funds(self, project_id: str, year: int, by: Person, now: datetime) -> Project:
        """Funds of operation for a year, where the gate of the city is passed (Longyan 6)."""
        return self._step(
            project_id, "funds_granted", by, now, self._gate(policies.check_can_fund, now), facts={"year": year}
        )

    def refuse_funds(self, project_id: str, year: int, reason: str, by: Person, now: datetime) -> Project:
        """No funds of operation for a year."""
        policies.check_reason(reason)
        return self._step(project_id, "funds_refused", by, now, facts={"year": year, "reason": reason})

    def issue(self, project_id: str, by: Person, now: datetime) -> Statement:
        """A compliance statement from the state of this moment; its number and digest go into the trail."""
        with self._db.writing() as connection:
            project = self._get(connection, project_id, by)
            check_may(by, "stated", project.case.department, self._city().organisation)
            issued = sum(one.event == "stated" for one in store.events(connection, PROJECT.kind, project_id))
            version = self._rules(project.case.profile, now)
            checks = checklist(project, self._state(connection, project, now), version.profile)
            made = statement_of(
                project, checks, state_of_gates(checks, gates(version.profile.projects)),
                number=f"{project_id}-S{issued + 1}", department=self._city().department(project.case.department).name,
                made_by=by.id, catalogue=self._city().digest, profile=version.profile, now=now,
            )  # fmt: skip
            facts = {
                "number": made.number,
                "digest": made.digest,
                "complied": made.complied,
                "catalogue": made.catalogue,
            }
            store.happen(connection, PROJECT, Change(case=project.case, event="stated", by=by, now=now, facts=facts))
        return made

    # --- reading -------------------------------------------------------------------------------------------------

    def show(self, project_id: str, by: Person, now: datetime) -> Shown:
        """A project with its checks now; NotFound where ``by`` may not see it."""
        with self._db.begin() as connection:
            project = self._get(connection, project_id, by)
            profile = self._rules(project.case.profile, now).profile
            state = self._state(connection, project, now)
            checks = checklist(project, state, profile)
            trail = store.events(connection, PROJECT.kind, project_id)
            return Shown(project, checks, state_of_gates(checks, gates(profile.projects)), trail, state.entries)

    def listed(self, by: Person, *, states: Collection[str] | None = None) -> list[Project]:
        """The projects that ``by`` may see, in the order of ids."""
        with self._db.begin() as connection:
            cases = store.listed(connection, kind=PROJECT.kind, states=states)
        return [project_of(one) for one in cases if sees(by, one.department, self._city().organisation)]

    # --- inside --------------------------------------------------------------------------------------------------

    def _step(
        self,
        project_id: str,
        event: str,
        by: Person,
        now: datetime,
        check: Callable[[Connection, Project], None] | None = None,
        *,
        facts: Mapping[str, Any] | None = None,
        sets: Callable[[Project], Mapping[str, Any]] | None = None,
    ) -> Project:
        with self._db.writing() as connection:
            project = self._get(connection, project_id, by)
            check_may(by, event, project.case.department, self._city().organisation)
            policies.check_can(project.case, event, project_id)
            if check is not None:
                check(connection, project)
            change = Change(
                case=project.case, event=event, by=by, now=now, facts=facts or {}, sets=sets(project) if sets else {}
            )
            return project_of(store.happen(connection, PROJECT, change))

    def _gate(self, policy: Callable[..., None], now: datetime) -> Callable[[Connection, Project], None]:
        def check(connection: Connection, project: Project) -> None:
            policy(project, self._state(connection, project, now), self._rules(project.case.profile, now).profile)

        return check

    def _get(self, connection: Connection, project_id: str, by: Person) -> Project:
        case: Case = store.get(connection, PROJECT, project_id)
        if not sees(by, case.department, self._city().organisation):
            raise NotFound(
                f"没有编号为 {project_id} 的信息化项目，请核对编号。",
                f"There is no project {project_id}; check the id.",
            )
        return project_of(case)

    def _state(self, connection: Connection, project: Project, now: datetime) -> State:
        entries = find_entries(connection, project.entries, self._declared)
        organisation = self._city().organisation
        own = frozenset(one.id for one in entries.values() if is_own(one, project.case.department, organisation))
        return State(entries, self._gathered(project.entries, now), own)

    @property
    def _declared(self) -> dict[str, Any]:
        return {one.id: one for one in self._city().resources}
