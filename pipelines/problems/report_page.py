"""The report on problem data as one page: tables and pictures, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment

from pipelines.problems.measuring import Measures
from policy.clock import SHANGHAI
from quality.scoring import Score
from quality.tickets.measures import AGES, Measure

FOLDER = "problem-data"
LINKS = (
    (
        "../quality/index.html",
        "规则交叉核对（Great Expectations 文档） rules cross-checked",
        "shuyuan build --cross-check",
    ),
    ("../addresses.md", "地址匹配报告 report on addresses", "shuyuan report addresses"),
)
"""Other reports: where, what, and the command that writes it."""

COLUMNS: tuple[tuple[str, str], ...] = (
    ("收到", "received"), ("未办结", "open"), ("逾期未办结", "overdue"), ("已办结", "finished"),
    ("按期率", "on time"), ("中位工作日", "median working days"), ("中位自然日", "median days"),
    ("复发率", "came back"), ("延期：申请/同意/不同意", "extensions: asked/granted/refused"),
)  # fmt: skip

_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>问题数据办理报告</title>
<style>
body{font-family:"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",SimSun,sans-serif;margin:0 auto;max-width:1080px;padding:1.2rem;color:#1f2a36;line-height:1.5}
h1{font-size:1.5rem;margin:.2rem 0} h2{font-size:1.15rem;margin:1.8rem 0 .4rem;border-bottom:2px solid #2c5f8a;padding-bottom:.2rem}
.en{color:#5b6773;font-size:.85em;font-weight:normal} p.note{color:#5b6773;font-size:.88rem;margin:.3rem 0}
.tiles{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0} .tile{flex:1 1 130px;background:#eef3f8;border-radius:6px;padding:.7rem .9rem}
.tile b{display:block;font-size:1.6rem} .scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem} th,td{border-bottom:1px solid #d9e0e7;padding:.35rem .5rem;text-align:right;white-space:nowrap}
th{background:#f4f7fa;vertical-align:bottom} th:first-child,td:first-child{text-align:left;white-space:normal}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(460px,1fr));gap:1rem 1.5rem} figure{margin:0} figcaption{font-weight:bold;margin-bottom:.3rem} figure svg{max-width:100%;height:auto}
</style>
</head>
<body>
<h1>问题数据办理报告 <span class="en">How problem data are handled</span></h1>
<p class="note">截至 {{ at }}（北京时间）。法规口径：{{ basis }}</p>
<div class="tiles">
{% for label, en, value in tiles %}<div class="tile"><b>{{ value }}</b>{{ label }} <span class="en">{{ en }}</span></div>
{% endfor %}</div>
<div class="pictures">
{% for title, svg in pictures %}<figure><figcaption>{{ title }}</figcaption>{{ svg | safe }}</figure>
{% endfor %}</div>
{% for title, en, rows in tables %}<h2>{{ title }} <span class="en">{{ en }}</span></h2>
<div class="scroll"><table><thead><tr><th>名称<br><span class="en">name</span></th>
{% for zh, word in columns %}<th>{{ zh }}<br><span class="en">{{ word }}</span></th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% endfor %}
<h2>未办结工单的账龄 <span class="en">Age of open tickets, in working days since receipt</span></h2>
<div class="scroll"><table><thead><tr><th>部门<br><span class="en">department</span></th>{% for zh, word in ages %}<th>{{ zh }}<br><span class="en">{{ word }}</span></th>{% endfor %}</tr></thead><tbody>
{% for row in aged %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% if scores %}<h2>质量评分 <span class="en">Quality scores (GB/T 36344)</span></h2>
<div class="scroll"><table><thead><tr><th>范围<br><span class="en">what</span></th><th>总分<br><span class="en">score</span></th><th>问题<br><span class="en">findings</span></th><th>已评估指标<br><span class="en">metrics assessed</span></th></tr></thead><tbody>
{% for row in scores %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>{% endif %}
<h2>口径 <span class="en">How it is counted</span></h2>
<ul>
{% for zh, en in notes %}<li>{{ zh }} <span class="en">{{ en }}</span></li>
{% endfor %}</ul>
<h2>其他报告 <span class="en">Other reports</span></h2>
<ul>
{% for href, title, command, there in links %}<li>{% if there %}<a href="{{ href }}">{{ title }}</a>{% else %}{{ title }}：尚未生成 not written yet（{{ command }}）{% endif %}</li>
{% endfor %}</ul>
</body>
</html>
"""

