"""How a fault is told to a machine: problem details (RFC 9457) in Chinese and English, never with a value that was sent.

    {"type", "title", "status", "detail", "detail_en", "kind", "where", "errors"}

``kind`` is what a program goes by; ``where`` names field, ticket or row; ``errors`` lists every field of a request that is
not as it must be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from accounts.api_key import KeyRefused, NotInScope
from ground.errors import (
    Conflict,
    Forbidden,
    InternalFault,
    NotFound,
    RefusedData,
    ShuyuanError,
    Unavailable,
    UserError,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = 30
"""Seconds after which a system may ask again where something outside did not answer."""


class NoKey(UserError):
    """A request without a key."""

    kind = "unauthorized"


class TooMany(UserError):
    """A key that asks too often.

    Attributes:
        retry_after: seconds.
    """

    kind = "too_many"

    def __init__(self, zh: str, en: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(zh, en)


STATUS: tuple[tuple[type[ShuyuanError], int], ...] = (
    (NoKey, 401),
    (KeyRefused, 401),
    (TooMany, 429),
    (NotInScope, 403),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Unavailable, 503),
    (InternalFault, 500),
    (RefusedData, 422),
)
"""Kind of fault -> status; any other `ground.errors.UserError` is 422."""

TITLES: dict[str, str] = {
    "bad_request": "请求无法读取 the request cannot be read",
    "unauthorized": "缺少密钥 a key is needed",
    "key_refused": "密钥无效 the key is refused",
    "forbidden": "没有权限 not allowed",
    "not_found": "没有找到 not found",
    "method_not_allowed": "方法不适用 method not allowed",
    "conflict": "与现状冲突 conflict",
    "too_large": "内容过大 too large",
    "media_type": "内容类型不适用 media type not taken",
    "invalid": "请求内容有误 the request is not as it must be",
    "user_error": "内容不能采用 it cannot be taken",
    "document_error": "文档有误 the document is wrong",
    "refused_data": "数据被退回 the data were refused",
    "package_refused": "报送包未接收 the package was not received",
    "too_many": "请求过于频繁 too many requests",
    "unavailable": "暂不可用 unavailable for now",
    "internal_fault": "内部错误 internal fault",
}

_HTTP: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", "请求体无法读取，请检查编码与格式。", "The body cannot be read; check its encoding and form."),
    404: ("not_found", "没有这个地址，请见 /api/docs。", "There is nothing at this address; see /api/docs."),
    405: ("method_not_allowed", "此地址不支持这个方法。", "This address does not take this method."),
    413: ("too_large", "请求体超过 12 MB，请分开发送。", "The body is larger than 12 MB; send it in parts."),
    415: ("media_type", "内容类型不适用，请见 /api/docs。", "The media type is not taken here; see /api/docs."),
}


def problem(
    status: int,
    kind: str,
    zh: str,
    en: str,
    *,
    where: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """One fault as problem details."""
    content: dict[str, Any] = {
        "type": f"urn:shuyuan:problem:{kind}", "title": TITLES.get(kind, kind), "status": status,
        "detail": zh, "detail_en": en, "kind": kind, "where": where,
    }  # fmt: skip
    if errors:
        content["errors"] = list(errors)
    return JSONResponse(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def of_fault(fault: ShuyuanError) -> JSONResponse:
    """A fault of ours as problem details."""
    status = next((code for kind, code in STATUS if isinstance(fault, kind)), 422)
    if status == 500:
        return internal()
    headers = {}
    if isinstance(fault, NoKey):
        headers["WWW-Authenticate"] = 'Bearer realm="shuyuan"'
    elif status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="shuyuan", error="invalid_token"'
    if isinstance(fault, TooMany):
        headers["Retry-After"] = str(fault.retry_after)
    if status == 403 and isinstance(fault, NotInScope):
        headers["WWW-Authenticate"] = 'Bearer realm="shuyuan", error="insufficient_scope"'
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER)
    return problem(status, fault.kind, fault.zh, fault.en, where=fault.where, headers=headers)


def internal() -> JSONResponse:
    """A fault that is none of the asker's business: nothing of it is told."""
    return problem(
        500, "internal_fault",
        "系统内部错误，未作任何改动或已撤销。请稍后再试；仍有问题请联系管理员。",
        "An internal fault; nothing was changed, or it was undone. Try again later, and tell the administrator if it stays.",
    )  # fmt: skip


