"""Who is responsible for data: departments, public-service units, the authority and the operator, and their order.

Sources: the two families of providers and the utilities of livelihood (Wuhan 3, 7), authority, operator and provider
(Lianyungang 4), the data section and the data steward (Longyan 5, 26), the first responsible person (Chifeng, part 4(三)1),
units managed vertically (Wuhan 10, 13). What must hold between them is `catalog.organisation`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from catalog.model import Identifier, refuse_repeated
from ground.documents import Declared


class DepartmentKind(StrEnum):
    """What a unit is to the regulations; it decides which duties hold for it."""

    AUTHORITY = "authority"
    """The data authority of a city or a district (大数据主管部门)."""
    PEOPLES_GOVERNMENT = "peoples_government"
    """A people's government as a whole, or the committee of a functional zone, which counts as a district's (Wuhan 5)."""
    OPERATOR = "operator"
    """Who builds and runs the platform (信息中心, 大数据中心); decides nothing."""
    GOVERNMENT = "government"
    """A department of government, or an organisation that the law gives public functions (政务部门)."""
    INSTITUTION = "institution"
    """A public institution with functions of administration or service (事业单位)."""
    PUBLIC_ENTERPRISE = "public_enterprise"
    """Water, power, gas, transport, post, telecom (公共企事业单位)."""
    BY_REFERENCE = "by_reference"
    """Other organs and budget units, to which the rules apply by reference (参照执行; Haishu 37, Chifeng part 4)."""


KIND_WORDS: dict[DepartmentKind, tuple[str, str]] = {
    DepartmentKind.PEOPLES_GOVERNMENT: ("政府", "government"),
    DepartmentKind.AUTHORITY: ("主管部门", "authority"),
    DepartmentKind.OPERATOR: ("运维机构", "operator"),
    DepartmentKind.GOVERNMENT: ("政务部门", "department"),
    DepartmentKind.INSTITUTION: ("事业单位", "institution"),
    DepartmentKind.PUBLIC_ENTERPRISE: ("公共企业", "enterprise"),
    DepartmentKind.BY_REFERENCE: ("参照执行", "by reference"),
}
"""Kind -> its word in Chinese and in English."""


class Level(StrEnum):
    """Where a unit stands in the order of government, the highest first."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    """Districts and counties, and functional zones with a committee of their own (Wuhan 5)."""
    TOWNSHIP = "township"

    def is_above(self, other: Level) -> bool:
        """Whether it stands above ``other``."""
        order = list(Level)
        return order.index(self) < order.index(other)


class Steward(Declared):
    """A data steward (政务数据专管员) as registered, with the days in office."""

    name: str = Field(min_length=1)
    position: str | None = None
    appointed: date
    until: date | None = None
    """Last day in office; None: until further notice."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.until is not None and self.until < self.appointed:
            raise ValueError("until 早于 appointed；until lies before appointed")
        return self

    def in_office(self, day: date) -> bool:
        """Whether the appointment holds on ``day``."""
        return self.appointed <= day and (self.until is None or day <= self.until)


class Department(Declared):
    """A department or public-service unit: the responsible subject of its data (Haishu 5)."""

    id: Identifier
    name: str = Field(min_length=1)
    kind: DepartmentKind = DepartmentKind.GOVERNMENT
    level: Level = Level.CITY
    parent: Identifier | None = None
    """The unit above it; the units below a government of a district are the district."""
    vertical: bool = False
    """Managed by its parent: the parent compiles its catalogue and gathers its data (实行垂直管理; Wuhan 10, 13)."""
    division: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    """Division code of its area (GB/T 2260)."""
    credit_code: str | None = None
    """Its unified social credit code: the provider's code of the national catalogue guide."""
    functions: list[Identifier] = Field(default_factory=list)
    """Its functions by law, in the words of the list of lawful collectors (`catalog.collectors`)."""
    unit_in_charge: str | None = None
    """The section in charge of data (管理科室; Lianyungang 4, Longyan 5)."""
    stewards: list[Steward] = Field(default_factory=list)
    """Everybody who was or is data steward, the history included (Longyan 26)."""
    first_responsible: str | None = None
    """Name of the head, who answers for data security first (第一责任人; Chifeng)."""
    security_officer: str | None = None
    """Who is named to answer for data security (安全管理负责人; Haishu 31)."""
    livelihood: bool = False
    """A utility of livelihood, which must be connected to the platform (Wuhan 7)."""
    connected_on: date | None = None
    """Since when it is connected to the platform; of a district's authority: its platform to the city's (Wuhan 7, Haishu 6)."""

    @model_validator(mode="after")
    def _vertical_below_somebody(self) -> Self:
        if self.vertical and self.parent is None:
            raise ValueError("vertical 为 true 时须写 parent（由谁垂直管理）；vertical needs parent, who manages it")
        return self

    def steward_on(self, day: date) -> Steward | None:
        """The data steward in office on ``day``; of several the one appointed last."""
        in_office = [one for one in self.stewards if one.in_office(day)]
        return max(in_office, key=lambda one: one.appointed, default=None)

    @property
    def is_provider(self) -> bool:
        """Whether the duties of those who have data hold for it: not for a government as a whole, nor for the operator."""
        return self.kind not in (DepartmentKind.PEOPLES_GOVERNMENT, DepartmentKind.OPERATOR)


class Departments(Declared):
    """The document ``departments.yaml``."""

    departments: list[Department] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        refuse_repeated("departments", [one.id for one in self.departments])
        return self
