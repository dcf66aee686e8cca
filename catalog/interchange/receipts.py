"""The life of a package that a district sent: it is received once, and by its digest every later time is the same one."""

from __future__ import annotations

from catalog.cases.machine import Machine, Step
from catalog.cases.person import Part, Person
from catalog.departments import DepartmentKind
from catalog.organisation import Organisation
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
