"""The life of a package that a district sent, its receipt, and who may send and receive.

A receipt is named by district, version and content. What of its package could not be taken on that day stands in it, and comes in
when the package is sent again later; which of a district's packages is its latest is `catalog.interchange.numbering`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeGuard

from catalog.cases.machine import Machine, Step
from catalog.cases.model import Happening
from catalog.cases.person import Part, Person
from catalog.departments import DepartmentKind
from catalog.interchange.held_back import HeldBack
from catalog.organisation import Organisation
from ground.errors import Forbidden

_BY = "authority of the city, or of the district by the interface"

RECEIPT = Machine(
    "catalogue_package",
    ("目录报送包", "catalogue package"),
    {"received": ("已接收", "received")},
    frozenset({"received"}),
    (
        Step(
            "package_received", (None, "received"), "received", "接收报送包", "package received", _BY,
            "district, version, digest, entries, what was held back",
        ),
        Step(
            "package_completed", ("received",), None, "补收报送包的条目", "entries that were held back taken in", _BY,
            "entries, what is still held back",
        ),
        Step(
            "numbering_accepted", ("received",), None, "认可区级目录重新编号", "another numbering of the district accepted",
            "authority of the city", "number from which packages are received, reason",
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
    """What was received, and what became of it.

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
        held_back: what was not taken in, and why.
        same: ids of the unchanged entries; none in receipts of an earlier version of the hub.
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
    held_back: tuple[HeldBack, ...] = ()
    same: tuple[str, ...] = ()

    @property
    def covers(self) -> frozenset[str]:
        """Ids of the entries that the package spoke of."""
        return frozenset((*self.drafts, *self.changes, *self.same, *(one.entry for one in self.held_back)))

    def as_facts(self) -> dict[str, Any]:
        """The receipt as its event carries it."""
        return {
            "district": self.district, "version": self.version, "digest": self.digest, "drafts": len(self.drafts),
            "changes": len(self.changes), "unchanged": self.unchanged,
            "entries": {"drafts": list(self.drafts), "changes": list(self.changes), "same": list(self.same)},
            "remarks": [{"entry": o.entry, "bars": o.bars, "zh": o.zh, "en": o.en} for o in self.remarks],
            "held_back": [one.as_facts() for one in self.held_back],
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
            tuple(HeldBack.read(one) for one in facts.get("held_back", ())), tuple(entries.get("same", ())),
        )  # fmt: skip

    def completed(self, later: Receipt) -> Receipt:
        """With what came in when the package was sent again.

        Args:
            later: of that time: what came in then, and what is still held back.
        """
        taken = frozenset((*later.drafts, *later.changes))
        return replace(
            self, drafts=(*self.drafts, *(one for one in later.drafts if one not in self.drafts)),
            changes=(*self.changes, *(one for one in later.changes if one not in self.changes)),
            unchanged=self.unchanged + later.unchanged, same=(*self.same, *later.same), held_back=later.held_back,
            remarks=(*(one for one in self.remarks if one.entry not in taken), *later.remarks),
        )  # fmt: skip


def receipt_id(district: str, version: int, digest: str) -> str:
    """The id of the receipt of a package, 32 hex digits."""
    return hashlib.sha256(f"{district}@{version} {digest}".encode()).hexdigest()[:32]


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
