"""What an entry of the ledger says: who used which data, for what, under which right.

The seven fields of the use log (用途, 使用人员, 批准人员, 内容, 时间, 方式, 介质类型; Longyan 21) and the eight kinds of
operation that must be traceable (Longyan 24). Storing is `ledger.store`; hashing is `ledger.chain`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ground.errors import UserError
from ledger.chain import Json, canonical, canonical_entry, check_text, link


class Kind(StrEnum):
    """The operations that must be traceable (归集、共享、查询、比对、下载、分析、访问、更新; Longyan 24)."""

    GATHER = "gather"
    SHARE = "share"
    QUERY = "query"
    COMPARE = "compare"
    DOWNLOAD = "download"
    ANALYSE = "analyse"
    ACCESS = "access"
    UPDATE = "update"


class Phase(StrEnum):
    """Where in a use an entry stands."""

    USE = "use"
    """Written before anything is handed out. Without an outcome it counts as served."""
    SERVED = "served"
    """The outcome of entry ``about``: handed out; ``content`` is ``{"rows": n}``."""
    FAILED = "failed"
    """The outcome of entry ``about``: nothing whole was handed out; ``content`` is ``{"error": kind of fault}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of data, as whoever serves it declares it. The time is given when it is recorded.

    Args:
        kind: the operation.
        user: who uses it (使用人员): the person, or the system on whose behalf.
        purpose: what for (用途).
        approver: who allowed it (批准人员); for unconditional sharing the rule that allows it, never empty.
        content: what is used (内容): resource, items, filter, snapshot, redacted query, never a row value.
        mode: the way (方式), such as ``interface``, ``exchange``, ``file``, ``screen``.
        medium: the kind of medium (介质类型), such as ``network``, ``disk``, ``paper``.
        grant: id of the grant, where there is one.

    Raises:
        UserError: a field is empty or cannot be written.
    """

    kind: Kind
    user: str
    purpose: str
    approver: str
    content: Mapping[str, Json]
    mode: str
    medium: str
    grant: str | None = None

    def __post_init__(self) -> None:
        for field in ("user", "purpose", "approver", "mode", "medium"):
            value = getattr(self, field)
            if not value.strip():
                raise UserError(
                    f"使用登记的 {field} 不能为空，请填写后再取用数据。",
                    f"The use log needs {field}; state it before any data is served.",
                    where=field,
                )
            check_text(value, field)
        if not self.content:
            raise UserError("使用登记的 content 不能为空。", "The use log needs content.", where="content")
        if self.grant is not None:
            check_text(self.grant, "grant")
        canonical(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One written entry. ``content`` is canonical JSON text, exactly as hashed."""

    seq: int
    at: datetime
    phase: Phase
    about: int | None
    kind: Kind
    user: str
    purpose: str
    approver: str
    grant: str | None
    content: str
    mode: str
    medium: str
    prev_hash: str
    hash: str

    @property
    def facts(self) -> Any:
        """The content as Python values."""
        return json.loads(self.content)


def write_entry(
    use: Use, *, seq: int, at: datetime, prev_hash: str, phase: Phase = Phase.USE, about: int | None = None
) -> Entry:
    """The entry of ``use`` that follows the entry whose hash is ``prev_hash``."""
    content = canonical(use.content)
    text = canonical_entry(
        seq=seq,
        at=at,
        phase=phase,
        about=about,
        kind=use.kind,
        user=use.user,
        purpose=use.purpose,
        approver=use.approver,
        grant=use.grant,
        content=content,
        mode=use.mode,
        medium=use.medium,
    )
    return Entry(
        seq=seq,
        at=at,
        phase=phase,
        about=about,
        kind=use.kind,
        user=use.user,
        purpose=use.purpose,
        approver=use.approver,
        grant=use.grant,
        content=content,
        mode=use.mode,
        medium=use.medium,
        prev_hash=prev_hash,
        hash=link(prev_hash, text),
    )
