"""The pictures of the report on problem data, as SVG that needs nothing from elsewhere and keeps its text as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert as vlc

from pipelines.problems.measuring import Measures
from quality.scoring import Score
from quality.tickets.measures import AGES, Measure

FONT = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, SimSun, sans-serif"
MOST = 20
"""Bars of a picture; the tables have all."""
_AGE_COLOURS = ["#9ecae1", "#6baed6", "#fdae6b", "#f16913", "#b30000"]
_BAR = "#2c5f8a"


def charts(found: Measures, scores: Sequence[Score]) -> list[tuple[str, str]]:
    """Title and SVG of every picture that has something to show.

    Args:
        found: the measures.
        scores: of the departments.
    """
    departments = found.departments[:MOST]
    rules = found.rules[:MOST]
    made = [
        ("各部门按期办结率 On time, per department", _shares(departments, "on_time_rate")),
        ("各部门办理天数中位数 Median days, per department", _days(departments)),
        ("未办结工单的账龄 Age of open tickets", _ages(departments)),
        ("各规则按期办结率 On time, per rule", _shares(rules, "on_time_rate")),
        ("各规则复发率 Came back, per rule", _shares(rules, "reopen_rate")),
        ("各部门质量评分 Quality scores, per department", _scores(scores)),
    ]
    return [(title, svg(chart)) for title, chart in made if chart is not None]


def svg(chart: alt.Chart) -> str:
    """A chart as SVG; its text stays text, in whichever font the reader has."""
    return str(vlc.vegalite_to_svg(chart.to_json(), vl_version=_version(), allowed_base_urls=[]))


def png(chart: alt.Chart) -> bytes:
    """The same as a picture of points."""
    return bytes(vlc.vegalite_to_png(chart.to_json(), vl_version=_version(), scale=2, allowed_base_urls=[]))


def _version() -> str:
    """The version of Vega-Lite that altair writes, as the converter names it."""
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _shares(measures: Sequence[Measure], name: str) -> alt.Chart | None:
    rows = [
        {"名称": one.title, "值": round(100 * rate, 1)} for one in measures if (rate := getattr(one, name)) is not None
    ]
    return _bars(rows, "%", domain=[0, 100])


def _scores(scores: Sequence[Score]) -> alt.Chart | None:
    rows = [{"名称": one.title, "值": round(one.score, 2)} for one in scores if one.score is not None]
    return _bars(rows, "分 score", domain=[0, 100])


def _bars(rows: list[dict[str, Any]], unit: str, domain: list[int]) -> alt.Chart | None:
    if not rows:
        return None
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("名称:N", sort=[row["名称"] for row in rows], title=None, axis=alt.Axis(labelLimit=320)),
        x=alt.X("值:Q", title=unit, scale=alt.Scale(domain=domain)),
    )
    marked = base.mark_bar(color=_BAR) + base.mark_text(align="left", dx=3).encode(text="值:Q")
    return _dressed(marked, len(rows))


def _days(measures: Sequence[Measure]) -> alt.Chart | None:
    rows = [
        {"名称": one.title, "口径": label, "值": value}
        for one in measures
        for label, value in (("工作日 working", one.median_working_days), ("自然日 natural", one.median_days))
        if value is not None
    ]
    if not rows:
        return None
    order = list(dict.fromkeys(str(row["名称"]) for row in rows))
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            y=alt.Y("名称:N", sort=order, title=None, axis=alt.Axis(labelLimit=320)),
            yOffset="口径:N",
            x=alt.X("值:Q", title="天 days"),
            color=alt.Color(
                "口径:N", title=None, scale=alt.Scale(range=[_BAR, "#b8c4d0"]), legend=alt.Legend(orient="top")
            ),
        )
    )
    return _dressed(chart, len(order) * 1.6)


def _ages(measures: Sequence[Measure]) -> alt.Chart | None:
    words = {name: f"{zh} {en}" for name, _, zh, en in AGES}
    rows = [
        {"名称": one.title, "账龄": words[name], "序": place, "值": number}
        for one in measures
        for place, (name, number) in enumerate(one.ages.items())
        if number
    ]
    if not rows:
        return None
    order = list(dict.fromkeys(str(row["名称"]) for row in rows))
    chart = alt.Chart(alt.InlineData(values=rows)).mark_bar().encode(
        y=alt.Y("名称:N", sort=order, title=None, axis=alt.Axis(labelLimit=320)),
        x=alt.X("值:Q", title="工单 tickets", axis=alt.Axis(tickMinStep=1, format="d")),
        color=alt.Color(
            "账龄:N", title=None, sort=list(words.values()),
            scale=alt.Scale(domain=list(words.values()), range=_AGE_COLOURS),
            legend=alt.Legend(orient="top", columns=3, labelLimit=260),
        ),
        order=alt.Order("序:Q"),
    )  # fmt: skip
    return _dressed(chart, len(order))


def _dressed(chart: Any, rows: float) -> alt.Chart:
    dressed: alt.Chart = chart.properties(width=520, height=max(60, int(rows * 24))).configure(
        font=FONT, background="#ffffff"
    )
    return dressed
