"""Posts one HTTP request, with a limit on the whole time, no redirects, and faults that hold no address.

A redirect would tell a secret, or the content, to another host. httpx's faults hold the request with its secrets, so
they are never chained to ours, and its log of addresses is off.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from notices.channels.channel import DeliveryFailed

LARGEST = 64 << 10
"""Bytes of an answer that are read; robots answer in a line."""


@dataclass(frozen=True, slots=True)
class Post:
    """One request.

    Attributes:
        url: where to.
        body: what.
        parameters: of the address; may be secret.
        headers: beside ``Content-Type: application/json``.
        timeout: seconds for all of it.
        ca_file: certificates to trust in place of the public ones.
        server_name: whom the certificate must name where ``url`` holds a number.
        proxies: whether proxies of the environment are used.
    """

    url: str
    body: bytes
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 15
    ca_file: str | None = None
    server_name: str | None = None
    proxies: bool = True


def post(request: Post) -> bytes:
    """The beginning of the answer to a POST that was answered with 2xx.

    Raises:
        DeliveryFailed: no answer, or another.
    """
    for name in ("httpx", "httpcore"):  # both write addresses with their parameters
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        status, content = asyncio.run(_posted(request))
    except TimeoutError:
        raise DeliveryFailed("timeout", retry=True) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
        timed_out = isinstance(fault, httpx.TimeoutException)
        raise DeliveryFailed("timeout" if timed_out else "unreachable", retry=True) from None
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise DeliveryFailed("rate_limited", retry=True)
    if not httpx.codes.is_success(status):
        # 410 is how a receiver says that it wants no more.
        raise DeliveryFailed(f"http_{status}", retry=status != httpx.codes.GONE)
    return content


async def _posted(request: Post) -> tuple[int, bytes]:
    async with asyncio.timeout(request.timeout):  # httpx limits each read; who answers byte by byte would hold us
        async with (
            httpx.AsyncClient(
                timeout=request.timeout,
                follow_redirects=False,
                verify=_trusted(request.ca_file),
                trust_env=request.proxies,
            ) as client,
            client.stream(
                "POST",
                request.url,
                params=request.parameters or None,
                content=request.body,
                headers={"Content-Type": "application/json; charset=utf-8", **request.headers},
                extensions={"sni_hostname": request.server_name} if request.server_name else {},
            ) as answer,
        ):
            content = b""
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) >= LARGEST:
                    break
            return answer.status_code, content[:LARGEST]


def _trusted(ca_file: str | None) -> ssl.SSLContext | bool:
    return trusted(ca_file) if ca_file else True


def trusted(ca_file: str | None) -> ssl.SSLContext:
    """A context that checks certificates: against the public authorities, or those of a file.

    Raises:
        DeliveryFailed: the file cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise DeliveryFailed("no_certificates", retry=True) from None
