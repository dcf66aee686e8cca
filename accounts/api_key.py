"""What is a key of a department's system, and what may be done with it?

A key says which department a system speaks for, what it may do, and how often. Its secret is known to the system alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from ground.errors import Forbidden, UserError
from ledger.chain import check_text
from policy.clock import legal_date

MOST_PER_MINUTE = 100_000
_ADDRESS = re.compile(r"[!-~]{1,500}")  # visible ASCII


class Scope(StrEnum):
    """What a key may be used for."""

    PROBLEMS_WRITE = "problems:write"
    PROBLEMS_READ = "problems:read"
    ANSWERS_WRITE = "answers:write"
    CORRECTIONS_READ = "corrections:read"
    CORRECTIONS_WRITE = "corrections:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    PROJECTS_READ = "projects:read"
    CATALOGUE_SEND = "catalogue:send"
    DELIVERIES_WRITE = "deliveries:write"


SCOPE_WORDS: dict[Scope, tuple[str, str]] = {
    Scope.PROBLEMS_WRITE: ("反馈问题数据", "report problem data"),
    Scope.PROBLEMS_READ: ("查询问题数据的办理情况", "read what became of problem data"),
    Scope.ANSWERS_WRITE: ("答复本部门的工单", "answer the tickets of its department"),
    Scope.CORRECTIONS_READ: ("接收更正通知", "read notices of corrections"),
    Scope.CORRECTIONS_WRITE: ("送交更正批次", "deliver batches of corrections"),
    Scope.RULES_READ: ("查看质量规则", "read the rules"),
    Scope.RULES_WRITE: ("增改质量规则", "add and change rules"),
    Scope.PROJECTS_READ: ("查询信息化项目的数据关口", "ask whether a project passes its gate"),
    Scope.CATALOGUE_SEND: (
        "报送本区目录并查询市级办理结果",
        "send its district's catalogue and read what the city decided",
    ),
    Scope.DELIVERIES_WRITE: (
        "推送本部门的数据并查询批次结果",
        "deliver its department's data and read what became of them",
    ),
}
"""Scope -> its word in Chinese and in English."""


class Refusal(StrEnum):
    """Why a secret opens nothing."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"


class KeyRefused(UserError):
    """A secret that opens nothing, with the reason for a machine."""

    kind = "key_refused"

    def __init__(self, reason: Refusal, zh: str, en: str) -> None:
        self.reason = reason
        super().__init__(zh, en, where="api_key")


class NotInScope(Forbidden):
    """A key that is good, but not for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key.

    Attributes:
        id: ``k_`` and eight hexadecimal digits; no secret.
        name: of the system that uses it.
        department: id of the department the system speaks for.
        scopes: what it may be used for.
        per_minute: requests a minute.
        callback_url: where its notices are sent; None for none.
        expires_on: last day in Beijing; None for none.
        created_at: when it was issued.
        revoked_at: when it was taken back.
    """

    id: str
    name: str
    department: str
    scopes: frozenset[Scope]
    per_minute: int = 60
    callback_url: str | None = None
    expires_on: date | None = None
    created_at: datetime
    revoked_at: datetime | None = None


def check_can_use(key: ApiKey, now: datetime) -> None:
    """``key`` is in force at ``now``, or KeyRefused says why not."""
    if key.revoked_at is not None:
        raise KeyRefused(
            Refusal.REVOKED,
            f"密钥 {key.id} 已收回。请向质量管理员申请新的密钥。",
            f"The key {key.id} was revoked. Ask the steward for another.",
        )
    if key.expires_on is not None and legal_date(now) > key.expires_on:
        raise KeyRefused(
            Refusal.EXPIRED,
            f"密钥 {key.id} 已于 {key.expires_on} 到期。请向质量管理员申请新的密钥。",
            f"The key {key.id} ended on {key.expires_on}. Ask the steward for another.",
        )


def can_use(key: ApiKey, now: datetime) -> bool:
    """`check_can_use` as an answer."""
    try:
        check_can_use(key, now)
    except KeyRefused:
        return False
    return True


def check_may(key: ApiKey, scope: Scope) -> None:
    """``key`` was issued for ``scope``, or NotInScope says that it was not."""
    if scope not in key.scopes:
        zh, en = SCOPE_WORDS[scope]
        raise NotInScope(
            f"密钥 {key.id} 没有“{zh}”（{scope.value}）的权限。如有需要，请向质量管理员申请。",
            f"The key {key.id} was not issued to {en} ({scope.value}). If it is needed, ask the steward.",
            where=key.id,
        )


def may(key: ApiKey, scope: Scope) -> bool:
    """`check_may` as an answer."""
    return scope in key.scopes


def check_is_sound(
    name: str,
    scopes: Collection[Scope],
    per_minute: int,
    callback_url: str | None,
    expires_on: date | None,
    now: datetime,
) -> None:
    """A key may be issued like this, or UserError says why not."""
    check_text(name, "name")
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise UserError(
            "请写明使用密钥的系统名称（不超过 200 个字符）。",
            "Name the system that uses the key, in at most 200 characters.",
            where="name",
        )
    if not scopes:
        raise UserError("密钥至少要有一项权限（scope）。", "A key needs at least one scope.", where="scopes")
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise UserError(
            f"每分钟次数须在 1 至 {MOST_PER_MINUTE} 之间。",
            f"Requests a minute are 1 to {MOST_PER_MINUTE}.",
            where="per_minute",
        )
    if expires_on is not None and expires_on < legal_date(now):
        raise UserError("到期日已过。", "The last day is over already.", where="expires_on")
    if callback_url is not None:
        _check_callback(callback_url)


def _check_callback(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        # No name or password in it: an address is shown in lists and told in messages.
        good = good and parts.username is None and not parts.fragment
    except ValueError:
        good = False
    if not good or not _ADDRESS.fullmatch(url):
        raise UserError(
            "回调地址须为完整的 http:// 或 https:// 地址，不超过 500 个字符，不含用户名、密码、空格和 #。",
            "The callback is a whole http:// or https:// address of at most 500 characters without user name, password, blanks or #.",
            where="callback_url",
        )
