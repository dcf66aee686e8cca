"""Archiving (归档和登记备份; Haishu 14): landed deliveries are packed, read back, and receipted; originals stay where they are.

A package is a bag (`pipelines.bags`); its receipt is a case of kind ``archive`` with the package's digest and what it holds.
What a sound package holds is not packed again. Nothing here removes anything: landing is what every later reading goes back to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import Machine, Step
from catalog.cases.model import Case
from catalog.cases.person import PART_WORDS, Part, Person
from catalog.cases.store import Change
from catalog.city import City
from ground.errors import Forbidden, InternalFault, Unavailable
from pipelines.bags import BagWriter, Faults, check_bag
from pipelines.intake.landing import Landing, sha256_of
from pipelines.intake.store import Delivery, Outcome
from policy.clock import SHANGHAI, legal_date
from policy.profiles import Version
from warehouse.operational import OperationalDatabase

KEPT, DAMAGED, REPLACED = "kept", "damaged", "replaced"

ARCHIVE = Machine(
    "archive",
    ("归档包", "archive package"),
    {
        KEPT: ("已归档", "kept"),
        DAMAGED: ("已损坏", "damaged"),
        REPLACED: ("已由新包取代", "replaced"),
    },
    frozenset({REPLACED}),
    (
        Step("packed", (None,), KEPT, "打包并回读核验", "packed and read back", "the operator", "digest, what it holds"),
        Step("verified", (KEPT, DAMAGED), KEPT, "核验无误", "verified", "the operator", "digest"),
        Step("found_damaged", (KEPT, DAMAGED), DAMAGED, "核验不符", "found damaged", "the operator", "faults"),
        Step("replaced", (DAMAGED,), REPLACED, "由新包取代", "replaced by a new package", "the operator", "the new package"),
    ),
)  # fmt: skip
"""The life of an archive package; its first event is its receipt."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What a run did.

    Attributes:
        receipt: of the package; None where nothing was to be archived.
        packed: ids of the deliveries that it holds.
        missing: deliveries whose bytes are not in landing any more.
        altered: deliveries whose bytes are not those that were received.
    """

    receipt: Case | None
    packed: tuple[str, ...]
    missing: tuple[str, ...]
    altered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: the package as it stands now, and its faults."""

    package: Case
    faults: Faults


def check_may_archive(person: Person) -> None:
    """The operator archives, the authority may, and the hub by the clock (Haishu 14); Forbidden for anybody else."""
    if person.part is Part.PROVIDER:
        zh, en = PART_WORDS[person.part]
        raise Forbidden(
            f"归档由平台运维机构或数据主管部门办理，您现为{zh}。",
            f"Archiving is done by the operator or the authority; you act as {en}.",
        )


