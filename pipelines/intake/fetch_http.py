"""Fetches from an HTTP interface, page after page, into one archive of the answers as they came.

What is asked, how often and in which order is decided in `pipelines.intake.paging`; here is the talking: credentials, retries,
time limits. A run brings every page or nothing. Neither address parameters nor headers nor answers appear in a message.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from catalog.formats import Format
from catalog.interfaces import HttpSource, Token
from ground.errors import Unavailable
from pipelines.intake import paging
from pipelines.intake.bundle import Bundle
from pipelines.intake.credentials import filled, filled_all
from pipelines.intake.landing import full_disk

LARGEST = 512 << 20
"""Bytes of one answer; a larger one belongs into a file."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 120.0
"""Seconds before the first retry, doubled each time, and at most."""
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass
class Fetched:
    """What a run brought: answers with records, and records where they could be counted (they are, with paging)."""

    pages: int = 0
    records: int = 0


def fetch(
    source: HttpSource,
    form: Format,
    target: Path,
    *,
    since: str | None,
    environment: Mapping[str, str],
    where: str,
    pages: int | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> Fetched:
    """Ask for everything (or for what is new) and write the answers to an archive ``page-0001.json``, …

    Args:
        source: the interface.
        form: the format of one answer; says where its records stand.
        target: the archive; not there afterwards if the interface failed, or had no record.
        since: what ``since.parameter`` asks for; None leaves it out.
        environment: variables that values may name.
        where: the feed, for messages.
        pages: how many to ask for at most, to look without taking; None asks for all.
        sleep: how a pause is made; replaced in tests.

    Raises:
        UserError: a variable is not set.
        Unavailable: no answer, an answer that is none, pages that repeat or never end, or a total that does not agree.
    """
    talk = _Talk(source, environment, where, sleep)
    asked = dict(source.parameters)
    if source.since is not None and since is not None:
        asked[source.since.parameter] = since
    asked = filled_all(asked, environment, where=where)
    fetched, seen = Fetched(), set[str]()
    url = filled(source.url, environment, where=where)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with talk, Bundle(target) as bundle:
            turn: paging.Turn | None = paging.first(source, form, url, asked, where=where)
            number = 0
            while turn is not None and (pages is None or number < pages):
                number += 1
                if number > source.page_limit:
                    raise paging.endless(source.page_limit, where)
                answer = talk.ask(turn.url, turn.parameters)
                page = turn.read(answer.content, answer.links.get("next", {}).get("url"))
                digest = hashlib.sha256(answer.content).hexdigest()
                if page.records != 0:
                    if digest in seen:
                        raise paging.repeated(number, where)
                    seen.add(digest)
                    bundle.add(f"page-{number:05d}{paging.suffix(form)}", answer.content)
                    fetched.pages += 1
                fetched.records += page.records or 0
                turn = page.next
            if pages is None:
                paging.check_total(page.total, fetched.records, where=where)
    except OSError as fault:
        target.unlink(missing_ok=True)
        raise full_disk(fault, where) from fault
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if fetched.pages == 0:
        target.unlink(missing_ok=True)
    return fetched


class _Talk:
    """Asks, patiently. httpx's faults hold the request with its credentials: they are never chained to ours."""

    def __init__(
        self, source: HttpSource, environment: Mapping[str, str], where: str, sleep: Callable[[float], object]
    ) -> None:
        self._source = source
        self._where = where
        self._sleep = sleep
        self._ends = time.monotonic() + source.total_minutes * 60
        headers = filled_all(source.headers, environment, where=where)
        form = filled_all(source.token.form, environment, where=where) if source.token else {}
        # httpx logs every address it asks for, with its parameters.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # No redirects: what answers elsewhere must not be told our token.
        self._client = httpx.Client(timeout=source.timeout_seconds, headers=headers, follow_redirects=False)
        self._form = form

    def __enter__(self) -> None:
        if self._source.token is not None:
            self._client.headers[self._source.token.header] = self._token(self._source.token)

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, url: str, parameters: Mapping[str, str]) -> httpx.Response:
        """The answer 200 to a GET."""
        # With parameters, httpx drops those that stand in the address; a next link has its own.
        return self._patiently(lambda: self._client.build_request("GET", url, params=parameters or None))

    def _token(self, token: Token) -> str:
        answer = self._patiently(lambda: self._client.build_request("POST", token.url, data=self._form))
        found = paging.at(paging.document(answer.content, self._where), token.at)
        if not isinstance(found, str) or not found:
            raise Unavailable(
                f"令牌接口的回答中没有 {token.at}。请核对 source.token.at 与口令。",
                f"The answer of the token interface holds no {token.at}; check source.token.at and the credentials.",
                where=self._where,
            )
        return token.prefix + found

    def _patiently(self, request: Callable[[], httpx.Request]) -> httpx.Response:
        for attempt in range(self._source.retries + 1):
            last = attempt == self._source.retries
            try:
                answer = self._once(request())
            except httpx.TransportError as fault:
                if last:
                    raise self._silent(type(fault).__name__) from None
                wait = FIRST_PAUSE * 2**attempt
            else:
                if answer.status_code == httpx.codes.OK:
                    return answer
                if answer.status_code not in TRY_AGAIN or last:
                    raise self._refused(answer.status_code)
                wait = retry_after(answer) or FIRST_PAUSE * 2**attempt
            if time.monotonic() + wait > self._ends or wait > LONGEST_PAUSE:
                raise self._silent("pause")
            self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: httpx.Request) -> httpx.Response:
        """One answer, read whole, within the limits of size and time."""
        if time.monotonic() > self._ends:
            raise self._silent("total_minutes")
        answer = self._client.send(request, stream=True)
        try:
            content = bytearray()
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise Unavailable(
                        f"一次回答超过 {LARGEST >> 20} MB，未采用。请用分页，或改为文件送达。",
                        f"One answer has more than {LARGEST >> 20} MB and was not taken; use paging, or deliver files.",
                        where=self._where,
                    )
                if time.monotonic() > self._ends:
                    raise self._silent("total_minutes")
        except httpx.DecodingError:
            raise self._silent("DecodingError") from None
        finally:
            answer.close()
        return httpx.Response(
            answer.status_code,
            headers=[
                (name, value) for name, value in answer.headers.items() if name in ("link", "retry-after", "date")
            ],
            content=bytes(content),
            request=httpx.Request(request.method, request.url.copy_with(query=None)),
        )

    def _silent(self, why: str) -> Unavailable:
        return Unavailable(
            f"接口没有在时限内给出完整的回答（{why}），本次未采用任何一页，原有数据不变。请稍后重试，或放宽 source 的时限。",
            f"The interface gave no whole answer in time ({why}); no page of this run was taken. Try again later, or widen "
            "the limits in source.",
            where=self._where,
        )

    def _refused(self, status: int) -> Unavailable:
        hint = {401: ("请核对令牌", "check the token"), 403: ("请核对令牌与授权", "check the token and the grant"),
                404: ("请核对 source.url；分页越过末页的，请写明 paging.total",
                      "check source.url; if it is said of pages after the last, state paging.total")}  # fmt: skip
        moved = (
            "接口转到了别的地址，未跟随，请改写 source.url",
            "it redirects, which is not followed; mend source.url",
        )
        zh, en = moved if 300 <= status < 400 else hint.get(status, ("请向接口的管理者询问", "ask who runs it"))
        return Unavailable(
            f"接口回答 {status}，本次未采用任何一页，原有数据不变。{zh}。",
            f"The interface answered {status}; no page of this run was taken. {en[0].upper()}{en[1:]}.",
            where=self._where,
        )


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds that an answer asks to wait: a number, or a date, held against the date of the answer itself (RFC 9110)."""
    stated = answer.headers.get("retry-after", "")
    if stated.isdigit():
        return float(stated)
    try:
        wait = parsedate_to_datetime(stated) - parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return max(wait.total_seconds(), 0.0)
