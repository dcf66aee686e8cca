"""An HTTP interface as a source: how it is asked, paged, and continued where the last delivery ended."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from catalog.model import Identifier
from ground.documents import Declared

Way = Annotated[str, Field(min_length=1)]
"""The way to a value of the answer, names joined by dots: ``data.next``."""


class PageNumber(Declared):
    """Pages are numbered: ``?page=1&size=500``; the page after the last is empty, unless ``total`` tells the end."""

    kind: Literal["page"]
    parameter: str = "page"
    first: int = Field(default=1, ge=0)
    size_parameter: str | None = None
    size: int | None = Field(default=None, ge=1)
    total: Way | None = None
    """Where the answer says how many records there are; a run that gets another number is not taken."""

    @model_validator(mode="after")
    def _size(self) -> Self:
        if (self.size is None) != (self.size_parameter is None):
            raise ValueError("size 与 size_parameter 一起写；size and size_parameter are written together")
        return self


class Offset(Declared):
    """Records are counted: ``?offset=0&limit=500``; the next offset is the number of records that came."""

    kind: Literal["offset"]
    parameter: str = "offset"
    size_parameter: str = "limit"
    size: int = Field(ge=1)
    total: Way | None = None
    """As in `PageNumber`."""


class Cursor(Declared):
    """Every answer holds the mark of the next page, which is sent back; the last one holds none."""

    kind: Literal["cursor"]
    parameter: str = "cursor"
    at: Way
    """Where the mark stands in the answer."""
    total: Way | None = None
    """As in `PageNumber`."""


class NextLink(Declared):
    """Every answer names the address of the next page: in its body, or in the header ``Link`` (RFC 8288, rel="next")."""

    kind: Literal["next_link"]
    at: Way | None = None
    """Where the address stands in the answer; without it, the header ``Link`` is meant."""
    total: Way | None = None
    """As in `PageNumber`."""


Paging = Annotated[PageNumber | Offset | Cursor | NextLink, Field(discriminator="kind")]


class Since(Declared):
    """Only what is new is asked for: from the highest value that came, or from the time of the last delivery.

    Both are read from what was taken, so nothing is kept beside it: a delivery that was refused is asked for again.
    """

    parameter: str = Field(min_length=1)
    item: Identifier | None = None
    """An item that only grows (a date, a time, an integer); without it, the time of the last taken delivery counts."""
    first: str | None = None
    """What is asked for as long as nothing was taken; without it, the parameter is left out."""
    format: str = "%Y-%m-%dT%H:%M:%S"
    """How a date or time is written (strftime), in Beijing time."""
    overlap_minutes: int = Field(default=0, ge=0, le=10_080)
    """Asked for again, for interfaces that bring late what carries an earlier time. Not for integers."""


class Token(Declared):
    """A token is fetched first: ``form`` is posted to ``url``, and the answer holds it at ``at``."""

    url: str = Field(pattern=r"^https?://.+")
    form: dict[str, str] = Field(min_length=1)
    at: Way = "access_token"
    header: str = "Authorization"
    prefix: str = "Bearer "


class HttpSource(Declared):
    """An interface of a department, asked by GET. ``${NAME}`` in values is taken from the environment.

    The answers of one run are landed as they came, in one archive, and read one after another in the feed's format.
    """

    kind: Literal["http"]
    url: str = Field(pattern=r"^https?://.+")
    parameters: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    token: Token | None = None
    paging: Paging | None = None
    since: Since | None = None
    page_limit: int = Field(default=10_000, ge=1)
    """Pages above which an interface is taken for one that never ends."""
    timeout_seconds: float = Field(default=60, gt=0, le=3600)
    """For one answer."""
    total_minutes: float = Field(default=120, gt=0, le=1440)
    """For one run."""
    retries: int = Field(default=4, ge=0, le=10)
    """How often an answer 429 or 5xx, or none, is asked for again, with growing pauses."""

    @field_validator("url")
    @classmethod
    def _no_user(cls, value: str) -> str:
        if urlsplit(value).username is not None:
            raise ValueError("url 中不能写用户名和口令，请用 headers；no user in url; use headers")
        if urlsplit(value).query:
            raise ValueError("url 中不写查询参数，请写入 parameters；write the query into parameters")
        return value

    @property
    def place(self) -> str:
        """Where it is, for lists; it holds no credential."""
        return self.url
