"""A rule and its ground: the article it is taken from, or why the house sets it; and the silence of an instrument.

Every parameter of a profile is `Cited` or `SILENT`. Nothing is left out: what a city says nothing of is written
``silent``, so that a forgotten parameter is an error and silence is never mistaken for a rule.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticKnownError

from ground.documents import Declared
from ground.errors import UserError
from policy.clock import Period

T = TypeVar("T")


class Silence(StrEnum):
    """That an instrument says nothing of a parameter, written ``silent``."""

    SILENT = "silent"


SILENT: Final = Silence.SILENT


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")  # a mapping was meant as a rule, not as silence
    return value


Silent = Annotated[Silence, BeforeValidator(_text)]
"""The type of a parameter that may be silent: ``Cited[bool] | Silent``; ask with ``is SILENT``."""


class Cited(Declared, Generic[T]):
    """A value with its ground: ``article`` of the instrument, or ``house``: why we set it where the text is silent.

    ``article`` is a number or several (``27`` or ``15, 17``); of an explanation, which has none, its section (``四（二）2``).
    ``instrument`` names the instrument whose article it is, where it is not the profile's own: a higher law that binds.
    ``note`` says what of the rule the value cannot hold.
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["article"]}, {"required": ["house"]}]})

    value: T
    article: str | None = Field(default=None, min_length=1)
    house: str | None = Field(default=None, min_length=1)
    instrument: str | None = Field(default=None, min_length=1)
    note: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _grounded(self) -> Self:
        if (self.article is None) == (self.house is None):
            raise ValueError(
                "每个值须写明 article（条款）或 house（自定规则的理由），二者取一；"
                "each value carries either its article or, as a house rule, its reason"
            )
        return self


def _period(value: Any) -> Period:
    try:
        return value if isinstance(value, Period) else Period.parse(str(value))
    except UserError as fault:
        raise ValueError(f"{fault.zh.rstrip('。')}；{fault.en}") from None


PeriodText = Annotated[
    Period,
    BeforeValidator(_period),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": "[0-9]+(wd|nd)"}),
]
"""A `Period` written ``5wd`` or ``60nd``."""

Prompt = Literal["at_once", "promptly"]
"""A limit without a number: 立即 (``at_once``) or 及时 (``promptly``)."""


def _period_or_prompt(value: Any) -> Any:
    return value if value in ("at_once", "promptly") else _period(value)


PeriodOrPrompt = Annotated[
    Period | Prompt,
    BeforeValidator(_period_or_prompt),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": "[0-9]+(wd|nd)|at_once|promptly"}),
]
"""A period, or the instrument's word where it states no days."""
