"""Use cases of the filings about gathering, and which resources are excused on a day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import Machine, Words
from catalog.cases.model import Case, Happening
from catalog.cases.person import HUB, Person
from catalog.cases.store import Change
from catalog.city import City
from catalog.filings import policies
from catalog.filings.permissions import check_may
from catalog.filings.states import ACCEPTED, EXCEPTION, RETURN_FLOW
from catalog.jurisdiction import sees
from catalog.model import GatheringException
from ground.errors import NotFound
from policy.clock import legal_date
from policy.profiles import Version
from warehouse.operational import OperationalDatabase

RulesFor = Callable[[str | None, datetime], Version]


class FilingService:
    """Exceptions from real time, and requests for return flow.

    Args:
        database: where cases are kept.
        city: the catalogue in force.
        rules: the city's rules.
    """

    def __init__(self, database: OperationalDatabase, city: Callable[[], City], rules: RulesFor) -> None:
        self._db = database
        self._city = city
        self._rules = rules

    # --- exceptions ----------------------------------------------------------------------------------------------

    def file(self, resource: str, reason: str, by: Person, now: datetime, *, met_by: str, until: date) -> Case:
        """File that a resource cannot be gathered in real time (Longyan 9).

        Args:
            resource: a published entry.
            reason: why.
            by: of its department.
            now: when.
            met_by: how the need of those who use the data is met meanwhile.
            until: last day for which it is asked.
        """
        entry = self._city().resource(resource)
        version = self._rules(None, now)
        policies.check_exceptions_known(version.profile.gathering, _city(version))
        check_may(by, EXCEPTION, "filed", entry.department, self._city().organisation)
        policies.check_exception(reason, met_by, until, now)
        with self._db.writing() as connection:
            change = Change(
                case=None, event="filed", by=by, now=now, id=store.new_id(connection, EXCEPTION, "E", legal_date(now)),
                title=entry.title, department=entry.department, profile=version.name,
                sets={"resource": resource, "reason": reason, "met_by": met_by, "until": until.isoformat()},
            )  # fmt: skip
            return store.happen(connection, EXCEPTION, change)

    def accept(self, filing: str, document: str, by: Person, now: datetime) -> Case:
        """Put an exception on file under a number; from now on it excuses its resource."""
        policies.check_said(document, "document", "文号", "number of the document")
        return self._step(EXCEPTION, filing, "accepted", by, now, sets={"document": document})

    def refuse(self, filing: str, reason: str, by: Person, now: datetime) -> Case:
        """Refuse an exception."""
        policies.check_said(reason, "reason", "理由", "reason")
        return self._step(EXCEPTION, filing, "refused", by, now, facts={"reason": reason})

    def end(self, filing: str, reason: str, by: Person, now: datetime) -> Case:
        """An exception is needed no more, or is taken back."""
        policies.check_said(reason, "reason", "理由", "reason")
        return self._step(EXCEPTION, filing, "ended", by, now, facts={"reason": reason})

    def withdraw(self, filing: str, by: Person, now: datetime) -> Case:
        """The department takes back an exception that was not decided on."""
        return self._step(EXCEPTION, filing, "withdrawn", by, now)

    def settle(self, now: datetime) -> list[Case]:
        """End every exception whose last day is over; safe to repeat. The cases that ended."""
        day = legal_date(now)
        with self._db.writing() as connection:
            on_file = store.listed(connection, kind=EXCEPTION.kind, states=[ACCEPTED])
            over = [
                Change(case=case, event="ended", by=HUB, now=now, facts={"until": case.facts["until"]})
                for case in on_file
                if not policies.is_valid(case, day)
            ]
            return store.happen_all(connection, EXCEPTION, over)

    def excused(self, now: datetime) -> dict[str, str]:
        """Resources that an exception excuses now -> number of its document.

        Those that their entry declares (``gathering.exception``) and those on file; none where the city knows none.
        """
        if not policies.exceptions_known(self._rules(None, now).profile.gathering):
            return {}
        day = legal_date(now)
        found = {
            one.id: one.gathering.exception.document
            for one in self._city().resources
            if one.gathering is not None
            and one.gathering.exception is not None
            and _counts(one.gathering.exception, day)
        }
        with self._db.begin() as connection:
            on_file = store.listed(connection, kind=EXCEPTION.kind, states=[ACCEPTED])
        return found | {
            case.facts["resource"]: case.facts["document"] for case in on_file if policies.is_valid(case, day)
        }

    # --- return flow ---------------------------------------------------------------------------------------------

    def request(
        self,
        title: str,
        system: str,
        need: str,
        department: str,
        by: Person,
        now: datetime,
        *,
        resource: str | None = None,
    ) -> Case:
        """Request that data of a superior level's system come back to the city.

        Args:
            title: which data.
            system: the system above.
            need: what for.
            department: who needs them.
            by: of that department.
            now: when.
            resource: the entry under which they will be catalogued, where there is one.
        """
        self._city().department(department)
        version = self._rules(None, now)
        policies.who_applies(version.profile.gathering, _city(version))
        check_may(by, RETURN_FLOW, "requested", department, self._city().organisation)
        policies.check_request(title, system, need)
        with self._db.writing() as connection:
            change = Change(
                case=None, event="requested", by=by, now=now,
                id=store.new_id(connection, RETURN_FLOW, "R", legal_date(now)), title=title.strip(),
                department=department, profile=version.name,
                sets={"system": system, "need": need, "resource": resource},
            )  # fmt: skip
            return store.happen(connection, RETURN_FLOW, change)

    def pass_up(self, request: str, document: str, by: Person, now: datetime) -> Case:
        """Pass a request up through the local platform, by whoever applies in this city."""
        policies.check_said(document, "document", "上报文号", "number under which it went up")
        return self._step(RETURN_FLOW, request, "passed_up", by, now, sets={"document": document})

    def refuse_request(self, request: str, reason: str, by: Person, now: datetime) -> Case:
        """Do not pass a request up."""
        policies.check_said(reason, "reason", "理由", "reason")
        return self._step(RETURN_FLOW, request, "refused", by, now, facts={"reason": reason})

    def grant(self, request: str, feed: str, by: Person, now: datetime) -> Case:
        """The superior level has agreed: the data come back by this feed."""
        policies.check_feed(feed, [one.id for one in self._city().feeds])
        return self._step(RETURN_FLOW, request, "granted", by, now, sets={"feed": feed})

    def refused_above(self, request: str, reason: str, by: Person, now: datetime) -> Case:
        """The superior level has not agreed."""
        policies.check_said(reason, "reason", "理由", "reason")
        return self._step(RETURN_FLOW, request, "refused_above", by, now, facts={"reason": reason})

    def withdraw_request(self, request: str, by: Person, now: datetime) -> Case:
        """The department takes back a request that has not gone up."""
        return self._step(RETURN_FLOW, request, "withdrawn", by, now)

    # --- reading -------------------------------------------------------------------------------------------------

    def listed(self, machine: Machine, by: Person, *, states: Collection[str] | None = None) -> list[Case]:
        """The filings of one kind that ``by`` may see, in the order of ids."""
        with self._db.begin() as connection:
            cases = store.listed(connection, kind=machine.kind, states=states)
        return [one for one in cases if sees(by, one.department, self._city().organisation)]

    def trail(self, machine: Machine, filing: str, by: Person) -> list[Happening]:
        """What happened to one filing."""
        with self._db.begin() as connection:
            self._get(connection, machine, filing, by)
            return store.events(connection, machine.kind, filing)

    # --- inside --------------------------------------------------------------------------------------------------

    def _step(
        self,
        machine: Machine,
        filing: str,
        event: str,
        by: Person,
        now: datetime,
        *,
        facts: Mapping[str, Any] | None = None,
        sets: Mapping[str, Any] | None = None,
    ) -> Case:
        with self._db.writing() as connection:
            case = self._get(connection, machine, filing, by)
            version = self._rules(case.profile, now)
            applies = "authority"
            if machine is RETURN_FLOW:
                applies = policies.who_applies(version.profile.gathering, _city(version))
            check_may(by, machine, event, case.department, self._city().organisation, applies=applies)
            machine.check_can(case.state, event, filing)
            told = facts if facts is not None else sets
            change = Change(case=case, event=event, by=by, now=now, facts=told or {}, sets=sets or {})
            return store.happen(connection, machine, change)

    def _get(self, connection: Connection, machine: Machine, filing: str, by: Person) -> Case:
        case = store.get(connection, machine, filing)
        if not sees(by, case.department, self._city().organisation):
            zh, en = machine.title
            raise NotFound(f"没有编号为 {filing} 的{zh}，请核对编号。", f"There is no {en} {filing}; check the id.")
        return case


def _city(version: Version) -> Words:
    return version.profile.title_zh, version.profile.title_en


def _counts(exception: GatheringException, day: date) -> bool:
    return exception.until is None or day <= exception.until
