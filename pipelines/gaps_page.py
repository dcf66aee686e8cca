"""The report on gaps as one page: coverage per department with a picture, and every gap; nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import altair as alt
from jinja2 import Environment

from pipelines.gaps import KIND_WORDS, Coverage, Gaps, Kind
from pipelines.gathering import Rate
from pipelines.problems.report_charts import FONT, svg
from policy.clock import SHANGHAI

MOST = 20
"""Bars of a picture; the table has all."""
_COLOURS = ["#7f7f7f", "#1b7837", "#542788", "#2c5f8a", "#9970ab", "#6baed6", "#fdae6b", "#f16913", "#b30000"]
_DONE, _OPEN = "#2c5f8a", "#d9e0e7"


def page(found: Gaps, rates: Sequence[Rate], names: Mapping[str, str], now: datetime) -> str:
    """The page as HTML.

    Args:
        found: the gaps.
        rates: gathering rates, the city's last.
        names: name of every department.
        now: the moment that it tells.
    """
    pictures = [
        ("各部门缺口数 Gaps per department", _gaps(found.departments)),
        ("各部门归集率 Gathering rate per department", rate_chart(rates)),
    ]
    city = found.city
    tiles = [
        ("系统表已编目", "tables catalogued", f"{city.catalogued}/{city.tables}"),
        ("条目有数据源", "entries with feed", f"{city.with_feed}/{city.resources}"),
        ("已送达", "delivered", f"{city.delivered}/{city.resources}"),
        ("按期", "in time", f"{city.in_time}/{city.resources}"),
        ("缺口", "gaps", str(city.missing)),
    ]
    return _TEMPLATE.render(
        at=f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", tiles=tiles,
        pictures=[(title, svg(chart)) for title, chart in pictures if chart is not None],
        kinds=[(kind, *KIND_WORDS[kind]) for kind in Kind], rows=[*found.departments, city],
        gaps=[(names.get(one.department or "", "（未定 nobody）"), KIND_WORDS[one.kind], one) for one in found.gaps],
    )  # fmt: skip


def rate_chart(rates: Sequence[Rate]) -> alt.Chart | None:
    """Gathered and not yet gathered, as one bar per department; None where nothing is to be gathered."""
    shown = [one for one in rates if one.department is not None and one.wanted][:MOST]
    if not shown:
        return None
    rows = [
        {"部门": one.name, "状态": state, "数": number, "序": place}
        for one in shown
        for place, (state, number) in enumerate((("已归集", one.gathered), ("未归集", one.wanted - one.gathered)))
    ]
    return _stacked(rows, [one.name for one in shown], "资源 resources", ["已归集", "未归集"], [_DONE, _OPEN])


def _gaps(departments: Sequence[Coverage]) -> alt.Chart | None:
    shown = [one for one in departments if one.missing][:MOST]
    if not shown:
        return None
    kinds = [kind for kind in Kind if any(one.gaps.get(kind) for one in shown)]
    rows = [
        {"部门": one.name, "状态": KIND_WORDS[kind][0], "数": one.gaps[kind], "序": list(Kind).index(kind)}
        for one in shown
        for kind in kinds
        if kind in one.gaps
    ]
    colours = [_COLOURS[list(Kind).index(kind)] for kind in kinds]
    return _stacked(rows, [one.name for one in shown], "缺口 gaps", [KIND_WORDS[kind][0] for kind in kinds], colours)


def _stacked(
    rows: list[dict[str, object]], names: list[str], unit: str, states: list[str], colours: list[str]
) -> alt.Chart:
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            y=alt.Y("部门:N", sort=names, title=None, axis=alt.Axis(labelLimit=320)),
            x=alt.X("数:Q", title=unit, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("状态:N", sort=states, title=None, scale=alt.Scale(domain=states, range=colours),
                            legend=alt.Legend(orient="top", columns=4)),
            order="序:Q",
        )
        .properties(width=420, height=max(60, 22 * len(names)))
        .configure(font=FONT)
        .configure_view(stroke=None)
    )  # fmt: skip
    made: alt.Chart = chart
    return made


_TEMPLATE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>目录与归集缺口</title>
<style>
body{font-family:"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",SimSun,sans-serif;margin:0 auto;max-width:1080px;padding:1.2rem;color:#1f2a36;line-height:1.5}
h1{font-size:1.5rem;margin:.2rem 0} h2{font-size:1.15rem;margin:1.8rem 0 .4rem;border-bottom:2px solid #2c5f8a;padding-bottom:.2rem}
.en{color:#5b6773;font-size:.85em;font-weight:normal} p.note{color:#5b6773;font-size:.88rem;margin:.3rem 0}
.tiles{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0} .tile{flex:1 1 130px;background:#eef3f8;border-radius:6px;padding:.7rem .9rem} .tile b{display:block;font-size:1.6rem}
.scroll{overflow-x:auto} table{border-collapse:collapse;width:100%;font-size:.9rem} th,td{border-bottom:1px solid #d9e0e7;padding:.35rem .5rem;text-align:right;white-space:nowrap}
th{background:#f4f7fa;vertical-align:bottom} th:first-child,td:first-child,.text td{text-align:left} .text td{white-space:normal} tr.city{font-weight:bold}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(460px,1fr));gap:1rem 1.5rem} figure{margin:0} figcaption{font-weight:bold;margin-bottom:.3rem} figure svg{max-width:100%;height:auto}
</style>
</head>
<body>
<h1>目录与归集缺口 <span class="en">Gaps of catalogue and gathering</span></h1>
<p class="note">截至 {{ at }}（北京时间）。依据：全部非涉密数据编目（武汉第10条），按职能确定采集责任（赤峰解读四（二）1），一数一源（武汉、海曙第12条），汇聚归集（武汉、海曙第13条）。</p>
<div class="tiles">{% for zh, en, value in tiles %}<div class="tile"><b>{{ value }}</b>{{ zh }} <span class="en">{{ en }}</span></div>{% endfor %}</div>
<div class="pictures">{% for title, svg in pictures %}<figure><figcaption>{{ title }}</figcaption>{{ svg | safe }}</figure>{% endfor %}</div>
<h2>各部门 <span class="en">Per department, most gaps first</span></h2>
<div class="scroll"><table><thead><tr><th>部门<br><span class="en">department</span></th><th>系统表已编目<br><span class="en">tables catalogued</span></th><th>条目<br><span class="en">entries</span></th><th>有数据源<br><span class="en">with feed</span></th><th>已送达<br><span class="en">delivered</span></th><th>按期<br><span class="en">in time</span></th>{% for kind, zh, en in kinds %}<th>{{ zh }}<br><span class="en">{{ en }}</span></th>{% endfor %}</tr></thead><tbody>
{% for one in rows %}<tr{{ ' class=city' if one.department is none else '' }}><td>{{ one.name }}</td><td>{{ one.catalogued }}/{{ one.tables }}</td><td>{{ one.resources }}</td><td>{{ one.with_feed }}</td><td>{{ one.delivered }}</td><td>{{ one.in_time }}</td>{% for kind, zh, en in kinds %}<td>{{ one.gaps.get(kind, '') }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
<h2>缺口 <span class="en">Every gap</span></h2>
<div class="scroll"><table class="text"><thead><tr><th>部门<br><span class="en">department</span></th><th>缺什么<br><span class="en">what is missing</span></th><th>对象<br><span class="en">of what</span></th><th>编号<br><span class="en">id</span></th><th>应于<br><span class="en">was due</span></th></tr></thead><tbody>
{% for name, words, one in gaps %}<tr><td>{{ name }}</td><td>{{ words[0] }} <span class="en">{{ words[1] }}</span></td><td>{{ one.zh }}</td><td>{{ one.subject }}</td><td>{{ one.since or '' }}</td></tr>
{% endfor %}</tbody></table></div>
</body>
</html>
""")