def install_handlers(application: FastAPI) -> None:
    """Have every fault of ``application`` told as problem details."""

    async def ours(_: Request, fault: Exception) -> JSONResponse:
        assert isinstance(fault, ShuyuanError)  # noqa: S101 (registered for this class)
        return of_fault(fault)

    async def framework(_: Request, fault: Exception) -> JSONResponse:
        assert isinstance(fault, HTTPException)  # noqa: S101
        kind, zh, en = _HTTP.get(fault.status_code, _HTTP[400])
        return problem(fault.status_code, kind, zh, en, headers=fault.headers)

    async def invalid(_: Request, fault: Exception) -> JSONResponse:
        assert isinstance(fault, RequestValidationError)  # noqa: S101
        found = fault.errors()
        if any(one["type"] in ("json_invalid", "json_type") for one in found):
            return problem(400, *_HTTP[400])
        errors = [_field(one) for one in found[:50]]
        return problem(
            422, "invalid",
            "；".join(f"{one['field']}：{one['reason']}" for one in errors) + "。",
            "; ".join(f"{one['field']}: {one['reason_en']}" for one in errors) + ".",
            where=errors[0]["field"], errors=errors,
        )  # fmt: skip

    application.add_exception_handler(ShuyuanError, ours)
    application.add_exception_handler(HTTPException, framework)
    application.add_exception_handler(RequestValidationError, invalid)


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")
_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("缺少", "missing"),
    "extra_forbidden": ("不认识的字段", "not a field of this request"),
    "string_type": ("应为文本", "must be a text"),
    "string_unicode": ("不是有效文本", "not a valid text"),
    "string_too_long": ("过长，最多 {max_length} 个字符", "too long; at most {max_length} characters"),
    "string_too_short": ("过短，至少 {min_length} 个字符", "too short; at least {min_length} characters"),
    "string_pattern_mismatch": ("格式不符，或含控制字符", "not of the expected form, or with control characters"),
    "enum": ("应为 {expected}", "must be {expected}"),
    "literal_error": ("应为 {expected}", "must be {expected}"),
    "too_long": ("过多，最多 {max_length} 个", "too many; at most {max_length}"),
    "too_short": ("过少，至少 {min_length} 个", "too few; at least {min_length}"),
    "greater_than_equal": ("不小于 {ge}", "at least {ge}"),
    "less_than_equal": ("不大于 {le}", "at most {le}"),
    "day": ("应为日期，如 2026-11-21", "must be a day such as 2026-11-21"),
    "moment": (
        "应为带时区的时间，如 2026-11-21T09:00:00+08:00",
        "must be a moment with its zone, such as 2026-11-21T09:00:00+08:00",
    ),
    "cursor": ("翻页标记无效，请从第一页开始", "not a mark of a page; begin with the first"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "int_type": ("应为整数", "must be a whole number"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "model_attributes_type": ("应为 JSON 对象", "must be a JSON object"),
    "dict_type": ("应为 JSON 对象", "must be a JSON object"),
    "list_type": ("应为列表", "must be a list"),
}
"""Type of pydantic's error -> words. Its own message is not used: it may hold what was sent."""
_EITHER = ("str", "list[", "constrained-str", "function-")
"""How pydantic calls the branches of "a text or a list"; no part of a field's name."""


def _field(one: Mapping[str, Any]) -> dict[str, str]:
    """Field and reason of one error, without the value."""
    said: Mapping[str, Any] = {name: value for name, value in (one.get("ctx") or {}).items() if name in _TOLD}
    zh, en = _WORDS.get(one["type"], ("格式不符", "not of the expected form"))
    place = [part for part in one["loc"][1:] if not (isinstance(part, str) and part.startswith(_EITHER))]
    names = [
        str(part) if isinstance(part, int) else part if _NAME.fullmatch(part) else "?" for part in place or one["loc"]
    ]
    return {
        "field": ".".join(names) or "body",
        "code": one["type"],
        "reason": zh.format_map(said),
        "reason_en": en.format_map(said),
    }


_TOLD = ("max_length", "min_length", "expected", "ge", "le")
