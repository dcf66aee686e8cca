"""What a department declares: itself, and its resources with their items.

Typed models of the YAML documents; how a resource is delivered is `catalog.feed`, which source decides about an item is
`catalog.register`, reading them is `catalog.documents`, keeping them `catalog.store`.
Source: the nine mandatory catalogue fields of Haishu article 10.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from ground.documents import Declared
from ground.labels import unseen

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Lower-case Latin name of a department, resource, item or feed; it becomes a table or column name."""


def _seen(title: str) -> str:
    found = unseen(title)
    if found:
        raise ValueError(
            f"{found[0]}，标题与没有它的标题无从区分，请删去后重写；{found[1]}, so the title looks like one without it; take it out"
        )
    return title


Title = Annotated[str, Field(min_length=1), AfterValidator(_seen)]
"""What people call a resource or an item: text of which every character is seen."""

RESERVED = frozenset({"select", "table", "from", "where", "group", "order", "key"})


class UpdateCycle(StrEnum):
    """How often a department delivers (更新周期), by the words of the national catalogue guide."""

    REAL_TIME = "real_time"
    DAILY = "daily"
    WORKING_DAY = "working_day"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    AD_HOC = "ad_hoc"
    """As it changes (不定时, 按需): no day by which the next delivery is due."""
    ONCE = "once"


class ItemType(StrEnum):
    """Type of an item in the standard stage."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIMESTAMP = "timestamp"
    GEOMETRY = "geometry"
    """Well-known text, longitude before latitude, in CGCS2000 (docs/decisions/0008)."""


class ShareMode(StrEnum):
    """The way in which shared data are handed over (共享方式)."""

    INTERFACE = "interface"
    EXCHANGE = "exchange"
    FILE = "file"
    PLATFORM = "platform"
    """Analysed on the platform, without leaving it (平台集中分析; Haishu 19)."""


class Access(Declared):
    """Sharing or opening class of a resource, with its reason; anything but unconditional needs a legal basis.

    Sharing and opening are different acts (Wuhan 3): an entry has one of these for each, and they change apart.
    """

    class_: Literal["unconditional", "conditional", "not"] = Field(alias="class")
    reason: str | None = None
    legal_basis: str | None = None
    condition: str | None = None
    """共享（开放）条件, mandatory in the national guide for a conditional class."""
    mode: ShareMode | None = None
    approval: str | None = None
    """Number of the document by which a not-shared class was approved (Wuhan 16) or filed (Longyan 11)."""

    @model_validator(mode="after")
    def _based(self) -> Self:
        stated = (self.reason or "").strip() and (self.legal_basis or "").strip()
        if self.class_ != "unconditional" and not stated:
            raise ValueError(
                "有条件或不予共享（开放）必须写明 reason 与 legal_basis；"
                "a conditional or not-shared class needs reason and legal_basis"
            )
        return self


class GatheringMode(StrEnum):
    """How data reach the platform (汇聚方式; Longyan 9)."""

    REAL_TIME = "real_time"
    """The department's own system: gathered in real time (实时汇聚)."""
    RETURN_FLOW = "return_flow"
    """A superior level's system: applied for and flowing back (回流汇聚)."""
    MANUAL = "manual"
    """No system: uploaded by hand (人工上传)."""


class GatheringException(Declared):
    """Real time is impossible: filed with the authority, while sharing needs are met all the same (Longyan 9)."""

    reason: str = Field(min_length=1)
    document: str = Field(min_length=1)
    """Number under which it was filed (备案)."""
    until: date | None = None
    """Last day on which it counts; None: until it is withdrawn."""


class Gathering(Declared):
    """How a resource is gathered, and what excuses it from real time."""

    mode: GatheringMode
    exception: GatheringException | None = None
    target: Literal["own_level", "city"] = "own_level"
    """The platform it goes to: that of its own level, or the city's (Wuhan 13)."""


class Sensitivity(StrEnum):
    """What an item may touch (GB/T 35273, GB/T 45574)."""

    GENERAL = "general"
    PERSONAL = "personal"
    SENSITIVE_PERSONAL = "sensitive_personal"
    TRADE_SECRET = "trade_secret"  # noqa: S105 - a kind of data


class Collection(Declared):
    """How a department comes to hold an item (one number, one source), and the law on which it does (Wuhan 12).

    ``own``: it collects or produces it, on a basis other than the entry's. ``corroboration``: held beside the source and compared with it. ``exception``: collected again because a law says so.
    ``shared``: obtained by sharing, which is never listed as one's own (Haishu 10, Lianyungang 11): the gate refuses it.
    """

    as_: Literal["own", "corroboration", "exception", "shared"] = Field(alias="as")
    source: str | None = None
    """The source it stands beside, ``<resource>.<item>``."""
    legal_basis: str | None = None
    """The law or regulation that it is collected on; of an exception the one that allows it (Wuhan 12: 除法律、法规另有规定外)."""

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        if self.as_ == "exception" and not self.legal_basis:
            raise ValueError("例外采集须写 legal_basis（法律、法规条款）；an exception names the law in legal_basis")
        if self.as_ == "own" and not self.legal_basis:
            raise ValueError(
                "自行采集的项，依据与条目相同的不写 collection，不同的在 legal_basis 写明；"
                "an item of one's own names the law in legal_basis, or leaves collection out and rests on the entry's"
            )
        return self


