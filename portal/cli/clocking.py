"""``clock``: a deadline on the official calendar, explained day by day, with pauses, extension, urgent limit and silence."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ground.errors import UserError
from hub.home_calendar import NOTICES, calendar_of
from policy.cited import Silence
from policy.clock import SHANGHAI, Deadline, Pause, Period, Suspended, bring_forward, due, extend, legal_date
from policy.parameters import BY_PATH
from policy.profile import cited_as
from policy.profiles import Profiles
from policy.silence import OnSilence, SilenceOutcome, after_silence
from portal.cli import output
from portal.cli.context import HOME, Home, Json, Now, moment

if TYPE_CHECKING:
    from policy.calendar import WorkingCalendar


def clock(
    received: Annotated[str, typer.Argument(help="收到之日或时刻，如 2026-09-24 day or moment of receipt.")],
    days: Annotated[str, typer.Option("--days", help="期限：10wd 工作日，60nd 自然日 period.")] = "5wd",
    roll: Annotated[
        bool, typer.Option("--roll", help="自然日的末日遇休息日顺延 natural days move on past days off.")
    ] = False,
    pause: Annotated[
        list[str] | None,
        typer.Option(
            "--pause",
            help="暂停，首尾两日均不计，如 2026-09-28..2026-09-30，可加原因“…30 补正”；未恢复则写 2026-09-28.. ；可多次"
            " days that do not count, both ends included; open without an end; once or more.",
        ),
    ] = None,
    extend_to: Annotated[
        str | None,
        typer.Option(
            "--extend-to", help="延期上限，自收到之日起算，如 60nd extended to this cap, counted from receipt."
        ),
    ] = None,
    urgent: Annotated[
        str | None, typer.Option("--urgent", help="限时办理的截止日 an urgent limit: an earlier last day.")
    ] = None,
    silence: Annotated[
        OnSilence | None,
        typer.Option("--silence", help="届满未答复意味着什么 what it means that nobody answered in time."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="逐日说明 explain every day.")] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """计算法定期限，可逐日说明 Compute a deadline on the official calendar; --explain says why each day counts or does not."""
    when, calendar = moment(now), _calendar(home, told=not json)
    if urgent is not None and extend_to is not None:
        raise UserError(
            "--urgent 与 --extend-to 只能写一个。",
            "Give either --urgent or --extend-to; a limit is shortened or extended.",
        )
    first = due(
        _receipt(received), Period.parse(days), calendar,
        roll_past_holidays=roll, pauses=[_pause(one) for one in pause or []],
    )  # fmt: skip
    found = _changed(first, calendar, extend_to=extend_to, urgent=urgent, roll=roll)
    follows = after_silence(silence, found, when) if silence is not None else None
    if json:
        output.as_json(_facts(found, follows, when) | {"calendar": "home" if _has_notices(home) else "standard"})
        return
    _tell(found, follows, explain=explain)
    if silence is not None:
        _tell_where(silence, when)


def _changed(
    first: Deadline | Suspended, calendar: WorkingCalendar, *, extend_to: str | None, urgent: str | None, roll: bool
) -> Deadline | Suspended:
    if extend_to is None and urgent is None:
        return first
    if isinstance(first, Suspended):
        raise UserError(
            f"期限自 {first.since} 起暂停，没有截止日，不能延期或限时。请写明暂停的末日。",
            f"The limit is paused since {first.since} and has no due date; it cannot be extended or brought forward. "
            "Say when the pause ends.",
        )
    if urgent is not None:
        return bring_forward(first, _day(urgent, "--urgent"), calendar)
    return extend(first, Period.parse(extend_to or ""), calendar, roll_past_holidays=roll)


def _tell_where(silence: OnSilence, when: datetime) -> None:
    """Where a share request that nobody answers means this: the option asks what would follow, the city's rules say what does."""
    profiles = Profiles.standard()
    day = legal_date(when)
    held = [profiles.on(city, day).profile for city in profiles.cities()]
    told = BY_PATH["sharing.silence"]  # told here and acted on nowhere yet
    said = [(one, rule) for one in held if not isinstance(rule := told.of(one), Silence)]
    named = [(one, rule) for one, rule in said if rule.value == silence]
    zh = "、".join(
        f"{one.named_zh(day)}{cited_as(rule.article) if rule.article else '（自定）'}" for one, rule in named
    )
    en = ", ".join(f"{one.named_en(day)} ({rule.article or 'house rule'})" for one, rule in named)
    output.line(
        f"以上按 --silence {silence.value} 推算。对共享申请如此规定的城市：{zh or '无'}；其他城市不适用。  "
        f"[dim]This is what --silence {silence.value} would mean; cities that say so of share requests: {en or 'none'}.[/dim]"
    )


