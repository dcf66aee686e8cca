"""Which of a district's packages is its latest, by the number that its platform gives them.

The number is the load counter of the district's own home. The latest package received again is the same one; the content of an earlier
version may come again under a later one, for a district may return to what it said before. What is older than the latest is refused:
it would undo what the district has said since. A home that was rebuilt counts from the beginning, and one that was tampered with may
have sent any number: the city's authority accepts another numbering, with its reason, and from there on what came before no longer
says which is the later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.cases.tables import catalogue_case, catalogue_event
from catalog.entries.policies import check_said
from catalog.interchange.package import LAST_VERSION
from catalog.interchange.receipts import RECEIPT, Receipt, check_may_receive, receipt_id
from catalog.organisation import Organisation
from catalog.problems import Problem
from ground.errors import UserError
from warehouse.operational import OperationalDatabase

LEAP = 1_000_000
"""By how much a number may lie above the latest: a load a minute for two years. What leaps further would shut out all that follows."""


@dataclass(frozen=True)
class Numbering:
    """Where a district's numbering stands, as one package finds it.

    Attributes:
        district: id of the unit that the package names.
        version: number of the package.
        reached: number of the latest that was received, or from which packages are received; 0 where nothing ever came.
        known: the receipt of this very package, whatever its district has sent since; None where it never came.
        is_latest: it is the one that was received last.
        waiting: ids of its entries that wait and of which no later package spoke; none of an earlier version.
        last_case: number of the receipt that came last, of an earlier numbering too; None where nothing ever came.
    """

    district: str
    version: int
    reached: int
    known: Receipt | None
    is_latest: bool
    waiting: frozenset[str]
    last_case: str | None

    @property
    def refusal(self) -> Problem | None:
        """Why the package is not received by its number; None where nothing speaks against it."""
        version, reached = self.version, self.reached
        command = f"shuyuan catalog renumber {self.district} --version {version} --reason …"
        if version < reached or (version == reached and self.known is not None and not self.is_latest):
            return Problem(
                f"报送包是目录第 {version} 版，该区较新的第 {reached} 版已经接收，旧版不再接收。请报送单位重新导出现行目录后报送；"
                f"区级平台重建、恢复或此前版次有误的，请市级主管部门认可其编号（{command}）。",
                f"The package is version {version} of the catalogue; a later one, version {reached}, was received already. The "
                "sender exports the catalogue in force and sends that. Where its platform was rebuilt or restored, or an earlier "
                f"number was wrong, the city's authority accepts its numbering ({command}).",
                "version",
            )
        if reached and version > reached + LEAP:
            return Problem(
                f"报送包是目录第 {version} 版，比已接收的第 {reached} 版大 {LEAP} 以上，不像是逐次编号。请报送单位核对；"
                f"确属无误的，请市级主管部门认可其编号（{command}）。",
                f"The package is version {version} of the catalogue, more than {LEAP} above version {reached}, which was received "
                f"last: no count. The sender checks it; where it is right the city's authority accepts it ({command}).",
                "version",
            )
        return None


def names_of(district: str, organisation: Organisation) -> frozenset[str]:
    """The ids by which one district sends: its government's or committee's, and its authority's. One platform counts for both."""
    area = organisation.district_area(district) if organisation.knows(district) else frozenset()
    return frozenset({district}) | {one for one in area if organisation.district_area(one) == area}


def numbering_of(connection: Connection, district: str, names: Collection[str], version: int, digest: str) -> Numbering:
    """Where the numbering of a district stands for one package.

    Args:
        connection: a transaction.
        district: id of the unit that the package names.
        names: every id by which it sends (`names_of`).
        version, digest: of the package.
    """
    begins = 0
    last_case: str | None = None
    found: dict[str, tuple[int, str]] = {}
    for event, case, number, content in _numbers(connection, names):
        if event == "numbering_accepted":
            begins, found = number, {}
        else:
            found.pop(case, None)
            found[case], last_case = (number, content), case
    latest = next(reversed(found.values()), (0, ""))
    reached = max(begins, latest[0])
    own = receipt_id(district, version, digest)
    known = receipt_numbered(connection, own, names) if own in found else None
    waiting: frozenset[str] = frozenset()
    if known is not None and known.held_back and version == reached:
        cases = list(found)
        later = (receipt_numbered(connection, one, names) for one in cases[cases.index(own) + 1 :])
        waiting = frozenset(one.entry for one in known.held_back).difference(*(o.covers for o in later if o))
    return Numbering(district, version, reached, known, latest == (version, digest), waiting, last_case)


def _numbers(connection: Connection, names: Collection[str]) -> Iterator[tuple[str, str, int, str]]:
    """Event, case, version and digest of what was received and accepted, in order; receipts may be large, and are not read."""
    event, case = catalogue_event.c, catalogue_case.c
    facts = event.facts["facts"]
    query = (
        sa.select(event.event, event.case, facts["version"].as_string(), facts["digest"].as_string())
        .join(catalogue_case, sa.and_(case.kind == event.kind, case.id == event.case))
        .where(event.kind == RECEIPT.kind, event.event.in_(("package_received", "numbering_accepted")))
        .where(case.department.in_(sorted(names)))
        .order_by(event.seq)
    )
    for name, which, number, content in connection.execute(query):
        yield name, which, int(number), content or ""


def receipt_numbered(connection: Connection, number: str, names: Collection[str]) -> Receipt | None:
    """The receipt of this number, as it stands now; None where there is none, or it is another district's."""
    found: Receipt | None = None
    for event in store.events(connection, RECEIPT.kind, number):
        if event.facts.get("district") not in names:
            return None
        if event.event == "package_received":
            found = Receipt.read(event)
        elif event.event == "package_completed" and found is not None:
            found = found.completed(Receipt.read(event))
    return found


def accept_numbering(
    database: OperationalDatabase, organisation: Organisation, district: str, version: int, by: Person, now: datetime, *, reason: str,
) -> Numbering:  # fmt: skip
    """Receive a district's packages from another number on, by file and by the interface alike; what was received stays.

    Args:
        database: where cases are kept.
        organisation: the city's units.
        district: id of the unit that the packages name.
        version: number of the package that is to be received next.
        by: the city's authority.
        now: when, aware.
        reason: why: its platform was rebuilt, a number was wrong.

    Returns:
        The numbering as it was before.

    Raises:
        Forbidden: somebody else asks.
        UserError: no reason, no such number, or nothing ever came of this district.
    """
    check_may_receive(by, organisation)
    check_said(reason, "认可编号须写明理由", "Accepting a numbering states its reason")
    if not 1 <= version <= LAST_VERSION:
        raise UserError(
            f"版次应为 1 至 {LAST_VERSION}。", f"A version lies between 1 and {LAST_VERSION}.", where="--version"
        )
    with database.writing() as connection:
        store.take_turn(connection)
        before = numbering_of(connection, district, names_of(district, organisation), version, "")
        if before.last_case is None:
            raise UserError(
                f"没有接收过 {district} 的报送包，任何版次均可直接报送。请核对区级单位标识。",
                f"No package of {district} was ever received: any number may come. Check the id of the district.",
                where="DISTRICT",
            )
        case = store.get(connection, RECEIPT, before.last_case)
        facts = {"district": district, "version": version, "reached": before.reached, "reason": reason}
        change = Change(case=case, event="numbering_accepted", by=by, now=max(now, case.changed_at), facts=facts)
        store.happen(connection, RECEIPT, change)
    return before