class ArchiveService:
    """Archives deliveries.

    Args:
        root: ``HOME/archive``.
        database: where receipts are kept.
        landing: where the bytes are.
        deliveries: all of them, in order of arrival.
        city: the catalogue in force.
        rules: the version of the city's rules at a moment, for the receipt.
    """

    def __init__(
        self,
        root: Path,
        database: OperationalDatabase,
        landing: Landing,
        *,
        deliveries: Callable[[], Sequence[Delivery]],
        city: Callable[[], City],
        rules: Callable[[datetime], Version],
    ) -> None:
        self._root = root
        self._db = database
        self._landing = landing
        self._deliveries = deliveries
        self._city = city
        self._rules = rules

    def run(self, by: Person, now: datetime, *, until: date | None = None) -> Archived:
        """Pack what was received up to ``until`` (inclusive; None: everything) and is in no sound package yet.

        Raises:
            Forbidden: a provider asks.
            Unavailable: another run is under way, or the disk is full; nothing was receipted.
            InternalFault: the package does not read back as it was written.
        """
        check_may_archive(by)
        with self._turn():
            waiting = [one for one in self._waiting() if until is None or _day(one) <= until]
            sound, missing, altered = self._sorted(waiting)
            if not sound:
                return Archived(None, (), missing, altered)
            return Archived(self._pack(sound, by, now, until), tuple(one.id for one in sound), missing, altered)

    def verify(self, by: Person, now: datetime, package: str | None = None) -> list[Verified]:
        """Read packages back, one or all that are not replaced, and note in each what was found."""
        check_may_archive(by)
        with self._db.begin() as connection:
            named = [store.get(connection, ARCHIVE, package)] if package is not None else None
            found = named or store.listed(connection, kind=ARCHIVE.kind, open_only=True)
        return [self._verified(one, by, now) for one in found]

    def listed(self) -> list[Case]:
        """Every package, replaced ones included."""
        with self._db.begin() as connection:
            return store.listed(connection, kind=ARCHIVE.kind)

    def path_of(self, package: Case) -> Path:
        """Where a package lies."""
        return self._root / f"{package.id}.tar"

    # --- inside --------------------------------------------------------------------------------------------------

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One run at a time."""
        self._root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._root / ".lock", timeout=0):
                yield
        except Timeout:
            raise Unavailable(
                "另一归档任务正在进行，请稍后再试。", "Another run of the archive is under way; try again later."
            ) from None

    def _waiting(self) -> list[Delivery]:
        """Settled deliveries that no sound package holds, in order of arrival."""
        held = {name for one in self.listed() if one.state == KEPT for name in one.facts["deliveries"]}
        return [one for one in self._deliveries() if one.settled_at is not None and one.id not in held]

    def _sorted(self, waiting: Sequence[Delivery]) -> tuple[list[Delivery], tuple[str, ...], tuple[str, ...]]:
        """Those whose bytes are as received; those whose bytes are gone; those whose bytes are others."""
        sound: list[Delivery] = []
        missing: list[str] = []
        altered: list[str] = []
        for one in waiting:
            if one.outcome is Outcome.UNCHANGED:
                sound.append(one)  # the same bytes came before; it keeps none of its own
                continue
            try:
                digest, _ = sha256_of(self._landing.payload(one))
            except (Unavailable, OSError):
                missing.append(one.id)
                continue
            if digest == one.sha256:
                sound.append(one)
            else:
                altered.append(one.id)
        return sound, tuple(missing), tuple(altered)

    def _pack(self, sound: Sequence[Delivery], by: Person, now: datetime, until: date | None) -> Case:
        # Only whoever holds the turn gives out ids here, so the database is not held up while the package is written.
        with self._db.writing() as connection:
            name = store.new_id(connection, ARCHIVE, "A", legal_date(now))
        path = self._root / f"{name}.tar"
        digest, size = self._write(path, sound, now)
        faults = check_bag(path)
        if faults.any:
            path.unlink()
            raise InternalFault(
                "归档包回读与写入不符，未登记。", "The package does not read back as written.", where=name
            )
        days = sorted(_day(one) for one in sound)
        facts: dict[str, Any] = {
            "sha256": digest, "bytes": size, "deliveries": [one.id for one in sound],
            "rows": sum(one.rows_taken or 0 for one in sound), "first": days[0].isoformat(), "last": days[-1].isoformat(),
            "catalogue": self._city().digest, "until": until.isoformat() if until else None,
        }  # fmt: skip
        change = Change(
            case=None, event="packed", by=by, now=now, id=name, title=f"{days[0]} 至 {days[-1]} 送达的数据",
            department=by.department or "", profile=self._rules(now).name, facts={"sha256": digest}, sets=facts,
        )  # fmt: skip
        with self._db.writing() as connection:
            receipt = store.happen(connection, ARCHIVE, change)
            self._replace_damaged(connection, name, by, now)
        return receipt

    def _replace_damaged(self, connection: Connection, name: str, by: Person, now: datetime) -> None:
        """Damaged packages of which sound ones hold everything are replaced."""
        packages = store.listed(connection, kind=ARCHIVE.kind, open_only=True)
        held = {one for package in packages if package.state == KEPT for one in package.facts["deliveries"]}
        over = [one for one in packages if one.state == DAMAGED and held >= set(one.facts["deliveries"])]
        changes = [Change(case=one, event="replaced", by=by, now=now, facts={"by": name}) for one in over]
        store.happen_all(connection, ARCHIVE, changes)

    def _write(self, path: Path, sound: Sequence[Delivery], now: datetime) -> tuple[str, int]:
        city = self._city()
        departments = {one.id: one.department for one in city.resources}
        bag = BagWriter(path, now)
        try:
            holdings = [self._add(bag, one, departments.get(one.resource)) for one in sound]
            bag.add_bytes("holdings.json", _json(holdings))
            bag.add_bytes("catalogue.json", _json(city.content))
            return bag.close({
                "External-Identifier": path.stem, "Bagging-Date": legal_date(now).isoformat(),
                "Bag-Software-Agent": "shuyuan archive run", "Catalogue-Digest": city.digest,
                "Deliveries": str(len(sound)),
            })  # fmt: skip
        except BaseException:
            bag.abandon()
            raise

    def _add(self, bag: BagWriter, one: Delivery, department: str | None) -> dict[str, Any]:
        """One delivery into the package; what ``holdings.json`` says of it."""
        folder = f"deliveries/{one.id}"
        kept = None
        if one.outcome is not Outcome.UNCHANGED:
            payload = self._landing.payload(one)
            kept = f"{folder}/{payload.name}"
            if bag.add(kept, payload) != one.sha256:
                raise Unavailable(
                    "归档时原始文件正在变动，请稍后再试。",
                    "The bytes changed while they were packed; try again.",
                    where=one.id,
                )
        outcome = self._landing.folder(one) / "outcome.json"
        if outcome.exists():
            bag.add(f"{folder}/outcome.json", outcome)
        return {
            "delivery": one.id, "feed": one.feed, "resource": one.resource, "department": department,
            "period": one.period, "received_at": one.received_at.isoformat(), "delivered_as": one.name,
            "sha256": one.sha256, "bytes": one.size, "outcome": one.outcome.value, "payload": kept,
            "rows": {"in": one.rows_in, "taken": one.rows_taken, "quarantined": one.rows_quarantined},
        }  # fmt: skip

    def _verified(self, package: Case, by: Person, now: datetime) -> Verified:
        path = self.path_of(package)
        faults = Faults(broken="missing")
        if path.exists():
            faults = check_bag(path)
            if not faults.any and sha256_of(path)[0] != package.facts["sha256"]:
                faults = Faults(broken="another package than the one receipted")
        if package.state == REPLACED:
            return Verified(package, faults)
        event = "found_damaged" if faults.any else "verified"
        facts = faults.as_json() if faults.any else {"sha256": package.facts["sha256"]}
        with self._db.writing() as connection:
            current = store.get(connection, ARCHIVE, package.id)
            done = store.happen(connection, ARCHIVE, Change(case=current, event=event, by=by, now=now, facts=facts))
        return Verified(done, faults)


def _day(one: Delivery) -> date:
    return one.received_at.astimezone(SHANGHAI).date()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
