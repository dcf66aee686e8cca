"""Higher law that stands above every city: numbers that bind once somebody with the text has confirmed them.

An overlay is a file: those shipped (``policy/overlays/``) hold what is remembered and not checked; a bureau confirms a number in
``city/overlays/<id>.yaml`` of its home, with the article, its name and the day. An unverified number warns and never
binds. A verified one *replaces* the city's number, longer or shorter, since higher law prevails; it binds cases filed on
or after the day it was confirmed, and is cited as the higher law's article.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator

from ground.documents import Declared, read_document
from ground.errors import UserError
from policy.profile import Instrument, Profile

OVERLAYS = Path(__file__).parent / "overlays"


class Confirmed(Declared):
    """Who held a number against the text, and when."""

    by: str = Field(min_length=1)
    on: date


class Number(Declared):
    """One parameter as a higher law has it."""

    parameter: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")]
    """Its path in a profile: ``sharing.answer_within``."""
    value: Any
    verified: bool
    source: str | None = Field(default=None, min_length=1)
    """Where an unverified number comes from."""
    article: str | None = Field(default=None, min_length=1)
    confirmed: Confirmed | None = None

    @model_validator(mode="after")
    def _founded(self) -> Self:
        if self.verified and (self.article is None or self.confirmed is None):
            raise ValueError(
                "verified: true 须写明 article（条款）和 confirmed（核对人 by 与日期 on）；"
                "a verified number carries its article, and confirmed: by whom and on which day"
            )
        if not self.verified and (self.source is None or self.confirmed is not None):
            raise ValueError(
                "verified: false 须写明 source（出处），且不写 confirmed；"
                "an unverified number carries its source and no confirmation"
            )
        return self

    @model_validator(mode="after")
    def _fits_its_parameter(self) -> Self:
        known = parameter_types()
        if self.parameter not in known:
            raise ValueError(f"没有名为 {self.parameter} 的参数；there is no parameter {self.parameter}")
        try:
            known[self.parameter].validate_python({"value": self.value, "house": "-"})
        except ValidationError as fault:
            message = fault.errors()[0]["msg"].removeprefix("Value error, ")
            raise ValueError(f"value 不适用于 {self.parameter}：{message}") from None
        return self

    @property
    def typed(self) -> Any:
        """The value as its parameter holds it, a period as a period."""
        return parameter_types()[self.parameter].validate_python({"value": self.value, "house": "-"}).value

    def binds_from(self, overlay: Overlay) -> date:
        """The first day whose cases a verified number binds: when the law holds and the number was confirmed."""
        return max(overlay.effective_from, self.confirmed.on) if self.confirmed else date.max


class HigherLaw(Declared):
    """The instrument of an overlay."""

    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    number: str = Field(min_length=1)
    issuer: str = Field(min_length=1)


class Overlay(Declared):
    """A higher law and what is known of its numbers."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    instrument: HigherLaw
    effective_from: date
    note_zh: str = Field(min_length=1)
    note_en: str = Field(min_length=1)
    numbers: list[Number]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [one.parameter for one in self.numbers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"参数重复：{'、'.join(twice)}；parameters named twice: {', '.join(twice)}")
        return self


@cache
def parameter_types() -> dict[str, TypeAdapter[Any]]:
    """Path of every parameter -> what holds a rule of it."""
    found: dict[str, TypeAdapter[Any]] = {}
    for section, field in Profile.model_fields.items():
        model = field.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)) or model is Instrument:
            continue
        for name, one in model.model_fields.items():
            cited = next(kind for kind in (one.annotation, *get_args(one.annotation)) if _is_cited(kind))
            found[f"{section}.{name}"] = TypeAdapter(cited)
    return found


def _is_cited(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def read_overlays(folders: Sequence[tuple[Path, str]]) -> list[Overlay]:
    """Overlays of several folders; a later file of the same id replaces the numbers it names and leaves the others.

    Raises:
        DocumentError: a file is wrong, with line and field.
        UserError: a file is called otherwise than its id.
    """
    found: dict[str, Overlay] = {}
    for folder, shown in folders:
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else []:
            name = f"{shown}/{path.name}"
            one = read_document(path, Overlay, name=name)
            if path.stem != one.id:
                raise UserError(
                    f"id 应与文件名相同：{path.stem}", f"id must equal the file's name: {path.stem}", where=f"{name} id"
                )
            before = found.get(one.id)
            named = {number.parameter for number in one.numbers}
            kept = [number for number in before.numbers if number.parameter not in named] if before else []
            found[one.id] = one.model_copy(update={"numbers": [*kept, *one.numbers]})
    return list(found.values())


def binding(overlay: Overlay, day: date) -> list[Number]:
    """The numbers of ``overlay`` that bind a case filed on ``day``."""
    return [one for one in overlay.numbers if one.verified and one.binds_from(overlay) <= day]


def applied(profile: Profile, overlay: Overlay, until: date) -> Profile:
    """``profile`` with the overlay's verified numbers that bind from ``until`` or earlier in place of its own."""
    said = profile.model_dump(mode="json")
    for one in binding(overlay, until):
        section, _, name = one.parameter.partition(".")
        said[section][name] = {
            "value": one.value, "article": one.article, "instrument": f"《{overlay.instrument.title_zh}》",
        }  # fmt: skip
    days = said["problem_data"]["days"]
    if days["article"] is not None:
        said["problem_data"]["law_says"] = None  # the higher law states days
    return Profile.model_validate(said)
