"""The life of a package that a district sent, and which of a district's packages is its latest.

A package is told by district, version and content. The latest received again is the same one and does nothing; the content of
an earlier version may come again under a later one, for a district may return to what it said before. What is older than the
latest is refused: it would undo what the district has said since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import Machine, Step
from catalog.cases.model import Happening
from catalog.cases.person import Part, Person
from catalog.departments import DepartmentKind
from catalog.organisation import Organisation
from catalog.problems import Problem
from ground.errors import Forbidden

RECEIPT = Machine(
    "catalogue_package",
    ("目录报送包", "catalogue package"),
    {"received": ("已接收", "received")},
    frozenset({"received"}),
    (
        Step(
            "package_received", (None,), "received", "接收报送包", "package received", "authority of the city",
            "district, version, digest, entries",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EntryRemark:
    """What the gate says of one entry of a package.

    Attributes:
        entry: its id.
        bars: whether it bars the entry when it is submitted; else it goes to the authority.
        zh: in Chinese.
        en: in English.
    """

    entry: str
    bars: bool
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was received, and what became of it on that day.

    Attributes:
        number: of the receipt (`receipt_id`).
        district: id of the unit that the package names.
        version: number of the district's catalogue.
        digest: sha256 (hex) of the content.
        received_at: when, aware.
        drafts: ids of entries that became drafts, or drafts that were replaced.
        changes: ids of published entries for which a change was asked, or one of an earlier package given up.
        unchanged: how many entries said what the city has already.
        remarks: what the gate said of the entries that were taken in.
    """

    number: str
    district: str
    version: int
    digest: str
    received_at: datetime
    drafts: tuple[str, ...]
    changes: tuple[str, ...]
    unchanged: int
    remarks: tuple[EntryRemark, ...] = ()

    def as_facts(self) -> dict[str, Any]:
        """The receipt as its event carries it."""
        return {
            "district": self.district, "version": self.version, "digest": self.digest, "drafts": len(self.drafts),
            "changes": len(self.changes), "unchanged": self.unchanged,
            "entries": {"drafts": list(self.drafts), "changes": list(self.changes)},
            "remarks": [{"entry": o.entry, "bars": o.bars, "zh": o.zh, "en": o.en} for o in self.remarks],
        }  # fmt: skip

    @classmethod
    def read(cls, event: Happening) -> Receipt:
        """The receipt of an event; one of an earlier version of the hub names no entries."""
        facts: Mapping[str, Any] = event.facts
        entries = facts.get("entries") or {}
        return cls(
            event.case, str(facts["district"]), int(facts["version"]), str(facts["digest"]), event.at,
            tuple(entries.get("drafts", ())), tuple(entries.get("changes", ())), int(facts.get("unchanged", 0)),
            tuple(EntryRemark(**one) for one in facts.get("remarks", ())),
        )  # fmt: skip


def receipt_id(district: str, version: int, digest: str) -> str:
    """The id of the receipt of a package, 32 hex digits."""
    return hashlib.sha256(f"{district}@{version} {digest}".encode()).hexdigest()[:32]


def received_of(connection: Connection, district: str) -> list[Happening]:
    """What was received of a district, the latest last; each with ``version`` and ``digest`` in its facts."""
    trail = store.trail(connection, kind=RECEIPT.kind, names={"package_received"})
    return [one for one in trail if one.facts.get("district") == district]


def received_before(received: Sequence[Happening], version: int, digest: str) -> Receipt | None:
    """The receipt of this very package, whatever its district has sent since; None where it never came."""
    found = [one for one in received if _key(one) == (version, digest)]
    return Receipt.read(found[-1]) if found else None


def is_latest(received: Sequence[Happening], version: int, digest: str) -> bool:
    """Whether this package is the one that was received last of its district."""
    return bool(received) and _key(received[-1]) == (version, digest)


def overtaken(received: Sequence[Happening], version: int, digest: str) -> Problem | None:
    """Why a package comes too late: the district has sent a later one. None where it has not."""
    if not received or is_latest(received, version, digest):
        return None
    latest, _ = _key(received[-1])
    if version > latest or (version == latest and (version, digest) not in map(_key, received)):
        return None
    return Problem(
        f"报送包是目录第 {version} 版，该区较新的第 {latest} 版已经接收，旧版不再接收。请报送单位重新导出现行目录后报送。",
        f"The package is version {version} of the catalogue; a later one, version {latest}, was received already. The sender "
        "exports the catalogue in force and sends that.",
        "version",
    )


def _key(one: Happening) -> tuple[int, str]:
    return int(one.facts["version"]), str(one.facts["digest"])


def check_may_receive(person: Person, organisation: Organisation) -> None:
    """The city's authority receives what its districts send (Wuhan 10, Haishu 10); Forbidden for everybody else."""
    top = organisation.city_authority
    acting = person.department is None or top is None or person.department == top.id
    if person.part is Part.AUTHORITY and acting:
        return
    name = f"{top.name}（{top.id}）" if top else DepartmentKind.AUTHORITY.value
    raise Forbidden(
        f"区级报送的目录由市级数据主管部门接收：{name}。",
        f"What a district sends is received by the city's data authority: {top.id if top else 'none is registered'}.",
        where="catalog receive",
    )


def check_may_send(person: Person, district: str, organisation: Organisation) -> None:
    """A district's platform hands up what its own district compiles (Wuhan 7, 10; Haishu 6): its authority, for it alone.

    Args:
        person: whose key the package came with.
        district: id of the unit that the package names.
        organisation: the city's own register of units, which says who leads which district.

    Raises:
        Forbidden: the key belongs to another unit, or to none that leads a district.
    """
    own = organisation.district_area(person.department) if _is_unit(person.department, organisation) else frozenset()
    theirs = organisation.district_area(district) if organisation.knows(district) else frozenset()
    if person.part is Part.AUTHORITY and own and own == theirs:
        return
    raise Forbidden(
        f"密钥所属单位 {person.department} 不是该报送包所写区的大数据主管部门，未接收。请用本区主管部门的密钥报送本区目录。",
        f"The key belongs to {person.department}, which is not the data authority of the district that the package names; "
        "nothing was received. Send your own district's catalogue with the key of its authority.",
        where="district",
    )


def _is_unit(name: str | None, organisation: Organisation) -> TypeGuard[str]:
    return name is not None and organisation.knows(name) and organisation.unit(name).kind is DepartmentKind.AUTHORITY
