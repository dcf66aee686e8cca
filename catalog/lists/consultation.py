"""Who is heard on a list, and what each said; no silence is consent, it is noted and nothing else.

Providers are asked with a last day (Haishu 10, 22). The public has days of its own, from one to another, and every comment gets
an answer (Haishu 22). A consultation is over when everybody asked has answered or was noted as silent after the last day,
the public's days have passed, and no comment is left unanswered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ground.errors import Conflict, Forbidden, UserError

PROVIDERS = "providers"
PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a consultation.

    Attributes:
        providers_until: last day on which providers answer; None where they are not asked.
        public_from, public_until: the public's days; None where it is not asked.
    """

    providers_until: date | None = None
    public_from: date | None = None
    public_until: date | None = None

    @property
    def last(self) -> date:
        """The last day of all."""
        return max(one for one in (self.providers_until, self.public_until) if one is not None)


def check_window(window: Window, needs: frozenset[str], today: date) -> None:
    """A consultation asks everybody it must, with days to come.

    Raises:
        UserError: with the option that is missing or wrong.
    """
    if PROVIDERS in needs and window.providers_until is None:
        raise UserError(
            "须征求提供单位意见：请写明答复期限（--until）。",
            "The providers must be heard: give the last day for their answers (--until).",
            where="--until",
        )
    if PUBLIC in needs and (window.public_from is None or window.public_until is None):
        raise UserError(
            "须征求公众意见：请写明起止日期（--public-from、--public-until）。",
            "The public must be heard: give its first and last day (--public-from, --public-until).",
            where="--public-until",
        )
    if (window.public_from is None) != (window.public_until is None):
        raise UserError(
            "征求公众意见须同时写明起止日期。", "The public has a first and a last day.", where="--public-until"
        )
    if window.providers_until is None and window.public_until is None:
        raise UserError("没有征求任何一方的意见。", "Nobody is asked.", where="--until")
    for day, option in ((window.providers_until, "--until"), (window.public_until, "--public-until")):
        if day is not None and day <= today:
            raise UserError(
                f"{option} {day} 应晚于今天（{today}）。", f"{option} {day} must come after today.", where=option
            )
    if window.public_from is not None and window.public_until is not None and window.public_until < window.public_from:
        raise UserError(
            "征求公众意见的终止日期早于起始日期。",
            "The public's last day lies before its first.",
            where="--public-until",
        )


def opened(window: Window, asked: list[str]) -> dict[str, Any]:
    """A consultation as a case keeps it."""
    return {
        "providers": {"asked": asked, "until": _text(window.providers_until), "answers": {}, "silent": []},
        "public": {"from": _text(window.public_from), "until": _text(window.public_until), "comments": []},
    }


def answered(held: Mapping[str, Any], department: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The consultation with the answer of a provider.

    Raises:
        Forbidden: the provider was not asked.
    """
    providers = held["providers"]
    if department not in providers["asked"]:
        raise Forbidden(
            f"未征求 {department} 的意见；所征求的单位：{'、'.join(providers['asked']) or '无'}。",
            f"{department} was not asked; asked are: {', '.join(providers['asked']) or 'none'}.",
            where=department,
        )
    answers = {**providers["answers"], department: dict(answer)}
    silent = [one for one in providers["silent"] if one != department]
    return {**held, "providers": {**providers, "answers": answers, "silent": silent}}


def unanswered(held: Mapping[str, Any]) -> list[str]:
    """Providers that were asked, have not answered, and are not noted as silent."""
    providers = held["providers"]
    return [one for one in providers["asked"] if one not in providers["answers"] and one not in providers["silent"]]


def with_silent(held: Mapping[str, Any], today: date) -> tuple[dict[str, Any], list[str]]:
    """The consultation with those noted who have not answered by the last day; and who they are.

    Raises:
        Conflict: the last day is not over, or everybody has answered.
    """
    providers = held["providers"]
    until = date.fromisoformat(providers["until"]) if providers["until"] else None
    waiting = unanswered(held)
    if until is None or today <= until:
        raise Conflict(
            f"答复期限（{until or '未设'}）尚未届满，不能记逾期。",
            f"The last day ({until}) is not over; nobody is late yet.",
        )
    if not waiting:
        raise Conflict("各提供单位均已答复或已记录。", "Every provider has answered or was noted.")
    return {**held, "providers": {**providers, "silent": [*providers["silent"], *waiting]}}, waiting


def with_comment(held: Mapping[str, Any], author: str, text: str, today: date) -> dict[str, Any]:
    """The consultation with a comment of the public.

    Raises:
        Conflict: outside the public's days.
        UserError: the comment says nothing.
    """
    public = held["public"]
    if public["from"] is None or not public["from"] <= today.isoformat() <= public["until"]:
        raise Conflict(
            f"不在征求公众意见的期间（{public['from'] or '-'} 至 {public['until'] or '-'}）。",
            f"The public is heard from {public['from'] or '-'} to {public['until'] or '-'}.",
        )
    if not text.strip():
        raise UserError("意见内容为空。", "The comment says nothing.", where="--text")
    comment = {
        "number": len(public["comments"]) + 1,
        "on": today.isoformat(),
        "author": author,
        "text": text,
        "answer": None,
    }
    return {**held, "public": {**public, "comments": [*public["comments"], comment]}}


def with_reply(held: Mapping[str, Any], number: int, answer: str, *, taken: bool) -> dict[str, Any]:
    """The consultation with the answer to a comment: whether it was taken, and why.

    Raises:
        UserError: there is no such comment, or no answer.
    """
    comments = held["public"]["comments"]
    if number not in {one["number"] for one in comments}:
        raise UserError(
            f"没有第 {number} 条意见，共 {len(comments)} 条。",
            f"There is no comment {number}; there are {len(comments)}.",
        )
    if not answer.strip():
        raise UserError("须写明是否采纳及理由。", "State whether it is taken, and why.", where="--text")
    told = [{**one, "answer": answer, "taken": taken} if one["number"] == number else one for one in comments]
    return {**held, "public": {**held["public"], "comments": told}}


def check_can_close(held: Mapping[str, Any], today: date, case: str) -> None:
    """A consultation is over.

    Raises:
        Conflict: who or what it waits for, all of it.
    """
    zh, en = [], []
    waiting = unanswered(held)
    if waiting:
        zh.append(f"未答复：{'、'.join(waiting)}（期满后可记逾期，不视为同意）")
        en.append(f"no answer yet from {', '.join(waiting)} (noted as silent after the last day; that is no consent)")
    until = held["public"]["until"]
    if until is not None and today.isoformat() <= until:
        zh.append(f"征求公众意见至 {until} 24:00")
        en.append(f"the public is heard to the end of {until}")
    open_comments = [str(one["number"]) for one in held["public"]["comments"] if one["answer"] is None]
    if open_comments:
        zh.append(f"公众意见第 {'、'.join(open_comments)} 条未答复")
        en.append(f"comments {', '.join(open_comments)} have no answer")
    if zh:
        raise Conflict(
            f"征求意见尚未结束：{'；'.join(zh)}。", f"The consultation is not over: {'; '.join(en)}.", where=case
        )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