class Item(Declared):
    """One item (信息项) of a resource: a column of its standard table.

    ``element`` names a standard data element (`standards.elements`): it brings normalisation and default rules.
    """

    id: Identifier
    title: Title
    type: ItemType = ItemType.TEXT
    element: str | None = None
    required: bool = False
    max_length: int | None = Field(default=None, ge=1)
    code_list: str | None = None
    sensitivity: Sensitivity = Sensitivity.GENERAL
    grade: int | None = Field(default=None, ge=1, le=4)
    """Grade of general data, 1 (may be opened) to 4 (GB/T 43697-2024, annex H)."""
    collection: Collection | None = None
    """None: the department collects or produces it, on the basis of the entry."""
    srid: Literal[4490] | None = None
    """Geometries only: the reference system of the standard stage (CGCS2000, EPSG:4490), said in the contract."""
    shape: Literal["point", "line", "polygon"] | None = None
    """Geometries only: what is expected; several of a kind in one geometry are allowed for lines and polygons."""

    @property
    def beside(self) -> Collection | None:
        """How it is held where the department is not its own source; None where it is."""
        return self.collection if self.collection is not None and self.collection.as_ != "own" else None

    @model_validator(mode="after")
    def _geometry_is_complete(self) -> Self:
        stated = self.srid is not None and self.shape is not None
        if (self.type is ItemType.GEOMETRY) != stated or (self.srid is None) != (self.shape is None):
            raise ValueError(
                "type 为 geometry 的项须写明 srid: 4490 与 shape，其他类型不写；"
                "an item of type geometry states srid: 4490 and its shape, no other item does"
            )
        return self

    @field_validator("id")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in RESERVED or value.endswith(("__source", "__observed", "__agreement", "__disputed")):
            raise ValueError(f"名称 {value} 为系统保留，请换一个；the name {value} is reserved")
        return value


class Resource(Declared):
    """One resource (信息资源) of the catalogue: what one table of one department holds, at which grain."""

    id: Identifier
    title: Title
    department: Identifier
    system: str = Field(min_length=1)
    code: str | None = Field(default=None, min_length=1)
    """信息资源代码: the front part (类、项、目、细目) and the number behind a stroke (GB/T 21063)."""
    category: str | None = None
    """信息资源分类: ``基础/…``, ``主题/…`` or ``部门/…``."""
    abstract: str | None = None
    """信息资源摘要."""
    related: list[str] = Field(default_factory=list)
    """关联资源代码."""
    scope: str | None = None
    """Which area the rows cover (数据范围): 全市, 市直, a district."""
    collection_basis: str | None = None
    """The law or function on which the data are collected (Wuhan 12: by lawful competence, procedure and scope); an item that
    rests on another says so itself."""
    table: str | None = None
    """The table of the system that it catalogues, in the words of ``systems.yaml``."""
    gathering: Gathering | None = None
    grade: int | None = Field(default=None, ge=1, le=4)
    released: date | None = None
    """发布日期 of the entry."""
    storage_format: str = "database"
    provision_mode: Literal["interface", "exchange", "file"] = "file"
    share_until: str | None = None
    sharing: Access
    opening: Access
    update_cycle: UpdateCycle
    secret: Literal[False] = False
    """State secrets are never registered (Wuhan 2, Longyan 23): any other value is refused."""
    key: list[Identifier] = Field(min_length=1)
    observed_at: Identifier | None = None
    items: list[Item] = Field(min_length=1)

    @field_validator("secret", mode="before")
    @classmethod
    def _no_state_secret(cls, value: object) -> object:
        if value is not False:
            raise ValueError(
                "涉及国家秘密的数据不得登记（secret 只能为 false），请移出目录，按保密规定管理；"
                "state secrets are never registered: secret can only be false; take the entry out"
            )
        return value

    @field_validator("share_until", mode="before")
    @classmethod
    def _written_as_text(cls, value: object) -> object:
        # YAML reads an unquoted 2027-12-31 as a date and 2027 as a number.
        if isinstance(value, date):
            return value.isoformat()
        return str(value) if type(value) is int else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [item.id for item in self.items]
        refuse_repeated("items", names)
        for name in [*self.key, *([self.observed_at] if self.observed_at else [])]:
            if name not in names:
                raise ValueError(
                    f"key 或 observed_at 引用的项 {name} 不在 items 中；item {name} is not among the items: {', '.join(names)}"
                )
        return self

    def item(self, name: str) -> Item:
        """The item called ``name``; KeyError if there is none."""
        return next(iter([item for item in self.items if item.id == name])) if name in self.item_ids else _missing(name)

    def basis_of(self, item: Item) -> str | None:
        """The law or function on which an item is collected: its own, or that of the entry."""
        own = item.collection.legal_basis if item.collection is not None else None
        return own or self.collection_basis

    @property
    def item_ids(self) -> list[str]:
        """Names of the items, in order of declaration."""
        return [item.id for item in self.items]


def refuse_repeated(field: str, names: list[str]) -> None:
    """Refuse names written more than once; for validators of declared models."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{field} 中有重复：{'、'.join(repeated)}；written more than once in {field}")


def _missing(name: str) -> Item:
    raise KeyError(name)
