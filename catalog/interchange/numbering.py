"""Which of a district's packages is its latest, by the number that its platform gives them.

The number is the load counter of the district's own home. The latest package received again is the same one; the content of an earlier
version may come again under a later one, for a district may return to what it said before. What is older than the latest is refused:
it would undo what the district has said since. A home that was rebuilt counts from the beginning, and one that was tampered with may
have sent any number: the city's authority accepts another numbering, with its reason, and from there on what came before no longer
says which is the later.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.entries.policies import check_said
from catalog.interchange.package import LAST_VERSION
from catalog.interchange.receipts import RECEIPT, Receipt, check_may_receive
from catalog.organisation import Organisation
from catalog.problems import Problem
from ground.errors import UserError
from warehouse.operational import OperationalDatabase

LEAP = 1_000_000
"""By how much a number may lie above the latest: a load a minute for two years. What leaps further would shut out all that follows."""


@dataclass(frozen=True)
class Numbering:
    """A district's packages since its numbering began.

    Attributes:
        district: id of the unit that the packages name.
        receipts: in the order in which they came, each with what came in later.
        begins: number from which packages are received; 0 where the numbering was never accepted anew.
        last_case: number of the receipt that came last, of an earlier numbering too; None where nothing ever came.
    """

    district: str
    receipts: tuple[Receipt, ...]
    begins: int
    last_case: str | None

    @property
    def latest(self) -> Receipt | None:
        """The receipt of the latest package."""
        return self.receipts[-1] if self.receipts else None

    @property
    def reached(self) -> int:
        """The number of the latest, or that from which packages are received."""
        return max(self.begins, self.latest.version if self.latest else 0)

    def find(self, version: int, digest: str) -> Receipt | None:
        """The receipt of this very package, whatever its district has sent since; None where it never came."""
        return next((one for one in reversed(self.receipts) if (one.version, one.digest) == (version, digest)), None)

    def is_latest(self, version: int, digest: str) -> bool:
        """Whether this package is the one that was received last."""
        return self.latest is not None and (self.latest.version, self.latest.digest) == (version, digest)

    def waiting(self, receipt: Receipt) -> frozenset[str]:
        """Ids of the entries of a package that wait and of which no later package spoke; none of an earlier version."""
        if receipt.version != self.reached:
            return frozenset()
        later = self.receipts[self.receipts.index(receipt) + 1 :]
        return frozenset(one.entry for one in receipt.held_back).difference(*(one.covers for one in later))

    def refusal(self, version: int, digest: str) -> Problem | None:
        """Why a package is not received by its number; None where nothing speaks against it."""
        if self.is_latest(version, digest):
            return None
        if version < self.reached or (version == self.reached and self.find(version, digest) is not None):
            return Problem(
                f"报送包是目录第 {version} 版，该区较新的第 {self.reached} 版已经接收，旧版不再接收。请报送单位重新导出现行目录后报送；"
                f"区级平台重建、恢复或此前版次有误的，请市级主管部门认可其编号（{self._command(version)}）。",
                f"The package is version {version} of the catalogue; a later one, version {self.reached}, was received already. The "
                "sender exports the catalogue in force and sends that. Where its platform was rebuilt or restored, or an earlier "
                f"number was wrong, the city's authority accepts its numbering ({self._command(version)}).",
                "version",
            )
        if (self.receipts or self.begins) and version > self.reached + LEAP:
            return Problem(
                f"报送包是目录第 {version} 版，比已接收的第 {self.reached} 版大 {LEAP} 以上，不像是逐次编号。请报送单位核对；"
                f"确属无误的，请市级主管部门认可其编号（{self._command(version)}）。",
                f"The package is version {version} of the catalogue, more than {LEAP} above version {self.reached}, which was received "
                f"last: no count. The sender checks it; where it is right the city's authority accepts it ({self._command(version)}).",
                "version",
            )
        return None

    def _command(self, version: int) -> str:
        return f"shuyuan catalog renumber {self.district} --version {version} --reason …"


def names_of(district: str, organisation: Organisation) -> frozenset[str]:
    """The ids by which one district sends: its government's or committee's, and its authority's. One platform counts for both."""
    area = organisation.district_area(district) if organisation.knows(district) else frozenset()
    return frozenset({district}) | {one for one in area if organisation.district_area(one) == area}


def numbering_of(connection: Connection, district: str, names: Collection[str]) -> Numbering:
    """What was received of a district.

    Args:
        connection: a transaction.
        district: id of the unit that the package names.
        names: every id by which it sends (`names_of`).
    """
    begins = 0
    last_case: str | None = None
    found: dict[str, Receipt] = {}
    for event in store.trail(connection, kind=RECEIPT.kind, names={one.event for one in RECEIPT.steps}):
        if event.facts.get("district") not in names:
            continue
        if event.event == "numbering_accepted":
            begins, found = int(event.facts["version"]), {}
        elif event.event == "package_received":
            found.pop(event.case, None)
            found[event.case], last_case = Receipt.read(event), event.case
        elif event.event == "package_completed" and event.case in found:
            found[event.case] = found[event.case].completed(Receipt.read(event))
    return Numbering(district, tuple(found.values()), begins, last_case)


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
        before = numbering_of(connection, district, names_of(district, organisation))
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
