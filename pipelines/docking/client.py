"""Talks to the city's platform over its interface: hands a package up, fetches what was decided; patiently, and to nobody else.

A repetition is harmless at the other end (the same package is the same receipt), so that whatever was not answered is sent
again. No redirects: what answers elsewhere must not be told our key. httpx's faults hold the request with the key, and are
never chained to ours; what the city says of a refusal is shown, for it is said of our catalogue and holds no row.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from catalog.interchange.outcomes import CityOutcome
from ground.errors import Unavailable, UserError
from pipelines.docking.upstream import FILE, Upstream
from pipelines.intake.credentials import filled
from pipelines.intake.fetch_http import FIRST_PAUSE, LONGEST_PAUSE, TRY_AGAIN, retry_after

LARGEST = 16 << 20
"""Bytes of an answer."""
PAGE = 500
"""Outcomes asked for at once."""
SHOWN = 20
"""Problems of a refusal in one message."""
_WHERE = f"city/{FILE}"

Told = Callable[[str, str], None]
"""Told in Chinese and English what the talk waits for."""


class RefusedByCity(UserError):
    """The city's platform answered that it does not take this.

    Attributes:
        status: of the answer.
        city_kind: its own word for the fault.
        problems: entry by entry ``{"field", "code", "reason", "reason_en"}``.
    """

    kind = "refused_by_city"

    def __init__(
        self, zh: str, en: str, *, status: int, city_kind: str, problems: tuple[Mapping[str, str], ...]
    ) -> None:
        self.status = status
        self.city_kind = city_kind
        self.problems = problems
        super().__init__(zh, en, where=_WHERE)

    def as_facts(self) -> dict[str, Any]:
        """The refusal as an event carries it."""
        return {"status": self.status, "kind": self.city_kind, "problems": [dict(one) for one in self.problems]}


class _Answer(BaseModel):
    """Base of what the city answers; a newer version of it may say more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


_A = TypeVar("_A", bound=_Answer)


class Remark(_Answer):
    """What the city's gate says of an entry."""

    entry: str
    bars: bool
    zh: str
    en: str


class Waiting(_Answer):
    """An entry that the city has not taken in yet, and why."""

    entry: str
    code: str
    zh: str
    en: str


class CityReceipt(_Answer):
    """The receipt that the city gave (`portal.api.packages.ReceiptOut`)."""

    receipt: str = Field(pattern=r"^[0-9a-f]{32}$")
    district: str
    version: int
    digest: str
    received_at: AwareDatetime
    repeated: bool
    drafts: list[str]
    changes: list[str]
    unchanged: int
    remarks: list[Remark] = []
    held_back: list[Waiting] = []


class _OutcomeIn(_Answer):
    place: int
    entry: str
    title: str
    department: str
    event: str
    state: str
    at: AwareDatetime
    reason: str | None = None
    document: str | None = None
    code: str | None = None
    digest: str | None = None

    def read(self) -> CityOutcome:
        return CityOutcome(**self.model_dump())


class _Page(_Answer):
    outcomes: list[_OutcomeIn]
    next: int
    more: bool


class _Fault(_Answer):
    detail: str = ""
    detail_en: str = ""
    kind: str = ""
    errors: list[dict[str, str]] = []


@dataclass(frozen=True, slots=True)
class Page:
    """Outcomes in the city's order, the place to go on from, and whether there is more now."""

    outcomes: tuple[CityOutcome, ...]
    next: int
    more: bool


