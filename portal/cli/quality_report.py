"""``quality report``: how well problem data are handled, as a page with pictures and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipelines.problems.report_page import COLUMNS, cells, write_report
from policy.clock import legal_date
from policy.profile import cited_as
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from quality.tickets.measures import AGES, Measure


def register(app: Noun) -> None:
    """Put the command under ``quality``."""
    app.command("report")(report)


def report(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """问题数据办理情况：按期率、天数、复发率、账龄、延期，附图页面 How problem data are handled, with a page of pictures."""
    when = moment(now)
    with opened(home) as hub:
        found = hub.measuring.measure(when)
        scores = []
        if hub.pointer.current() is not None:
            all_scores = hub.scoring.scores(when)
            scores = [all_scores.city, *all_scores.departments, *all_scores.libraries]
        profile = hub.rules_on(when).profile
        rules = profile.problem_data
        article = rules.days.article
        ground = f"{rules.days.instrument or ''}{cited_as(article)}" if article else "（未定天数，按内部时限）"
        basis = f"{profile.named_zh(legal_date(when))}{ground}，{rules.days.value.zh}"
        page = write_report(found, scores, hub.home / "reports", basis=basis)
    if json:
        output.as_json(
            {
                "at": found.at,
                "city": plain(found.city),
                "departments": [plain(one) for one in found.departments],
                "rules": [plain(one) for one in found.rules],
                "page": page,
            }
        )
        return
    _show("各部门办理情况 per department", [found.city, *found.departments])
    _show("各规则办理情况 per rule", found.rules)
    output.table(
        "未办结工单账龄 age of open tickets",
        ["名称 name", *[f"{zh.replace(' ', '')} {en}" for _, _, zh, en in AGES]],
        [(one.title, *one.ages.values()) for one in (found.city, *found.departments)],
    )
    output.line(f"报告 report：{output.shown(page)}")


def plain(one: Measure) -> dict[str, Any]:
    """Measures for machines."""
    rates = {name: getattr(one, name) for name in ("on_time_rate", "reopen_rate", "extension_rate")}
    return asdict(one) | {name: None if rate is None else round(rate, 6) for name, rate in rates.items()}


def _show(title: str, measures: Sequence[Measure]) -> None:
    output.table(
        title,
        ["名称 name", *[f"{zh} {en}" for zh, en in COLUMNS]],
        [cells(one) for one in measures],
    )
