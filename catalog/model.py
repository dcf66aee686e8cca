"""What a department declares: departments, resources with their items, feeds, and the register of sources.

Typed models of the YAML documents; reading them is `catalog.documents`, keeping them is `catalog.store`.
Source: the nine mandatory catalogue fields of Haishu article 10; one number, one source of Wuhan article 12.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from ground.documents import Declared

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Lower-case Latin name of a department, resource, item or feed; it becomes a table or column name."""

NullText = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""A text that stands for a missing value."""

RESERVED = frozenset({"select", "table", "from", "where", "group", "order", "key"})


class UpdateCycle(StrEnum):
    """How often a department delivers (更新周期)."""

    DAILY = "daily"
    WORKING_DAY = "working_day"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    ONCE = "once"


class ItemType(StrEnum):
    """Type of an item in the standard stage."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIMESTAMP = "timestamp"


class Department(Declared):
    """A department or public-service unit: the responsible subject of its data (Haishu 5)."""

    id: Identifier
    name: str = Field(min_length=1)
    kind: Literal["authority", "government", "public_enterprise", "institution"] = "government"
    unit_in_charge: str | None = None
    steward: str | None = None


class Departments(Declared):
    """The document ``departments.yaml``."""

    departments: list[Department] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _refuse_repeated("departments", [one.id for one in self.departments])
        return self


class Access(Declared):
    """Sharing or opening class of a resource, with its reason; anything but unconditional needs a legal basis."""

    class_: Literal["unconditional", "conditional", "not"] = Field(alias="class")
    reason: str | None = None
    legal_basis: str | None = None

    @model_validator(mode="after")
    def _based(self) -> Self:
        if self.class_ != "unconditional" and not (self.reason and self.legal_basis):
            raise ValueError(
                "有条件或不予共享（开放）必须写明 reason 与 legal_basis；"
                "a conditional or not-shared class needs reason and legal_basis"
            )
        return self


class Item(Declared):
    """One item (信息项) of a resource: a column of its standard table.

    ``element`` names a standard data element (`standards.elements`): it brings normalisation and default rules.
    """

    id: Identifier
    title: str = Field(min_length=1)
    type: ItemType = ItemType.TEXT
    element: str | None = None
    required: bool = False
    max_length: int | None = Field(default=None, ge=1)
    code_list: str | None = None

    @field_validator("id")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in RESERVED or value.endswith(("__source", "__observed", "__agreement", "__disputed")):
            raise ValueError(f"名称 {value} 为系统保留，请换一个；the name {value} is reserved")
        return value


class Resource(Declared):
    """One resource (信息资源) of the catalogue: what one table of one department holds, at which grain."""

    id: Identifier
    title: str = Field(min_length=1)
    department: Identifier
    system: str = Field(min_length=1)
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
        _refuse_repeated("items", names)
        for name in [*self.key, *([self.observed_at] if self.observed_at else [])]:
            if name not in names:
                raise ValueError(
                    f"key 或 observed_at 引用的项 {name} 不在 items 中；item {name} is not among the items: {', '.join(names)}"
                )
        return self

    def item(self, name: str) -> Item:
        """The item called ``name``; KeyError if there is none."""
        return next(iter([item for item in self.items if item.id == name])) if name in self.item_ids else _missing(name)

    @property
    def item_ids(self) -> list[str]:
        """Names of the items, in order of declaration."""
        return [item.id for item in self.items]


class FileSource(Declared):
    """Files that a department drops into its folder under ``inbox/``."""

    kind: Literal["file"] = "file"
    path: str = Field(min_length=1)
    """Pattern below ``inbox/``, with ``{period}`` and shell wildcards: ``ga/hukou_{period}*.csv``."""

    @field_validator("path")
    @classmethod
    def _below(cls, value: str) -> str:
        if (
            value.startswith(("/", "~"))
            or re.match(r"^[A-Za-z]:", value)
            or ".." in value.replace("\\", "/").split("/")
        ):
            raise ValueError("path 必须在 inbox/ 之下，不能是绝对路径或含 ..；path must stay below inbox/")
        return value


class SqlSource(Declared):
    """A table or query read through SQLAlchemy. ``${NAME}`` in the URL is taken from the environment."""

    kind: Literal["sql"]
    url: str = Field(min_length=1)
    query: str = Field(min_length=1)


class Csv(Declared):
    """Comma (or otherwise) separated text and its oddities."""

    kind: Literal["csv"]
    encoding: Literal["utf-8", "gbk", "gb18030", "auto"] = "auto"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    header_row: int = Field(default=1, ge=1)
    null_values: list[NullText] = Field(default_factory=list)
    """Texts that say there is no value (``N/A``, ``-``, ``无``), compared whole, in every column; empty always does."""


class Xlsx(Declared):
    """A sheet of a workbook; ``header_row`` is 1-based, titles may stand above it."""

    kind: Literal["xlsx"]
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)
    null_values: list[NullText] = Field(default_factory=list)
    """As in `Csv`."""


