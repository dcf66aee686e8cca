"""Which platform a district's hub is docked to: ``city/upstream.yaml``.

The document may be missing: then the hub is docked to none. The key is ``${NAME}`` of the environment, as in every other
document; one that stands here in clear is refused.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from catalog.model import Identifier
from ground.documents import Declared, read_document
from ground.errors import UserError
from notices.settings import PlainUrl, Variable

FILE = "upstream.yaml"


class Upstream(Declared):
    """The city's platform, and in whose name this one speaks to it."""

    url: PlainUrl
    """Where the city's platform is served, without ``/api``: ``https://data.city.gov.cn``."""
    district: Identifier
    """The government, committee or authority of the district, by the id that the city's register of units has for it."""
    key: Variable
    """Issued by the city to the district's authority, with the scope ``catalogue:send``."""
    timeout_seconds: float = Field(default=180, gt=0, le=600)
    """For one answer; the city holds every entry of a package to its gate before it answers."""
    total_minutes: float = Field(default=10, gt=0, le=120)
    """For one request with all its repetitions."""
    retries: int = Field(default=4, ge=0, le=10)
    """How often an answer 429 or 5xx, or none, is asked for again, with growing pauses."""
    ca_file: str | None = None
    """Certificates of an authority of one's own (PEM); they are trusted in place of the public ones."""
    clear_text: bool = False
    """``http`` is allowed although the key and the catalogue travel in clear, as within a line that is encrypted itself."""

    @model_validator(mode="after")
    def _told_to_nobody_else(self) -> Self:
        if urlsplit(self.url).scheme == "http" and not self.clear_text and not _is_here(self.url):
            raise ValueError(
                "http 会明文传输密钥，请改用 https；专线已加密的，写明 clear_text: true；"
                "over http the key travels in clear: use https, or write clear_text: true where the line itself is encrypted"
            )
        return self

    @property
    def base(self) -> str:
        """The address without a slash at its end."""
        return self.url.rstrip("/")


def read_upstream(city: Path) -> Upstream:
    """The platform that a home is docked to.

    Args:
        city: the folder ``city/`` of a home.

    Raises:
        UserError: there is no document.
        DocumentError: it is not what is allowed.
    """
    path = city / FILE
    if not path.exists():
        raise UserError(
            f"没有 {city.name}/{FILE}，本平台未对接市级平台。请写明 url、district 与 key（见 docs/cataloguing.md）。",
            f"There is no {city.name}/{FILE}: this platform is docked to none. Write url, district and key "
            "(docs/cataloguing.md).",
            where=f"{city.name}/{FILE}",
        )
    return read_document(path, Upstream, name=f"{city.name}/{FILE}")


def _is_here(url: str) -> bool:
    """Whether an address is this very machine, which no line leads to."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