def _facts(found: Deadline | Suspended, follows: SilenceOutcome | None, when: datetime) -> dict[str, Any]:
    paused = found if isinstance(found, Suspended) else None
    facts: dict[str, Any] = {
        "received": found.received,
        "period": str(found.period),
        "due": found.due if isinstance(found, Deadline) else None,
        "due_at": found.due_at if isinstance(found, Deadline) else None,
        "provisional": isinstance(found, Deadline) and found.provisional,
        "overdue": found.is_overdue(when),
        "suspended": {"since": paused.since, "reason": paused.reason, "left": paused.left} if paused else None,
        "pauses": found.pauses,
        "days": found.days,
        "explanation": {"zh": found.explain("zh"), "en": found.explain("en")},
    }
    return facts | ({"silence": follows} if follows is not None else {})


def _tell(found: Deadline | Suspended, follows: SilenceOutcome | None, *, explain: bool) -> None:
    lines = list(zip(found.explain("zh"), found.explain("en"), strict=True))
    for zh, en in lines if explain else lines[:1]:
        output.line(f"{output.shown(zh)}  [dim]{output.shown(en)}[/dim]")
    if isinstance(found, Deadline) and found.provisional:
        output.line(
            "截止日为暂定：经过的年份尚无放假通知，录入后（shuyuan calendar import）重新计算，此前不得视为同意。"
            "  [dim]provisional: a holiday notice is missing; counted again when it is imported, no deemed consent before[/dim]"
        )
    if follows is not None:
        output.line(f"{output.shown(follows.zh)}  [dim]{output.shown(follows.en)}[/dim]")


def _calendar(home: Path, *, told: bool) -> WorkingCalendar:
    """The calendar of the home where there is one; the one that comes with the software where there is none."""
    if told and home != HOME and not home.is_dir():
        output.warn(
            f"没有工作目录 {home}，按随软件提供的日历计算。 There is no home {home}; counted on the calendar as shipped."
        )
    return calendar_of(home)


def _has_notices(home: Path) -> bool:
    return (home / NOTICES).exists()


def _receipt(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            "收到日期应形如 2026-09-24 或 2026-09-24T15:00。", "Write the receipt as 2026-09-24 or 2026-09-24T15:00."
        ) from None
    return start if start.tzinfo else start.replace(tzinfo=SHANGHAI)


def _pause(text: str) -> Pause:
    match = re.fullmatch(r"(\S+?)\.\.(\S*)(?:\s+(\S.*))?", text.strip())
    if match is None:
        raise UserError(
            f"--pause “{text}” 无法识别，应形如 2026-09-28..2026-09-30 或 2026-09-28..（未恢复）。",
            f"--pause '{text}' is no pause; write 2026-09-28..2026-09-30, or 2026-09-28.. while it has not ended.",
        )
    until = _day(match[2], "--pause") if match[2] else None
    return Pause(_day(match[1], "--pause"), until, match[3] or "原因未注明 no reason given")


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{option} 中的“{text}”不是日期，应形如 2026-09-28。", f"'{text}' in {option} is no date; write 2026-09-28."
        ) from None
