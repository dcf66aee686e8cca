"""How an interface is asked page after page: what comes next, and how it is seen that it never ends. No network here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from catalog.formats import Format, Json, Vector
from catalog.interfaces import Cursor, HttpSource, NextLink, Offset, PageNumber
from ground.errors import Unavailable

E = TypeVar("E")


@dataclass(frozen=True)
class Page:
    """What one answer says.

    Attributes:
        records: how many it holds; None where its form does not tell (it is no JSON).
        total: how many there are, where the interface states it.
        next: the question after this one; None after the last.
    """

    records: int | None
    total: int | None
    next: Turn | None


@dataclass(frozen=True)
class Turn:
    """One question: an address and its parameters, and how the answer is to be read.

    Attributes:
        url: the address.
        parameters: its parameters; none where a next link has them.
        before: records of the answers before this one.
    """

    source: HttpSource
    form: Format
    where: str
    url: str
    parameters: dict[str, str]
    before: int = 0

    def read(self, content: bytes, link: str | None) -> Page:
        """Read an answer.

        Args:
            content: the body.
            link: the address that its header ``Link`` names as next.

        Raises:
            Unavailable: it is no JSON, its records are not where they should be, or its next link leads elsewhere.
        """
        rule = self.source.paging
        if rule is None and not _countable(self.form):
            return Page(None if content.strip() else 0, None, None)
        body = [] if _one_a_line(self.form) else document(content, self.where)
        records = _count(content, body, self.form, self.where)
        if rule is None:
            return Page(records, None, None)
        total = _total(body, rule.total, self.where) if rule.total is not None else None
        done = self.before + records
        ended = records == 0 or (total is not None and done >= total)
        return Page(records, total, self._following(rule, body, link, records, done, ended=ended))

    def _following(
        self, rule: PageNumber | Offset | Cursor | NextLink, body: Any, link: str | None, records: int, done: int, *,
        ended: bool,
    ) -> Turn | None:  # fmt: skip
        if isinstance(rule, Cursor):
            mark = at(body, rule.at)
            # A page may be empty and still have a successor (everything on it was filtered out): its mark decides.
            return self._then(done, {rule.parameter: str(mark)}) if mark not in (None, "", False) else None
        if isinstance(rule, NextLink):
            address = at(body, rule.at) if rule.at is not None else link
            return Turn(self.source, self.form, self.where, self._same_place(address), {}, done) if address else None
        if ended:
            return None
        if isinstance(rule, Offset):
            return self._then(done, {rule.parameter: str(done)})
        return self._then(done, {rule.parameter: str(int(self.parameters[rule.parameter]) + 1)})

    def _then(self, done: int, changed: Mapping[str, str]) -> Turn:
        return Turn(self.source, self.form, self.where, self.url, {**self.parameters, **changed}, done)

    def _same_place(self, address: object) -> str:
        """A next link is followed on the same server only: another one must not be told the token."""
        following = urljoin(self.url, str(address))
        if urlsplit(following)[:2] != urlsplit(self.url)[:2]:
            raise Unavailable(
                "下一页的地址在另一台服务器（或换了协议），未跟随。请向接口的管理者询问。",
                "The next page is said to be on another server (or by another protocol); it was not followed.",
                where=self.where,
            )
        return following


def first(source: HttpSource, form: Format, url: str, parameters: Mapping[str, str], *, where: str) -> Turn:
    """The first question."""
    asked, rule = dict(parameters), source.paging
    if isinstance(rule, PageNumber):
        asked[rule.parameter] = str(rule.first)
        if rule.size_parameter is not None:
            asked[rule.size_parameter] = str(rule.size)
    elif isinstance(rule, Offset):
        asked |= {rule.parameter: "0", rule.size_parameter: str(rule.size)}
    return Turn(source, form, where, url, asked)


def suffix(form: Format) -> str:
    """The ending of an answer's name in the archive."""
    return {"geojson": ".json", "fixed_width": ".txt"}.get(form.kind, f".{form.kind}")


def document(content: bytes, where: str) -> Any:
    """An answer as JSON.

    Raises:
        Unavailable: it is none (often a page of errors that says 200).
    """
    try:
        return json.loads(content)
    except ValueError:
        raise Unavailable(
            "接口的回答不是 JSON（常见于出错页面却回答 200），本次未采用任何一页。请核对 source.url 与令牌。",
            "The answer is no JSON (often an error page that says 200); nothing of this run was taken. Check source.url and the token.",
            where=where,
        ) from None


def at(body: Any, way: str) -> Any:
    """What stands at ``data.next`` of a document; None where the way leads nowhere."""
    for name in way.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def check_total(total: int | None, records: int, *, where: str) -> None:
    """Refuse a run that brought another number of records than the interface says it has.

    Raises:
        Unavailable: rows came or went between two pages, or pages are cut.
    """
    if total is not None and total != records:
        raise Unavailable(
            f"接口说共有 {total} 条，各页合计 {records} 条，可能在翻页期间有增减。本次未采用任何一页，请稍后重试。",
            f"The interface says it has {total} records and its pages hold {records}: rows came or went meanwhile. Nothing of "
            "this run was taken; try again later.",
            where=where,
        )


def repeated(number: int, where: str) -> Unavailable:
    """An interface that does not turn the page."""
    return Unavailable(
        f"第 {number} 页与前面某一页完全相同，接口没有翻页，本次未采用任何一页。请核对 source.paging 的参数名；"
        "接口越过末页仍重复末页的，请写明 paging.total。",
        f"Page {number} is the same as an earlier one: the interface does not turn the page. Nothing of this run was taken. "
        "Check the parameters in source.paging; where it repeats the last page for ever, state paging.total.",
        where=where,
    )


def endless(limit: int, where: str) -> Unavailable:
    """An interface that never ends."""
    return Unavailable(
        f"翻到第 {limit} 页仍未结束，本次未采用任何一页。确有更多页的，请提高 source.page_limit。",
        f"After {limit} pages there was no end, and nothing of this run was taken. If there truly are more, raise source.page_limit.",
        where=where,
    )


def _countable(form: Format) -> bool:
    """Whether the records of an answer can be counted without reading it in full earnest."""
    return isinstance(form, Json) or (isinstance(form, Vector) and form.kind == "geojson")


def _one_a_line(form: Format) -> bool:
    return isinstance(form, Json) and form.kind == "jsonl"


def _count(content: bytes, body: Any, form: Format, where: str) -> int:
    if _one_a_line(form):
        return sum(1 for line in content.splitlines() if line.strip())
    way = "features" if isinstance(form, Vector) else (form.records if isinstance(form, Json) else "")
    records = at(body, way) if way else body
    if not isinstance(records, list):
        raise Unavailable(
            f"接口的回答中{f' {way} ' if way else ''}不是记录的列表，本次未采用任何一页。请核对 format.records 与令牌。",
            f"The answer holds no list of records{f' at {way}' if way else ''}; nothing of this run was taken. Check "
            "format.records and the token.",
            where=where,
        )
    return len(records)


def _total(body: Any, way: str, where: str) -> int:
    found = at(body, way)
    if isinstance(found, str) and found.isdigit():
        return int(found)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    raise Unavailable(
        f"接口的回答中 {way} 不是总条数，请核对 paging.total。",
        f"The answer holds no number of records at {way}; check paging.total.",
        where=where,
    )
