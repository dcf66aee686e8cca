"""The life of a package that a district sent, and which of a district's packages is its latest.

A package is told by district, version and content. The latest received again is the same one and does nothing; the content of
an earlier version may come again under a later one, for a district may return to what it said before. What is older than the
latest is refused: it would undo what the district has said since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

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


def receipt_id(district: str, version: int, digest: str) -> str:
    """The id of the receipt of a package, 32 hex digits."""
    return hashlib.sha256(f"{district}@{version} {digest}".encode()).hexdigest()[:32]


def received_of(connection: Connection, district: str) -> list[Happening]:
    """What was received of a district, the latest last; each with ``version`` and ``digest`` in its facts."""
    trail = store.trail(connection, kind=RECEIPT.kind, names={"package_received"})
    return [one for one in trail if one.facts.get("district") == district]


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
