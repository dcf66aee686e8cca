"""Does the city know these filings, who passes a request up, and what must they state?

Only Longyan (article 9) has exceptions filed. Who applies for return flow is the provider in Longyan and the authority in
Chifeng; a city that says nothing of either has no such step here, because silence is no rule.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal

from catalog.cases.machine import Words
from catalog.cases.model import Case
from ground.errors import Conflict, UserError
from ledger.chain import check_text
from policy.cited import Silence
from policy.clock import legal_date
from policy.profile import Gathering


def check_exceptions_known(rules: Gathering, city: Words) -> None:
    """The city has exceptions from real time filed, or Conflict says that it does not."""
    said = rules.exceptions_filed
    if isinstance(said, Silence) or not said.value:
        raise Conflict(
            f"{city[0]}的规则没有汇聚例外备案：未按更新周期送达即为逾期，请按期送达。",
            f"The rules of {city[1]} know no filing of exceptions: what is not delivered in its cycle is late.",
            where="exception",
        )


def exceptions_known(rules: Gathering) -> bool:
    """`check_exceptions_known` as an answer."""
    try:
        check_exceptions_known(rules, ("", ""))
    except Conflict:
        return False
    return True


def who_applies(rules: Gathering, city: Words) -> Literal["authority", "provider"]:
    """Who applies to the superior level, or Conflict where the city says nothing of return flow."""
    said = rules.return_flow_by
    if isinstance(said, Silence):
        raise Conflict(
            f"{city[0]}的规则未规定数据回流申请，此事项不适用。",
            f"The rules of {city[1]} say nothing of return flow; this request does not exist here.",
            where="return-flow",
        )
    return said.value


def check_exception(reason: str, met_by: str, until: date, now: datetime) -> None:
    """An exception may be filed like this, or UserError says what lacks."""
    for name, text, zh, en in (
        ("reason", reason, "请写明无法实时汇聚的原因。", "State why real time is impossible."),
        (
            "met-by",
            met_by,
            "请写明如何保证共享应用的实际需要。",
            "State how the need of those who use the data is met meanwhile.",
        ),
    ):
        check_text(text, name)
        if not text.strip():
            raise UserError(zh, en, where=name)
    if until < legal_date(now):
        raise UserError(f"截止日 {until} 已过。", f"The last day, {until}, is over.", where="until")


def check_request(title: str, system: str, need: str) -> None:
    """A return flow may be requested like this, or UserError says what lacks."""
    for name, text in (("title", title), ("system", system), ("need", need)):
        check_text(text, name)
        if not text.strip():
            raise UserError(
                "请写明所需数据、上级系统和用途。",
                "Name the data, the system above, and what they are needed for.",
                where=name,
            )


def check_said(text: str, name: str, zh: str, en: str) -> None:
    """A decision states its reason, its document, or its feed."""
    if not text.strip():
        raise UserError(f"请写明{zh}。", f"State the {en}.", where=name)


def check_feed(feed: str, known: Collection[str]) -> None:
    """Data that come back do so by a feed that is declared."""
    if feed not in known:
        raise UserError(
            f"没有名为 {feed} 的数据源。请先在 city/feeds/ 编写，再登记。",
            f"There is no feed {feed}; declare it in city/feeds/ first.",
            where="feed",
        )


def is_valid(case: Case, day: date) -> bool:
    """Whether an exception excuses its resource on ``day``: on file, and its last day is not over."""
    return case.state == "accepted" and day <= date.fromisoformat(case.facts["until"])