class Rows(Declared):
    """Rows that come typed from a database query."""

    kind: Literal["rows"] = "rows"


class Breach(Declared):
    """What happens to a row that breaks the contract, and when the whole delivery is refused."""

    row: Literal["quarantine", "refuse_delivery"] = "quarantine"
    refuse_above: float = Field(default=0.5, gt=0, le=1)
    """Share of broken rows above which the delivery is refused whole."""
    refuse_gone_above: float = Field(default=0.5, gt=0, le=1)
    """Full deliveries: share of known keys missing above which it is taken for cut off and refused whole."""


class Mode(StrEnum):
    """What a delivery says about the rows it does not name."""

    FULL = "full"
    """The whole resource: a key that is missing is gone."""
    INCREMENT = "increment"
    """New and changed rows only."""
    CORRECTION = "correction"
    """Some keys put right, on any day."""
    TOMBSTONE = "tombstone"
    """These keys are gone, and why."""


class Feed(Declared):
    """How one resource is delivered: where, in which format, what it means, which column is which item.

    ``resource`` is the id of a catalogued resource, or the whole entry, so that a stranger's file needs one document.
    ``columns`` maps delivered column to item; a delivered column that is not named is not taken (one number, one
    source at intake).
    """

    id: Identifier
    resource: Identifier | Resource
    source: Annotated[FileSource | SqlSource, Field(discriminator="kind")]
    format: Annotated[Csv | Xlsx | Rows, Field(discriminator="kind")]
    mode: Mode = Mode.FULL
    columns: dict[str, Identifier] = Field(min_length=1)
    reason_column: str | None = None
    """Tombstones only: the column that says why the key is gone."""
    on_breach: Breach = Breach()

    @property
    def resource_id(self) -> str:
        """Id of the resource this feed delivers."""
        return self.resource if isinstance(self.resource, str) else self.resource.id

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _refuse_repeated("columns", list(self.columns.values()))
        if isinstance(self.source, SqlSource) != isinstance(self.format, Rows):
            raise ValueError(
                "sql 来源的 format 为 rows，文件来源为 csv 或 xlsx；a sql source goes with format rows, a file with csv or xlsx"
            )
        if (self.mode is Mode.TOMBSTONE) != (self.reason_column is not None):
            raise ValueError(
                "tombstone 方式必须写 reason_column，其他方式不写；reason_column belongs to mode tombstone, and only there"
            )
        return self


class RegisteredItem(Declared):
    """The sources of one item of a library (一数一源): who decides, who is compared, who fills a gap."""

    title: str
    authority: Identifier
    corroborating: list[Identifier] = Field(default_factory=list)
    fallback: list[Identifier] = Field(default_factory=list)
    """In order; a value taken from here is marked as a fallback."""
    from_item: dict[Identifier, Identifier] = Field(default_factory=dict)
    """Resource -> its item, where the resource calls it otherwise than the library."""
    also_agrees_with: list[Identifier] = Field(default_factory=list)
    """Items of the authority that a corroborating value may equal instead (a former name is no error)."""
    type: ItemType = ItemType.TEXT

    @model_validator(mode="after")
    def _one_authority(self) -> Self:
        if self.authority in [*self.corroborating, *self.fallback]:
            raise ValueError(
                f"{self.authority} 已是权威来源，不能同时列为佐证或备用；the authority cannot corroborate itself"
            )
        _refuse_repeated("corroborating", self.corroborating)
        _refuse_repeated("fallback", self.fallback)
        return self


class AliasSource(Declared):
    """A resource that says which former code (corrected, merged, reissued) now has which key."""

    resource: Identifier
    alias: Identifier
    """Its item that holds the former code."""
    key: Identifier
    """Its item that holds the code in force."""


class Library(Declared):
    """One base library: its key and, for every item, the register of its sources."""

    title: str
    key: Identifier
    key_in: dict[Identifier, Identifier]
    """Resource -> the item of it that is this library's key. Also the list of contributing resources, in order."""
    aliases: list[AliasSource] = Field(default_factory=list)
    items: dict[Identifier, RegisteredItem] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_sources(self) -> Self:
        for name, item in self.items.items():
            for resource in [item.authority, *item.corroborating, *item.fallback, *item.from_item]:
                if resource not in self.key_in:
                    raise ValueError(
                        f"{name} 的来源 {resource} 未列入 key_in；source {resource} of {name} is not in key_in: "
                        f"{', '.join(self.key_in)}"
                    )
        return self


class Register(Declared):
    """The document ``register.yaml``: the register of sources of every base library."""

    libraries: dict[Identifier, Library]


def _refuse_repeated(field: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{field} 中有重复：{'、'.join(repeated)}；written more than once in {field}")


def _missing(name: str) -> Item:
    raise KeyError(name)
