"""``quality``: how good the published data is, by which rules, and what a new rule would find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pipelines.scoring import only
from portal.cli import output, quality_report, rules
from portal.cli.building import DIMENSIONS
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from quality.scoring import Coverage, MetricScore, Score
from standards.quality_metrics import STANDARD

app = Noun()

quality_report.register(app)
app.add_typer(rules.app, name="rule")
app.command("rules")(rules.list_rules)

COVERAGES = {
    Coverage.ASSESSED: "已评估 assessed",
    Coverage.NOT_ASSESSABLE: "不可评估 not assessable",
    Coverage.NOT_COVERED: "未覆盖 not covered",
}
SHANGHAI_STANDARD = "DB31/T 1523-2024"


@app.command("score")
def show_scores(
    home: Home = HOME,
    department: Annotated[str | None, typer.Option("--department", help="部门编号 id of a department.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", help="资源编号 id of a resource.")] = None,
    library: Annotated[str | None, typer.Option("--library", help="基础库编号 id of a base library.")] = None,
    db31: Annotated[
        bool,
        typer.Option("--db31", help="0303、0305 按 DB31/T 1523 计（越高越好）count 0303 and 0305 by DB31/T 1523."),
    ] = False,
    json: Json = False,
    now: Now = None,
) -> None:
    """质量评分（GB/T 36344）：全市、部门、基础库、资源；不可评估与未覆盖的不算满分 Quality scores; what nobody could assess is never 100 %."""
    when = moment(now)
    with opened(home) as hub:
        for given, find in (
            (department, hub.city.department),
            (resource, hub.city.resource),
            (library, hub.city.library),
        ):
            if given is not None:
                find(given)  # a name that is none is told so
        found = hub.scoring.scores(when, by=SHANGHAI_STANDARD if db31 else STANDARD)
        owner = {one.id: one.department for one in hub.city.resources}
    if resource is not None:
        chosen = [*only(found.resources, resource)]
    elif library is not None:
        chosen = [*only(found.libraries, library)]
    elif department is not None:
        mine = [one for one in found.resources if owner[one.id] == department]
        chosen = [*only(found.departments, department), *mine]
    else:
        chosen = [found.city, *found.departments, *found.libraries, *found.resources]
    if json:
        output.as_json(
            {
                "snapshot": found.snapshot,
                "published_at": found.published_at,
                "standard": found.by,
                "scores": [plain(one) for one in chosen],
            }
        )
        return
    show(chosen)
    _show_metrics(chosen[0])
    output.line(
        f"口径 how it is counted：{found.by}，X = A / B；同一指标合并计数，维度与总分为已评估者的算术平均。"
        "Counts of one metric are added up; a dimension and the total are plain means of what was assessed."
    )


def show(scores: Sequence[Score]) -> None:
    """Print scores, one line each."""
    dimensions = list(DIMENSIONS)
    output.table(
        "质量评分 quality scores (%)",
        ["范围 what", "名称 name", "总分 score", *[DIMENSIONS[one] for one in dimensions], "问题 findings", "指标 assessed"],
        [
            (
                f"{one.level} {one.id}".strip(), one.title, percent(one.score),
                *[percent(next(part.score for part in one.dimensions if part.dimension == name)) for name in dimensions],
                one.findings, f"{one.assessed}/{sum(len(part.metrics) for part in one.dimensions)}",
            )
            for one in scores
        ],
    )  # fmt: skip


def plain(one: Score) -> dict[str, Any]:
    """One score for machines."""
    return {
        "level": one.level,
        "id": one.id,
        "title": one.title,
        "score": _rounded(one.score),
        "findings": one.findings,
        "not_assessable_rules": list(one.blocked),
        "dimensions": [
            {
                "dimension": part.dimension,
                "score": _rounded(part.score),
                "metrics": [_metric(metric) for metric in part.metrics],
            }
            for part in one.dimensions
        ],
    }


def percent(value: float | None) -> str:
    """A share as people read it, never rounded up to 100; a dash where nothing was assessed."""
    if value is None:
        return "–"
    return "100" if value == 100 else f"{min(value, 99.99):.2f}"


def _show_metrics(one: Score) -> None:
    output.table(
        f"指标 metrics：{one.title}",
        ["指标 metric", "名称 title", "方向 better", "A", "B", "A/B %", "得分 score", "规则 rules", "情况 coverage"],
        [
            (
                metric.metric, metric.title, "越高 higher" if metric.direction == "higher" else "越低 lower",
                *((metric.counted, metric.asked) if metric.coverage is Coverage.ASSESSED else ("", "")),
                "" if metric.share is None else f"{metric.share:.3f}", percent(metric.oriented), metric.rules,
                f"{COVERAGES[metric.coverage]} {metric.reason_zh} {metric.reason_en}".strip(),
            )
            for part in one.dimensions
            for metric in part.metrics
        ],
    )  # fmt: skip


def _metric(one: MetricScore) -> dict[str, Any]:
    return {
        "metric": one.metric,
        "title": one.title,
        "better": one.direction,
        "coverage": one.coverage.value,
        "counted": one.counted,
        "asked": one.asked,
        "share": _rounded(one.share),
        "oriented": _rounded(one.oriented),
        "rules": one.rules,
        "reason": {"zh": one.reason_zh, "en": one.reason_en} if one.reason_zh else None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
