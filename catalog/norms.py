"""The register of norms (标准规范): which standards, laws and rules are in force, and what an entry must state under them.

Sources: national, industry and local standards are followed (Wuhan 8); the authority makes the norms of collecting,
cataloguing, gathering, sharing (Haishu 30); the city's norm of compilation, made from the national guide (Wuhan 9). Shipped
norms stand in ``norms.yaml`` beside this module; a home adds its own in ``city/norms.yaml``. What cites them is held
against the register by `catalog.citations`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from catalog.collectors import Certainty
from catalog.departments import Department, DepartmentKind
from catalog.model import Identifier, Resource, refuse_repeated
from catalog.problems import choices
from ground.documents import Declared, read_document
from ground.errors import UserError


class NormKind(StrEnum):
    """Who makes a norm, and how far it binds."""

    LAW = "law"
    NATIONAL = "national"
    INDUSTRY = "industry"
    LOCAL = "local"
    CITY = "city"
    """Made by the city's own authority (Wuhan 9, Haishu 30)."""
    PLATFORM = "platform"
    """Of this platform, where no standard says anything: its own code lists, its own list of mandatory fields."""


class NormDomain(StrEnum):
    """What a technical norm is about: the seven fields in which the authority has norms written (Haishu 30)."""

    COLLECTING = "collecting"
    CATALOGUING = "cataloguing"
    GATHERING = "gathering"
    SHARING = "sharing"
    OPENING = "opening"
    TRADING = "trading"
    SECURITY = "security"


DOMAIN_WORDS: dict[NormDomain, tuple[str, str]] = {
    NormDomain.COLLECTING: ("采集", "collecting"),
    NormDomain.CATALOGUING: ("编目", "cataloguing"),
    NormDomain.GATHERING: ("汇聚", "gathering"),
    NormDomain.SHARING: ("共享", "sharing"),
    NormDomain.OPENING: ("开放", "opening"),
    NormDomain.TRADING: ("交易流通", "trading"),
    NormDomain.SECURITY: ("安全管理", "security"),
}
"""Domain -> its word in Chinese, as the article has it, and in English."""


FIELDS: dict[str, tuple[str, str]] = {
    "title": ("业务名称", "title"),
    "system": ("信息系统名称", "system"),
    "items": ("数据项名称", "items"),
    "storage_format": ("存储格式", "storage format"),
    "sharing": ("共享属性", "sharing class"),
    "opening": ("开放属性", "opening class"),
    "provision_mode": ("提供方式", "provision mode"),
    "update_cycle": ("更新周期", "update cycle"),
    "share_until": ("共享期限", "share term"),
    "code": ("信息资源代码", "code"),
    "category": ("信息资源分类", "category"),
    "abstract": ("信息资源摘要", "abstract"),
    "related": ("关联资源代码", "related codes"),
    "scope": ("数据范围", "scope"),
    "collection_basis": ("采集依据", "basis of collection"),
    "table": ("数据表", "table"),
    "gathering": ("汇聚方式", "gathering"),
    "grade": ("数据分级", "grade"),
    "released": ("发布日期", "day of release"),
    "sharing.condition": ("共享条件", "condition of sharing"),
    "sharing.mode": ("共享方式", "mode of sharing"),
    "opening.condition": ("开放条件", "condition of opening"),
    "items.element": ("数据项的数据元", "data element of every item"),
    "items.sensitivity": ("数据项的敏感性", "sensitivity of every item"),
    "items.grade": ("数据项的分级", "grade of every item"),
}
"""What a norm of compilation may ask of an entry: path in `catalog.model.Resource` -> its words."""


