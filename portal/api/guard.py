"""What holds for every request before and after its route: size, headers, and that no fault shows its inside.

Outermost of the interface. A fault that nobody foresaw is answered with 500 and logged by its kind and place alone: the
text of a foreign exception may hold what somebody sent.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ground.errors import ShuyuanError
from portal.api.errors import internal, of_fault, problem

LARGEST = 12 << 20
"""Bytes of a request."""
_TOO_LARGE = ("too_large", "请求体超过 12 MB，请分开发送。", "The body is larger than 12 MB; send it in parts.")

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_STRICT = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_UNKEPT = (b"cache-control", b"no-store")

log = logging.getLogger("shuyuan.interface")


class Guard:
    """Wraps the interface.

    Args:
        app: what is inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _complete(message, scope)
            await send(message)

        if _announced(scope) > LARGEST:
            await problem(413, *_TOO_LARGE)(scope, receive, answer)
            return
        try:
            await self._app(scope, _counted(receive), answer)
        except ShuyuanError as fault:
            if begun:
                raise
            await of_fault(fault)(scope, receive, answer)
        except Exception as fault:
            log.error("%s %s: %s", scope["method"], _route(scope), _place(fault))
            if begun:
                raise RuntimeError("the answer broke off") from None
            await internal()(scope, receive, answer)


def _counted(receive: Receive) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST:
            raise HTTPException(413)
        return message

    return counted


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else LARGEST + 1
    return 0


def _complete(message: MutableMapping[str, Any], scope: Scope) -> None:
    """Headers of every answer, and how often the key may still ask."""
    headers = list(message.get("headers", []))
    there = {name.lower() for name, _ in headers}
    headers += [pair for pair in (*HEADERS, _STRICT, _UNKEPT) if pair[0] not in there]
    for name, value in scope.get("state", {}).get("rate", {}).items():
        headers.append((name.lower().encode(), str(value).encode()))
    message["headers"] = headers


def _route(scope: Scope) -> str:
    """The route as it is declared, without what stood in the address."""
    return str(getattr(scope.get("route"), "path", "?"))


def _place(fault: BaseException) -> str:
    """Kind and place of a fault, and nothing of what it says."""
    frames = traceback.extract_tb(fault.__traceback__)[-3:]
    return f"{type(fault).__name__} at " + " < ".join(
        f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames)
    )
