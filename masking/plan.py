"""The masking plan: which columns leave, through which technique, and how safe the rows must be together.

A plan is a declared document. Only columns that it names leave, and each has a technique: nothing is published by
forgetting it. Every column is also either a quasi-identifier, the sensitive column, or of a technique that shows nothing
of the value (pseudonym, constant): otherwise k would be measured on less than the row that leaves. What each technique
is and takes stands in `TECHNIQUES`; how it works in `masking.techniques` and `masking.generalise`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal, Self

import ibis.expr.types as ir
from pydantic import Field, model_validator

from catalog.model import Identifier
from ground.documents import Declared
from ground.errors import UserError
from masking import generalise, techniques
from masking.techniques import Hmac


class Technique(StrEnum):
    """Names of the techniques a plan may use."""

    KEEP_ENDS = "keep_ends"
    PERSON_NAME = "person_name"
    CITIZEN_ID = "citizen_id"
    PHONE = "phone"
    CREDIT_CODE = "credit_code"
    ADDRESS = "address"
    DIVISION = "division"
    ALLOWED = "allowed"
    YEAR = "year"
    YEAR_BAND = "year_band"
    AGE_BAND = "age_band"
    NUMBER_BAND = "number_band"
    CLIP = "clip"
    CONSTANT = "constant"
    PSEUDONYM = "pseudonym"
    DROP = "drop"


@dataclass(frozen=True)
class Form:
    """One technique: the parameters it takes, the kind of column it reads, and what is left in what it gives.

    ``shows_nothing``: the outcome says nothing about the person. ``personal``: it masks an identifier of a natural person,
    so what comes out is personal data still.
    """

    apply: Callable[[Any, Any, Hmac, date], ir.Value]
    takes: frozenset[str] = frozenset()
    reads: Literal["text", "date", "number"] = "text"
    shows_nothing: bool = False
    personal: bool = False


class MaskedColumn(Declared):
    """One published column: its heading, the column it is made from, its technique and the parameters of that."""

    title: str = Field(min_length=1)
    technique: Technique
    column: Identifier | None = None
    """Column of the library; by default the one with the name of the published column."""
    first: int | None = Field(default=None, ge=0, le=6)
    last: int | None = Field(default=None, ge=0, le=6)
    keep: Literal["district", "street"] | None = None
    digits: Literal[2, 4, 6] | None = None
    values: list[str] | None = Field(default=None, min_length=1)
    edges: list[int] | None = Field(default=None, min_length=1)
    unit: str | None = None
    bottom: int | None = None
    top: int | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _parameters(self) -> Self:
        common = {"title", "technique", "column"}
        given = {name for name in self.model_fields_set - common if getattr(self, name) is not None}
        takes = TECHNIQUES[self.technique].takes
        if given != takes:
            shown = "、".join(sorted(takes)) or "（无）"
            raise ValueError(
                f"{self.technique} 的参数应当正好是：{shown}；{self.technique} takes exactly: {', '.join(sorted(takes)) or 'none'}"
            )
        if self.edges is not None and any(lower >= upper for lower, upper in pairwise(self.edges)):
            raise ValueError("edges 必须从小到大；edges must rise")
        return self


class Variety(Declared):
    """l-diversity: a class must hold at least ``at_least`` different values of the sensitive ``column``."""

    column: Identifier
    at_least: int = Field(ge=2)


class MaskingPlan(Declared):
    """What leaves of a table, and how safe it must be.

    ``columns`` maps published column to its technique. ``suppress_below_k`` withholds the rows of classes that are too
    small (they are counted); without it one such class refuses the release.
    """

    columns: dict[Identifier, MaskedColumn] = Field(min_length=1)
    quasi_identifiers: list[Identifier]
    k: int = Field(ge=2)
    l: Variety | None = None  # noqa: E741 - the name of the measure
    suppress_below_k: bool = False

    @model_validator(mode="after")
    def _whole_row(self) -> Self:
        named = {*self.quasi_identifiers, *([self.l.column] if self.l else [])}
        unknown = sorted(named - set(self.published))
        if unknown:
            raise ValueError(
                f"quasi_identifiers 或 l 引用了不公布的列 {'、'.join(unknown)}；not among the published columns: {', '.join(unknown)}"
            )
        titles = [self.columns[name].title for name in self.published]
        if len(set(titles)) != len(titles):
            raise ValueError("各列的 title 不可重复；the titles must differ")
        loose = [name for name in self.published if name not in named and not self.form(name).shows_nothing]
        if loose:
            raise ValueError(
                f"以下列会被公布，却不参与风险测量，请列入 quasi_identifiers 或 l：{'、'.join(loose)}；"
                f"published but not measured, add to quasi_identifiers or l: {', '.join(loose)}"
            )
        return self

    @property
    def published(self) -> list[str]:
        """Names of the columns that leave, in order."""
        return [name for name, column in self.columns.items() if column.technique is not Technique.DROP]

    @property
    def reads(self) -> list[str]:
        """Columns of the library that what leaves is made from."""
        return sorted({self.columns[name].column or name for name in self.published})

    @property
    def uses_pseudonyms(self) -> bool:
        """Whether a keyed pseudonym leaves, so that a key is needed."""
        return any(self.columns[name].technique is Technique.PSEUDONYM for name in self.published)

    def form(self, name: str) -> Form:
        """The technique of the published column ``name``."""
        return TECHNIQUES[self.columns[name].technique]


def apply(plan: MaskingPlan, table: ir.Table, hmac: Hmac | None = None, *, as_of: date) -> ir.Table:
    """The masked table: one row per row of ``table``, the columns of the plan and no other. Nothing is withheld yet.

    Args:
        plan: the masking plan.
        table: a served library table.
        hmac: keyed HMAC of the recipient; needed where the plan has a pseudonym.
        as_of: day on which ages are counted.

    Raises:
        UserError: a column is missing or of the wrong type, or a key is needed and not there.
    """
    if plan.uses_pseudonyms and hmac is None:
        raise UserError(
            "脱敏方案含假名列，需要该接收方的密钥；请先生成密钥。",
            "The plan has a pseudonym and needs the recipient's key.",
        )
    columns = {}
    for name in plan.published:
        column = plan.columns[name]
        form = plan.form(name)
        source = _read(table, column.column or name, form.reads)
        columns[name] = form.apply(source, column, hmac or _no_key, as_of)
    return table.select(**columns)


def _read(table: ir.Table, name: str, kind: str) -> ir.Value:
    if name not in table.columns:
        raise UserError(
            f"脱敏方案引用的列 {name} 不在库中。现有列：{'、'.join(table.columns)}",
            f"The plan reads column {name}, which the library does not have.",
            where=name,
        )
    value = table[name]
    if kind == "text":
        return value.cast("string")
    fits = value.type().is_date() or value.type().is_timestamp() if kind == "date" else value.type().is_numeric()
    if not fits:
        raise UserError(
            f"列 {name} 的类型是 {value.type()}，该技术需要 {kind}。",
            f"Column {name} is {value.type()}; its technique needs {kind}.",
            where=name,
        )
    return value


def _no_key(_: ir.StringValue) -> ir.StringValue:
    raise UserError("没有密钥。", "There is no key.")


TECHNIQUES: dict[Technique, Form] = {
    Technique.KEEP_ENDS: Form(
        lambda v, c, _h, _d: techniques.keep_ends(v, first=c.first, last=c.last), frozenset({"first", "last"})
    ),
    Technique.PERSON_NAME: Form(lambda v, _c, _h, _d: techniques.person_name(v), personal=True),
    Technique.CITIZEN_ID: Form(lambda v, _c, _h, _d: techniques.citizen_id(v), personal=True),
    Technique.PHONE: Form(lambda v, _c, _h, _d: techniques.phone(v), personal=True),
    Technique.CREDIT_CODE: Form(lambda v, _c, _h, _d: techniques.credit_code(v)),
    Technique.ADDRESS: Form(lambda v, c, _h, _d: techniques.address(v, keep=c.keep), frozenset({"keep"})),
    Technique.DIVISION: Form(lambda v, c, _h, _d: techniques.division(v, digits=c.digits), frozenset({"digits"})),
    Technique.ALLOWED: Form(lambda v, c, _h, _d: techniques.allowed(v, c.values), frozenset({"values"})),
    Technique.YEAR: Form(lambda v, _c, _h, _d: generalise.year(v), reads="date"),
    Technique.YEAR_BAND: Form(lambda v, c, _h, _d: generalise.year_band(v, c.edges), frozenset({"edges"}), "date"),
    Technique.AGE_BAND: Form(
        lambda v, c, _h, d: generalise.age_band(v, c.edges, as_of=d), frozenset({"edges"}), "date"
    ),
    Technique.NUMBER_BAND: Form(
        lambda v, c, _h, _d: generalise.number_band(v, c.edges, unit=c.unit), frozenset({"edges", "unit"}), "number"
    ),
    Technique.CLIP: Form(
        lambda v, c, _h, _d: generalise.clip(v, bottom=c.bottom, top=c.top), frozenset({"bottom", "top"}), "number"
    ),
    Technique.CONSTANT: Form(
        lambda v, c, _h, _d: techniques.constant(v, c.value), frozenset({"value"}), shows_nothing=True
    ),
    Technique.PSEUDONYM: Form(lambda v, _c, h, _d: techniques.pseudonym(v, h), shows_nothing=True),
    Technique.DROP: Form(lambda v, _c, _h, _d: v, shows_nothing=True),
}