NOTES: tuple[tuple[str, str], ...] = (
    (
        "按期率：时限已见分晓的工单（已办结，或时限已过）中，在时限届满前办结的比例；经同意延期的按延期后的时限，责令改正的期限不算按期。",
        "On time: of the tickets that are finished or whose limit has run out, those finished before it; an extension counts, a "
        "rectification order's date does not.",
    ),
    (
        "办结日：完成整改以重新归集后核验通过之日为准；确认无误、沟通解决以部门答复之日为准，主管机构复核的时间不计入部门。",
        "Finished: put right on the day a later batch proved it; confirmed or talked through on the day of the department's answer.",
    ),
    (
        "天数：自收到次日起算；工作日依国务院放假安排。已并案、已撤销的工单不计。",
        "Days are counted from the day after receipt, working days by the official calendar. Merged and withdrawn tickets do not count.",
    ),
    (
        "复发率：答复或办结过的工单中，被退回、核验未通过、有异议、重新办理，或办结后同一问题再次发现的比例。",
        "Came back: of the tickets answered or ended, those sent back, not repaired, disputed, reopened, or found again afterwards.",
    ),
)


def write_report(found: Measures, scores: Sequence[Score], directory: Path, *, basis: str) -> Path:
    """Write ``problem-data/index.html`` below ``directory``; the page.

    Args:
        found: the measures.
        scores: of the city, the departments and the libraries; none where nothing is published.
        directory: the folder of reports; made if need be.
        basis: the instrument and article whose limits hold, in words.
    """
    folder = directory / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    draft = page.with_suffix(".tmp")
    draft.write_text(page_text(found, scores, folder, basis=basis), encoding="utf-8")
    draft.replace(page)  # whoever has it open reads the old one or the new one, whole
    return page


def page_text(found: Measures, scores: Sequence[Score], folder: Path, *, basis: str) -> str:
    """The page; ``folder`` is where it will stand, so that its links lead to what is there."""
    city = found.city
    departments = [one for one in scores if one.level == "department"]
    from pipelines.problems.report_charts import charts  # altair takes half a second

    environment = Environment(autoescape=True, trim_blocks=True)
    return environment.from_string(_PAGE).render(
        at=_moment(found.at),
        basis=basis,
        tiles=[
            ("按期率", "on time", share(city.on_time_rate)),
            ("中位工作日", "median working days", days(city.median_working_days)),
            ("复发率", "came back", share(city.reopen_rate)),
            ("未办结", "open", city.open),
            ("逾期未办结", "overdue", city.overdue),
            ("待受理", "waiting to be routed", city.waiting),
        ],
        pictures=charts(found, departments),
        columns=COLUMNS,
        tables=[
            ("各部门", "Per department", [cells(one) for one in (city, *found.departments)]),
            ("各规则", "Per rule", [cells(one) for one in found.rules]),
        ],
        ages=[(zh, en) for _, _, zh, en in AGES],
        aged=[(one.title, *one.ages.values()) for one in (city, *found.departments)],
        scores=[(one.title, score(one.score), one.findings, f"{one.assessed}/{_metrics(one)}") for one in scores],
        notes=NOTES,
        links=[(href, title, command, (folder / href).exists()) for href, title, command in LINKS],
    )


def cells(one: Measure) -> tuple[Any, ...]:
    """One line of the tables: the title, then `COLUMNS`."""
    return (
        one.title, one.received, one.open, one.overdue, one.finished, share(one.on_time_rate),
        days(one.median_working_days), days(one.median_days), share(one.reopen_rate),
        f"{one.asked}/{one.granted}/{one.refused}",
    )  # fmt: skip


def share(value: float | None) -> str:
    """A share as people read it, never rounded up to 100 %; a dash where there is none."""
    if value is None:
        return "–"
    return "100%" if value == 1 else f"{min(100 * value, 99.9):.1f}%"


def days(value: float | None) -> str:
    """A number of days; a dash where there is none."""
    return "–" if value is None else f"{value:g}"


def score(value: float | None) -> str:
    """A score; a dash where nothing was assessed."""
    if value is None:
        return "–"
    return "100" if value == 100 else f"{min(value, 99.99):.2f}"


def _metrics(one: Score) -> int:
    return sum(len(part.metrics) for part in one.dimensions)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
