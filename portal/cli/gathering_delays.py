"""``gathering delays``: how long changes take until they are on the platform, and whether real time is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from pipelines.gathering_delays import BASIS_WORDS, BOUND, VERDICT_WORDS, WINDOW, DelayReport, Timeliness, Verdict
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def delays(
    department: Annotated[str | None, typer.Option("--department", help="只看此部门 only this department.")] = None,
    within: Annotated[
        float, typer.Option("--within", help="多少分钟之内算实时 minutes that still count as real time.", min=0.0)
    ] = BOUND / _MINUTE,
    days: Annotated[float, typer.Option("--days", help="看最近几天 days to look back.", min=0.01)] = WINDOW / _DAY,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """实时汇聚的时延：从变化到入库，是否达到 The delay of data in real time, and whether it is kept."""
    when = moment(now)
    with opened(home) as hub:
        if department is not None:
            hub.city.department(department)
        report = hub.delays.report(when, bound=timedelta(minutes=within), window=timedelta(days=days))
        names = {one.id: one.name for one in hub.city.departments}
        rules = hub.rules_on(when).profile
    found = [one for one in report.resources if department in (None, one.department)]
    if json:
        output.as_json({"bound_minutes": within, "days": days, "asked": report.asked, "resources": found})
        return
    output.table(
        "实时汇聚的时延 delays of data in real time",
        ["资源 resource", "部门 department", "批次 deliveries", "其内 within", "中位 median", "最长 worst", "待采集 waiting", "起算 from", "实时 real time"],
        [_row(one, names) for one in found],
    )  # fmt: skip
    output.line("  ".join(f"{' '.join(VERDICT_WORDS[v])} {sum(one.verdict is v for one in found)}" for v in Verdict))
    output.line(_ground(report, rules.title_zh, within))


def _ground(report: DelayReport, city: str, within: float) -> str:
    if not report.asked:
        return (
            f"{city}的规则未要求实时汇聚，仅供参考。The rules of this city do not ask for real time; for information."
        )
    return (
        f"{city}要求实时汇聚，未写时长；按 {within:g} 分钟计（自定）。The city asks for real time and states no number; "
        f"{within:g} minutes are the house's."
    )


def _row(one: Timeliness, names: dict[str, str]) -> tuple[object, ...]:
    basis = BASIS_WORDS[one.basis][0] if one.basis else "–"
    verdict = " ".join(VERDICT_WORDS[one.verdict]) + (f" {one.excused}" if one.excused else "")
    waiting = f"{one.waiting}（{_span(one.oldest)}）" if one.waiting else 0
    return (
        f"{one.title}\n{one.resource}", names[one.department], one.measured, one.within, _span(one.median), _span(one.worst),
        waiting, basis, verdict,
    )  # fmt: skip


def _span(delay: timedelta | None) -> str:
    """A span in the unit that a person would take."""
    if delay is None:
        return "–"
    seconds = delay.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} 秒 s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} 分 min"
    return f"{seconds / 3600:.1f} 小时 h" if seconds < 172_800 else f"{seconds / 86_400:.1f} 天 d"


def register(app: Noun) -> None:
    """Add the command to ``gathering``."""
    app.command()(delays)
