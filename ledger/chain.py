"""The one written form of a ledger entry, and the hash that ties it to the entry before.

``hash = sha256(prev_hash || canonical)``: ``prev_hash`` as 64 hexadecimal characters, ``canonical`` as JSON in UTF-8 with
sorted keys, no blanks and no fractions (their written form differs from program to program). Pure: no database, no file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from json.encoder import encode_basestring as _quoted
from typing import TypeAlias

from ground.errors import UserError

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""What may stand in the content of an entry: JSON without fractions."""

GENESIS = "0" * 64
"""``prev_hash`` of the first entry."""


def canonical(value: Json) -> str:
    """``value`` as canonical JSON text.

    Raises:
        UserError: a fraction, a key that is no text, a text that PostgreSQL or UTF-8 cannot hold, or another type.
    """
    _check(value, "content")
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def check_text(value: str, where: str) -> None:
    """Refuse a text that could not be stored and read back unchanged everywhere (NUL, half of a surrogate pair)."""
    if "\x00" in value or not _encodes(value):
        raise UserError(
            "文本含有无法存储的字符（NUL 或不完整的代理字符），请去掉。",
            "The text holds a character that cannot be stored (NUL or half a surrogate pair); remove it.",
            where=where,
        )


def moment(at: datetime) -> str:
    """``at`` as the ledger writes it: UTC, microseconds, ``2026-01-31T08:00:00.000000Z``."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def canonical_entry(
    *,
    seq: int,
    at: datetime,
    phase: str,
    about: int | None,
    kind: str,
    user: str,
    purpose: str,
    approver: str,
    grant: str | None,
    content: str,
    mode: str,
    medium: str,
) -> str:
    """The canonical JSON of a whole entry.

    ``content`` is canonical JSON text already and goes in unread: what is hashed is what is stored, byte for byte, and
    ten million entries are written out without being parsed. ``seq`` and ``user`` close the text; the verifier relies
    on it to find ``seq`` without parsing.
    """
    return (
        f'{{"about":{"null" if about is None else about},"approver":{_quoted(approver)},"at":"{moment(at)}",'
        f'"content":{content},"grant":{"null" if grant is None else _quoted(grant)},"kind":{_quoted(kind)},'
        f'"medium":{_quoted(medium)},"mode":{_quoted(mode)},"phase":{_quoted(phase)},"purpose":{_quoted(purpose)},'
        f'"seq":{seq},"user":{_quoted(user)}}}'
    )


def link(prev_hash: str, canonical_text: str) -> str:
    """The hash of an entry that follows the one whose hash is ``prev_hash``."""
    return hashlib.sha256(prev_hash.encode("ascii") + canonical_text.encode("utf-8", "surrogatepass")).hexdigest()


def _check(value: object, where: str) -> None:
    if value is None or isinstance(value, bool | int):
        return
    if isinstance(value, str):
        check_text(value, where)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise _unwritable(where)
            check_text(key, where)
            _check(inner, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner, f"{where}[]")
    else:
        raise _unwritable(where)


def _unwritable(where: str) -> UserError:
    return UserError(
        "台账内容只能是文本、整数、真假、空值及其列表和映射，不能是小数或其他类型。",
        "Ledger content is text, whole numbers, true, false, null, and lists and mappings of these: no fraction, no other type.",
        where=where,
    )


def _encodes(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
