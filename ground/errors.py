"""Errors for the person who reads them: what was found, where, what was expected, what to do.

    ShuyuanError
    ├── UserError       exit 2   the request or a declared document is wrong; nothing was changed
    │   ├── DocumentError        a YAML document, with file, line and field
    │   ├── NotFound             there is no such thing, or none that the asker may see
    │   ├── Conflict             somebody else was first, or the thing stands elsewhere than thought
    │   └── Forbidden            the asker may not do this
    ├── RefusedData     exit 3   a delivery or a release was refused; the bytes are kept
    ├── Unavailable     exit 4   something outside did not answer (database, disk, lock); safe to try again
    └── InternalFault   exit 70  our own invariant broke; never the reader's fault

Chinese first, English beside it. No message carries a row value: only file, row number, item and reason.
"""

from __future__ import annotations

from typing import ClassVar


class ShuyuanError(Exception):
    """A fault with a message in both languages.

    Args:
        zh: what was found, what was expected and what to do, in Chinese.
        en: the same in English.
        where: file, line, row, item or table the message is about.
    """

    exit_code: ClassVar[int] = 70
    kind: ClassVar[str] = "fault"

    def __init__(self, zh: str, en: str, *, where: str | None = None) -> None:
        self.zh = zh
        self.en = en
        self.where = where
        super().__init__(zh, en, where)

    def __str__(self) -> str:
        place = f"[{self.where}] " if self.where else ""
        return f"{place}{self.zh}\n{place}{self.en}"

    def as_dict(self) -> dict[str, str | None]:
        """The same facts for machines: ``{"kind", "where", "zh", "en"}``."""
        return {"kind": self.kind, "where": self.where, "zh": self.zh, "en": self.en}


class UserError(ShuyuanError):
    """The request or a declared document is wrong; nothing was changed."""

    exit_code = 2
    kind = "user_error"


class DocumentError(UserError):
    """A declared YAML document is wrong; carries every problem found, each with file, line and field."""

    kind = "document_error"


class NotFound(UserError):
    """There is no such thing, or none that the asker may see."""

    kind = "not_found"


class Conflict(UserError):
    """Somebody else was first, or the thing stands elsewhere than the asker thought; nothing was changed."""

    kind = "conflict"


class Forbidden(UserError):
    """The asker may not do this."""

    kind = "forbidden"


class RefusedData(ShuyuanError):
    """A delivery or a release was refused; what was delivered is kept, nothing was published."""

    exit_code = 3
    kind = "refused_data"


class Unavailable(ShuyuanError):
    """Something outside did not answer; trying again later is safe."""

    exit_code = 4
    kind = "unavailable"


class InternalFault(ShuyuanError):
    """An invariant of ours broke."""

    exit_code = 70
    kind = "internal_fault"