class Compilation(Declared):
    """What an entry must state (编制规范), as a template: the same for all, unless a kind of unit has a list of its own."""

    fields: list[str] = Field(min_length=1)
    by_kind: dict[DepartmentKind, list[str]] = Field(default_factory=dict)
    """Public enterprises compile by need and scope of service (Wuhan 10), so that less may be asked of them."""
    where_conditional: list[str] = Field(default_factory=list)
    """Besides, where the class is conditional: ``sharing.condition`` (the national guide)."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in [*self.fields, *self.where_conditional, *(one for own in self.by_kind.values() for one in own)]:
            if name not in FIELDS:
                zh, en = choices(name, FIELDS)
                raise ValueError(f"没有名为 {name} 的目录字段。{zh}；there is no field {name}. {en}")
        return self

    def fields_for(self, kind: DepartmentKind) -> list[str]:
        """What an entry of a unit of this kind must state."""
        return self.by_kind.get(kind, self.fields)


def _as_text(value: object) -> object:
    return str(value) if type(value) is int else value  # YAML reads an unquoted year as a number


_Year = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "integer"]})]


class Norm(Declared):
    """One version of a norm."""

    id: Identifier
    number: str = Field(min_length=1)
    """As it is cited, without the year: ``GB/T 36344``; of a law its short title, ``民法典``."""
    title: str = Field(min_length=1)
    version: _Year | None = None
    """The year behind the number (``2018``); None where it is never cited with one."""
    kind: NormKind
    domains: list[NormDomain] = Field(default_factory=list)
    """What it is about; none of a law, of a code, of what lies outside the seven."""
    issuer: str | None = None
    """Who issued it, in words; of a city's own norm `issued_by` says it."""
    issued_by: list[Identifier] = Field(default_factory=list)
    """Units of this city that issued it together, by their ids: ``[bureau, sc]``."""
    effective_from: date | None = None
    """First day in force; None where it is older than anything here, or the day is not known to us."""
    effective_to: date | None = None
    """Last day in force; None: until further notice."""
    certainty: Certainty = Certainty.HIGH
    """How sure we are of title and dates; a norm without the text at hand is `MEDIUM` or `LOW`."""
    note: str | None = None
    compilation: Compilation | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to 早于 effective_from；effective_to lies before effective_from")
        for name, said in (("domains", self.domains), ("issued_by", self.issued_by)):
            refuse_repeated(name, list(said))
        return self

    @property
    def cited(self) -> str:
        """As it is cited: ``GB/T 36344-2018``."""
        return f"{self.number}-{self.version}" if self.version else self.number

    def in_force(self, day: date) -> bool:
        """Whether it holds on ``day``."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day <= self.effective_to)


class NormVersion(Declared):
    """One version of a norm, as a document names what it is bound to."""

    id: Identifier
    version: _Year | None = None
    """None where the norm has no versions."""

    def __str__(self) -> str:
        return f"{self.id}@{self.version}" if self.version else self.id


class NormDocument(Declared):
    """The document ``norms.yaml``: no version twice, and never two versions of a norm in force at once."""

    norms: list[Norm] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        refuse_repeated("norms", [f"{one.id}@{one.version or ''}" for one in self.norms])
        for one, other in combinations(self.norms, 2):
            same = one.id == other.id or (one.compilation is not None and other.compilation is not None)
            if same and _meet(one, other):
                raise ValueError(
                    f"{_named(one)} 与 {_named(other)} 同时有效，请写明前者的 effective_to；"
                    "two versions are in force at once: give the former its effective_to"
                )
        return self


class Norms:
    """All norms: those shipped, and those of a home, which replace a shipped one of the same id and version.

    Args:
        shipped: come with the hub.
        own: of the home; its norm of compilation goes before ours while it is in force.
    """

    def __init__(self, shipped: Iterable[Norm], own: Iterable[Norm] = ()) -> None:
        self.own = tuple(own)
        replaced = {(one.id, one.version) for one in self.own}
        self._all = (*self.own, *(one for one in shipped if (one.id, one.version) not in replaced))

    def __iter__(self) -> Iterator[Norm]:
        return iter(self._all)

    @classmethod
    def standard(cls, own: Iterable[Norm] = ()) -> Norms:
        """Those shipped, with those of a home."""
        return cls(shipped_norms(), own)

    def norm(self, name: str, day: date) -> Norm:
        """The version of a norm in force on a day.

        Raises:
            UserError: there is no such norm, or no version of it is in force.
        """
        versions = [one for one in self._all if one.id == name]
        if not versions:
            zh, en = choices(name, {one.id for one in self._all})
            raise UserError(f"没有登记名为 {name} 的规范。{zh}", f"There is no norm {name}. {en}")
        held = next((one for one in versions if one.in_force(day)), None)
        if held is None:
            known = "、".join(one.cited for one in versions)
            raise UserError(
                f"{day} 没有有效的 {name}；已登记：{known}", f"No version of {name} is in force on {day}: {known}"
            )
        return held

    def compilation_on(self, day: date) -> Norm | None:
        """The norm of compilation in force on a day (编制规范; Wuhan 9): the home's own, else ours."""
        found = [one for one in self._all if one.compilation is not None and one.in_force(day)]
        return next(iter(found), None)

    def missing(self, resource: Resource, department: Department, day: date) -> list[str]:
        """What an entry leaves unsaid of what the norm of compilation in force on ``day`` asks; names of `FIELDS`.

        Args:
            resource: the entry.
            department: whose it is; what is asked depends on its kind.
            day: on which it is handed in. Entries handed in before a new version came into force need not follow it until
                they change.
        """
        norm = self.compilation_on(day)
        return (
            [] if norm is None or norm.compilation is None else missing_of(resource, department.kind, norm.compilation)
        )


def missing_of(resource: Resource, kind: DepartmentKind, template: Compilation) -> list[str]:
    """`Norms.missing` for one template."""
    asked = list(template.fields_for(kind))
    asked += [one for one in template.where_conditional if _conditional(resource, one) and one not in asked]
    return [one for one in asked if not _written(resource, one)]


@cache
def shipped_norms() -> tuple[Norm, ...]:
    """The norms that come with the hub."""
    path = Path(__file__).with_name("norms.yaml")
    return tuple(read_document(path, NormDocument, name="catalog/norms.yaml").norms)


@cache
def founding() -> Compilation:
    """The template that every entry of a document must follow, whatever the day: the first of ours (Haishu 10, Wuhan 10).

    A newer version binds whoever hands in an entry; it must not stop a hub whose entries were right when they were made.
    """
    return next(one.compilation for one in shipped_norms() if one.compilation is not None)


def _conditional(resource: Resource, path: str) -> bool:
    access = resource.opening if path.startswith("opening.") else resource.sharing
    return access.class_ == "conditional"


def _written(model: BaseModel, path: str) -> bool:
    """Whether a field is written, not merely there by default, and not empty; of a list, in every element."""
    head, _, rest = path.partition(".")
    value = getattr(model, head)
    if head not in model.model_fields_set or value in (None, "", []):
        return False
    if not rest:
        return True
    parts = value if isinstance(value, list) else [value]
    return all(_written(one, rest) for one in parts)


def _meet(one: Norm, other: Norm) -> bool:
    first = max(one.effective_from or date.min, other.effective_from or date.min)
    return first <= min(one.effective_to or date.max, other.effective_to or date.max)


def _named(one: Norm) -> str:
    return f"{one.id}（{one.cited}）"
