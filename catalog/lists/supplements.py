"""The supplementary catalogue of a district (补充目录): on the ground of the city's, heard on, and filed with the city.

Source: Haishu 10. Filing (备案) is told to the city with a document; the city does not approve it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.model import Case
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.departments import DepartmentKind, Level
from catalog.entries.policies import check_number, check_said, refuse
from catalog.lists.desk import ListDesk, check_heard, check_listed
from catalog.lists.lines import published_resource, reasons_against_listing
from catalog.lists.rules import ListRules
from catalog.lists.states import COMPILING, CONSULTED, FILED, SUPPLEMENT
from ground.errors import UserError

_BARRED = ("以下条目不能列入补充目录，未作任何更改", "These entries cannot be listed; nothing was changed")


class Supplements(ListDesk):
    """Everything that can be done with supplementary catalogues."""

    machine = SUPPLEMENT
    prefix = "SC"

    def needs(self, rules: ListRules) -> frozenset[str]:
        """Who must be heard before it is filed."""
        return rules.supplement_consults

    def open(self, department: str, title: str, by: Person, now: datetime) -> Case:
        """Begin a supplementary catalogue of a district's authority.

        Raises:
            UserError: the city's rules know none, or the unit is no district's authority.
        """
        rules = ListRules.of(self.office.rules.on(now))
        ground = rules.check_supplement()
        unit = self.office.organisation.unit(department)
        if unit.kind is not DepartmentKind.AUTHORITY or unit.level is not Level.DISTRICT:
            raise UserError(
                f"补充目录由区大数据主管机构编制（{ground}），{unit.name}（{department}）不是。",
                f"A supplementary catalogue is made by a district's authority ({ground}); {department} is none.",
                where=department,
            )
        return self._open(department, title, by, now, rules, {"ground": ground})

    def compile(self, name: str, entries: Sequence[str], by: Person, now: datetime) -> Case:
        """Put down which entries of the district it holds, in place of those it held.

        Raises:
            UserError: entries that are not published or not of this district, each with its reason.
        """
        with self.office.database.writing() as connection:
            case = store.get(connection, self.machine, name)
            event = "amended" if (case.state, "amended") in self.machine.next else "compiled"
            wanted = list(dict.fromkeys(entries))
            lines = self._lines(connection, case, wanted)

            def change(one: Case) -> Change:
                facts = {"entries": wanted}
                return Change(case=one, event=event, by=by, now=now, facts=facts, sets={"lines": lines})

            return self._stepped(connection, name, event, by, change)

    def file(self, name: str, by: Person, now: datetime, *, document: str) -> Case:
        """File it with the city.

        Args:
            document: number under which it was filed.

        Raises:
            UserError: no number, nothing listed, the providers were not heard, or entries no longer stand as they were listed.
        """
        check_number(document, "报备须写明备案文号", "Filing has the number of its document")
        with self.office.database.writing() as connection:

            def change(case: Case) -> Change:
                lines = self._still(connection, case)
                check_heard(case, self.needs(self._rules(case)))
                superior = self.office.organisation.superior_of(case.department)
                facts = {"document": document, "with": superior.id if superior else None}
                sets = {"document": document, "lines": lines}
                return Change(case=case, event="filed", by=by, now=now, facts=facts, sets=sets)

            return self._stepped(connection, name, "filed", by, change)

    def take_effect(self, name: str, by: Person, now: datetime, *, on: date) -> Case:
        """It is in effect from a day on, as it was filed.

        Raises:
            UserError: an entry was withdrawn since, or is the district's no longer; the catalogue is revised first.
        """
        with self.office.database.writing() as connection:

            def change(case: Case) -> Change:
                self._still(connection, case)
                version = int(case.facts.get("version") or 0) + 1
                return Change(
                    case=case, event="took_effect", by=by, now=now, facts={"on": on.isoformat(), "version": version},
                    sets={"published": case.facts["lines"], "version": version, "effective_from": on.isoformat()},
                )  # fmt: skip

            return self._stepped(connection, name, "took_effect", by, change)

    def revise(self, name: str, by: Person, now: datetime, *, reason: str) -> Case:
        """Take it up for a revision; what is in effect stays until the revision is."""
        check_said(reason, "修订须写明理由", "A revision states its reason")
        return self._plain(name, "revised", by, now, {"reason": reason}, consultation=None, document=None)

    def withdraw(self, name: str, by: Person, now: datetime, *, reason: str) -> Case:
        """Withdraw it."""
        check_said(reason, "撤销须写明理由", "A withdrawal states its reason")
        return self._plain(name, "withdrawn", by, now, {"reason": reason}, published=None)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _still(self, connection: Connection, case: Case) -> list[dict[str, Any]]:
        """The lines taken anew from the entries; UserError where one was withdrawn meanwhile, or changed by hand."""
        held = case.facts.get("lines") or []
        check_listed(held, case.id)
        return self._lines(connection, case, [one["entry"] for one in held])

    def _lines(self, connection: Connection, case: Case, wanted: Sequence[str]) -> list[dict[str, Any]]:
        """The lines as the entries give them now; UserError with every reason against every one."""
        found = self._entries(connection, wanted)
        within = self.office.organisation.governed_by(case.department)
        barred = [(one, reason) for one in wanted for reason in reasons_against_listing(found.get(one))]
        barred += [
            (one, ("不在本区范围内", "it does not lie within the district"))
            for one, entry in found.items()
            if entry.department not in within
        ]
        refuse(barred, *_BARRED)
        return [_line(found[one]) for one in wanted]

    def _onward(self, case: Case) -> str | None:
        return {COMPILING: "filed", CONSULTED: "filed", FILED: "took_effect"}.get(case.state)


def _line(case: Case) -> dict[str, Any]:
    resource = published_resource(case)
    department = resource.department if resource is not None else case.department
    return {"entry": case.id, "title": case.title, "department": department}