class CityPlatform:
    """The city's platform, as one that is docked to it talks with it. A context: it hangs up at the end.

    Args:
        upstream: where it is, and how long it is waited for.
        environment: holds the key.
        told: is told of every pause.
        sleep: how a pause is made; replaced in tests.

    Raises:
        UserError: the key's variable is not set, or the file of certificates cannot be read.
    """

    def __init__(
        self,
        upstream: Upstream,
        environment: Mapping[str, str],
        *,
        told: Told = lambda zh, en: None,  # noqa: ARG005
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._upstream = upstream
        self._told = told
        self._sleep = sleep
        key = filled(upstream.key, environment, where=_WHERE)
        if not key.isascii() or not key.isprintable() or not key.strip():
            raise UserError(
                "密钥的环境变量为空或含有不可用的字符。请核对。",
                "The variable of the key is empty, or holds what no key has; check it.",
                where=_WHERE,
            )
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._http = httpx.Client(
            timeout=upstream.timeout_seconds,
            headers={"Authorization": f"Bearer {key.strip()}", "Accept": "application/json"},
            follow_redirects=False,
            verify=_trusted(upstream.ca_file),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(self, package: str) -> CityReceipt:
        """Hand a package up; the city's receipt, of this time or of the time when the very same came.

        Raises:
            RefusedByCity: it is not taken.
            Unavailable: no answer, or none that can be read.
        """
        content = package.encode()
        headers = {"Content-Type": "application/json"}
        answer = self._patiently(
            lambda: self._http.build_request("POST", self._at("packages"), content=content, headers=headers)
        )
        return self._read(answer, CityReceipt)

    def outcomes(self, since: int) -> Page:
        """One page of what the city decided after a place.

        Raises:
            RefusedByCity: the key may not ask, or the place is none of the city's.
            Unavailable: no answer, or none that can be read.
        """
        parameters = {"since": since, "limit": PAGE}
        answer = self._patiently(lambda: self._http.build_request("GET", self._at("outcomes"), params=parameters))
        page = self._read(answer, _Page)
        if page.more and page.next <= since:
            raise self._unreadable()  # we would ask for the same page for ever
        return Page(tuple(one.read() for one in page.outcomes), page.next, page.more)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _at(self, what: str) -> str:
        return f"{self._upstream.base}/api/v1/catalog/{what}"

    def _patiently(self, request: Callable[[], httpx.Request]) -> httpx.Response:
        ends = time.monotonic() + self._upstream.total_minutes * 60
        for attempt in range(self._upstream.retries + 1):
            last = attempt == self._upstream.retries
            wait = FIRST_PAUSE * 2**attempt
            try:
                answer = self._once(request(), ends)
            except httpx.TransportError as fault:
                why = type(fault).__name__
            else:
                if answer.is_success:
                    return answer
                if answer.status_code not in TRY_AGAIN:
                    raise self._refused(answer)
                why = str(answer.status_code)
                wait = retry_after(answer) or wait
            if last or wait > LONGEST_PAUSE or time.monotonic() + wait > ends:
                raise self._silent(why, attempt + 1)
            self._told(
                f"市级平台未应答（{why}），{wait:g} 秒后第 {attempt + 2} 次尝试",
                f"no answer ({why}); try {attempt + 2} in {wait:g} s",
            )
            self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: httpx.Request, ends: float) -> httpx.Response:
        """One answer, read whole, within the limits of size and time."""
        answer = self._http.send(request, stream=True)
        content = bytearray()
        try:
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise self._unreadable()
                if time.monotonic() > ends:
                    raise self._silent("total_minutes", 1)
        except httpx.DecodingError:
            raise self._unreadable() from None
        finally:
            answer.close()
        kept = [(name, value) for name, value in answer.headers.items() if name in ("retry-after", "date")]
        return httpx.Response(answer.status_code, headers=kept, content=bytes(content))

    def _read(self, answer: httpx.Response, model: type[_A]) -> _A:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError:
            raise self._unreadable() from None

    def _refused(self, answer: httpx.Response) -> RefusedByCity:
        """What the city says, in its words where it has any."""
        status = answer.status_code
        try:
            said = _Fault.model_validate_json(answer.content)
        except ValidationError:
            said = _Fault()
        hint = _HINTS.get(status) or (_MOVED if 300 <= status < 400 else ("", ""))
        zh = f"市级平台未接收（{status}）。{_line(said.detail)}{hint[0]}"
        en = f"The city's platform refused ({status}). {_line(said.detail_en)}{' ' if hint[1] else ''}{hint[1]}"
        for one in said.errors[:SHOWN]:
            zh += f"\n  {_line(one.get('field', ''))}：{_line(one.get('reason', ''))}"
            en += f"\n  {_line(one.get('field', ''))}: {_line(one.get('reason_en', ''))}"
        return RefusedByCity(zh, en, status=status, city_kind=said.kind or "http", problems=tuple(said.errors))

    def _silent(self, why: str, attempts: int) -> Unavailable:
        return Unavailable(
            f"市级平台没有应答（{why}，共尝试 {attempts} 次）。重新运行即可：已送达的不会重复接收。",
            f"The city's platform did not answer ({why}, tried {attempts} times). Run it again: what has arrived is not taken "
            "twice.",
            where=_WHERE,
        )

    def _unreadable(self) -> Unavailable:
        return Unavailable(
            "市级平台的应答不是数源接口的格式，或过大。请核对 url，并确认其间没有代理改写。",
            "The answer is none of a Shuyuan interface, or too large; check url, and that no proxy in between rewrites it.",
            where=_WHERE,
        )


_HINTS: dict[int, tuple[str, str]] = {
    401: ("请核对密钥，或向市级申请新的密钥。", "Check the key, or ask the city for another."),
    403: (
        "请核对密钥属于本区主管部门，且有 catalogue:send 权限。",
        "Check that the key is that of the district's authority, with the scope catalogue:send.",
    ),
    404: ("请核对 url；市级平台可能尚未升级。", "Check url; the city's platform may be of an earlier version."),
}
_MOVED = ("对方转到了别的地址，未跟随，请改写 url。", "It redirects, which is not followed; mend url.")


def _line(text: str) -> str:
    """A foreign text as part of a message: printable, and not without end."""
    kept = "".join(one if one.isprintable() else " " for one in text[:1000])
    return kept.strip()


def _trusted(ca_file: str | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise UserError(
            f"证书文件 {ca_file} 无法读取。", f"The file of certificates {ca_file} cannot be read.", where=_WHERE
        ) from None
