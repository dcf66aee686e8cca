"""Standard data elements: one meaning, many column titles, one way of writing its values.

An item that names its element is normalised as `elements.yaml` says, and 身份证号码 and 公民身份号码 are seen to be one thing.
"""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path
from typing import Literal, Self

import ibis.expr.types as ir
from pydantic import Field, model_validator

from ground.documents import Declared, read_document
from ground.errors import UserError
from standards import citizen_id, code_list, money, phone, text

STEPS = {**text.STEPS, "phone": phone.STEP, "money": money.STEP, "eighteen_digits": citizen_id.STEP}
"""Every step that ``normalise`` may name."""

_TITLE_STEPS = [STEPS["half_width"], STEPS["remove_spaces"], STEPS["upper"]]
_WITHOUT_ELEMENT = [STEPS["trim"]]


class Element(Declared):
    """One data element.

    Attributes:
        standard: the standard or register that defines it.
        type: type of its values in the standard stage.
        normalise: names of steps, in order.
        code_list: the list its values come from, if any.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    aliases: list[str] = Field(default_factory=list)
    standard: str | None = None
    type: Literal["text", "integer", "decimal", "date", "timestamp", "geometry"] = "text"
    normalise: list[str] = Field(default_factory=lambda: ["trim"])
    code_list: str | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in self.normalise:
            if name not in STEPS:
                raise ValueError(f"没有规范化步骤 {name}；no step {name}; known: {', '.join(STEPS)}")
        if self.code_list is not None and self.code_list not in code_list.list_ids():
            raise ValueError(f"没有代码表 {self.code_list}；no code list {self.code_list}")
        return self


class Elements(Declared):
    """The document ``elements.yaml``: no identifier twice, no title or alias claimed by two elements."""

    elements: list[Element] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        claimed: dict[str, str] = {}
        for one in self.elements:
            for key in {f"id {one.id}", *(_plain_title(title) for title in (one.title, *one.aliases))}:
                if key in claimed:
                    raise ValueError(f"{key} 同属 {claimed[key]} 与 {one.id}；claimed by both")
                claimed[key] = one.id
        return self


def elements() -> list[Element]:
    """All elements, as declared."""
    return list(_document().elements)


def element(element_id: str) -> Element:
    """The element of that identifier.

    Raises:
        UserError: there is none; the message names the nearest.
    """
    found = _by_id().get(element_id)
    if found is None:
        close = difflib.get_close_matches(element_id, list(_by_id()), n=1)
        known = "、".join(_by_id())
        raise UserError(
            f"没有数据元 {element_id}。{f'是否想写 {close[0]}？' if close else ''}可用的数据元：{known}",
            f"No data element {element_id}.{f' Did you mean {close[0]}?' if close else ''} Known elements: {known}",
            where=f"element {element_id}",
        )
    return found


def match(title: str) -> str | None:
    """The element that a column title names, by title or alias; None if no element claims it.

    Width, blanks and case of the title do not matter.
    """
    return _by_title().get(_plain_title(title))


def normalise_text(value: str, element_id: str | None) -> str:
    """A value in the one form of its element; without an element only blanks at both ends go.

    Raises:
        UserError: there is no such element.
    """
    return text.apply_text(value, _steps(element_id))


def normalise(col: ir.StringValue, element_id: str | None) -> ir.StringValue:
    """Set-based `normalise_text`; null stays null, and a text of blanks becomes the empty text."""
    return text.apply(col, _steps(element_id))


def _steps(element_id: str | None) -> list[text.Step]:
    return _WITHOUT_ELEMENT if element_id is None else [STEPS[name] for name in element(element_id).normalise]


def _plain_title(title: str) -> str:
    return text.apply_text(title, _TITLE_STEPS)


@cache
def _document() -> Elements:
    return read_document(Path(__file__).with_name("elements.yaml"), Elements, name="standards/elements.yaml")


@cache
def _by_id() -> dict[str, Element]:
    return {one.id: one for one in _document().elements}


@cache
def _by_title() -> dict[str, str]:
    return {_plain_title(title): one.id for one in _document().elements for title in (one.title, *one.aliases)}
