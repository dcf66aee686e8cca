"""``demo``: the main job from end to end on a simulated city, and a summary a person can read."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.overview import overview
from pipelines.crosschecking import cross_check
from pipelines.places.report import address_report
from pipelines.places.report_page import write_page
from pipelines.serving import Reader
from portal.cli import output, reporting, themes
from portal.cli.building import show_build
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from portal.cli.demo_accounts import DEMO, make_demo_accounts
from portal.cli.feeds import run_feeds, show_deliveries
from portal.cli.homes import run_simulation
from portal.cli.reading import publish_all, show_releases
from portal.cli.tickets import show_tickets

if TYPE_CHECKING:
    from hub.hub import Hub
    from simulation.truth import Comparison

WHO = Reader("demo", "演示核对 demonstration")


def demo(
    home: Home = HOME,
    persons: Annotated[int, typer.Option("--persons", help="人口数 number of persons.")] = 100_000,
    seed: Annotated[int, typer.Option("--seed", help="随机种子 seed.")] = 2026,
    json: Json = False,
    now: Now = None,
) -> None:
    """从送达到发布走一遍全流程 Run the whole flow on a simulated city and sum it up."""
    when = moment(now)
    output.progress(f"模拟城市 simulating a city of {persons:,} persons（种子 seed {seed}）")
    run_simulation(home, persons=persons, seed=seed)
    with opened(home) as hub:
        settled, failed = run_feeds(hub, when, None)
        report = hub.builder.run(when, progress=output.progress)
        checked = cross_check(
            hub.serving, hub.city, hub.rulebook, hub.home / "reports" / "quality", when, output.progress
        )
        made, refused = publish_all(hub, when, None, "demo", "演示发布 demonstration")
        passwords = make_demo_accounts(hub, when)
        if json:
            output.as_json(overview(hub, when))
            return
        output.heading("一、送达与采集 What came in, and what was refused and why")
        show_deliveries(settled)
        output.heading("二、基础库 What each library holds")
        show_build(report)
        _show_items(hub, when)
        output.heading("三、问题数据与工单 What was found, and who must fix it by when")
        show_tickets(hub, list(hub.tickets.list()), when)
        _show_departments(hub)
        output.line(checked.line())
        _show_truth(hub, when)
        output.heading("四、地址与主题 Where people and companies are, and what departments derive")
        _show_places(hub, when)
        output.heading("五、发布 What was published")
        show_releases(made, refused)
        output.heading("六、接下来 Where to look next")
        _show_next(hub, when, passwords)
    if failed:
        raise failed[0]


def _show_items(hub: Hub, now: datetime) -> None:
    """How far the sources of each corroborated item agree, and how often a fallback stood in."""
    rows = []
    for name, library in hub.city.register.libraries.items():
        compared = {item: entry for item, entry in library.items.items() if entry.corroborating or entry.fallback}
        if not compared:
            continue
        # One query per library: the view of a library takes longer to make than to read.
        parts = [
            f"SELECT '{item}' AS item, {item}__agreement AS a, {item}__source AS s, count(*) AS n, "  # noqa: S608 - names from the register
            f"count(*) FILTER ({item}__disputed) AS d FROM library WHERE {item} IS NOT NULL GROUP BY ALL"
            for item in compared
        ]
        query = f"WITH library AS MATERIALIZED (SELECT * FROM {name}) {' UNION ALL '.join(parts)}"  # noqa: S608
        counted = hub.serving.sql(query, WHO, now).to_pylist()
        for item, entry in compared.items():
            mine = [row for row in counted if row["item"] == item]
            agreed = Counter({"sole": 0, "agreed": 0, "differs": 0})
            for row in mine:
                agreed[row["a"]] += row["n"]
            fallback = sum(row["n"] for row in mine if row["s"] not in entry.authorities)
            disputed = sum(row["d"] for row in mine)
            rows.append(
                (hub.city.library(name).title, entry.title, entry.authority, agreed["agreed"], agreed["sole"], agreed["differs"],
                 fallback, disputed)
            )  # fmt: skip
    output.table(
        "一数一源：多来源信息项 items with more than one source",
        [
            "库 library",
            "项 item",
            "权威来源 authority",
            "一致 agreed",
            "单一来源 sole",
            "不一致 differs",
            "备用来源 fallback",
            "存疑标记 disputed",
        ],
        rows,
    )


def _show_departments(hub: Hub) -> None:
    names = {one.id: one.name for one in hub.city.departments}
    open_now = [one for one in hub.tickets.list() if one.state.value != "closed"]
    by: dict[str, list[Any]] = {}
    for one in open_now:
        by.setdefault(one.department, []).append(one)
    output.table(
        "各部门待办 what each department owes",
        ["部门 department", "工单 tickets", "问题 findings", "最早截止 first due", "最大宗 most"],
        [
            (names.get(name, name), len(mine), sum(one.findings_open for one in mine), f"{min(one.due for one in mine)} 24:00",
             hub.problem_title(max(mine, key=lambda one: one.findings_open).rule))
            for name, mine in by.items()
        ],
    )  # fmt: skip


def _show_truth(hub: Hub, now: datetime) -> None:
    """What was planted against what was found, kind by kind and rule by rule: only a simulated city can know."""
    from simulation.truth import compare, read_truth

    found = hub.serving.sql(
        "SELECT resource, row_key AS key, item, rule FROM finding WHERE gone_since IS NULL", WHO, now
    )
    result: Comparison = compare(read_truth(hub.home), found.to_pandas())
    output.table(
        "召回：植入的错误发现了多少 recall: what was planted and found",
        ["错误种类 kind", "植入 planted", "发现 found", "召回率 recall"],
        [(row.kind, row.planted, row.found, f"{row.recall:.1%}") for row in result.recall.itertuples()],
    )
    output.table(
        "精确：每条规则的发现有多少确为植入的错误 precision: findings that a planted error caused",
        ["规则 rule", "发现 findings", "确有错误 caused", "精确率 precision"],
        [
            (row.rule, row.findings, row.caused, f"{row.precision:.1%}")
            for row in result.precision.sort_values(["precision", "rule"]).itertuples()
        ],
    )
    output.table(
        "相似而无误者被误报多少 look-alikes that are right, and false alarms",
        ["种类 kind", "数量 rows", "误报 false alarms"],
        [(row.kind, row.rows, row.false_alarms) for row in result.look_alikes.itertuples()],
    )
    output.table(
        "只有人能判断者，不计入召回与精确 only a human can judge; not counted in recall or precision",
        ["种类 kind", "确有错误 is wrong", "数量 rows", "规则报出 found"],
        [
            (row.kind, "是 yes" if row.is_error else "否 no", row.rows, row.found)
            for row in result.only_human.itertuples()
        ],
    )
    planted, hit = int(result.recall["planted"].sum()), int(result.recall["found"].sum())
    findings, caused = int(result.precision["findings"].sum()), int(result.precision["caused"].sum())
    output.line(
        f"核对真值 against the truth：植入应由规则发现的错误 planted {planted}，发现 found {hit}（{hit / max(planted, 1):.2%}）；"
        f"发现 findings {findings}，确有错误 caused {caused}（{caused / max(findings, 1):.2%}）；"
        f"相似而无误者被误报 false alarms {len(result.false_alarms)}"
    )


def _show_places(hub: Hub, now: datetime) -> None:
    """How addresses were matched, and the picture of each theme that has one."""
    from simulation.truth import read_address_truth

    with hub.serving.open() as session:
        report = address_report(session.reader, hub.city, read_address_truth(hub.home))
    write_page(report, hub.home / "reports")
    reporting.show(report)
    for theme in hub.themes:
        if theme.header.map is not None:
            output.line(f"按街道制图 map by street：{themes.draw(hub, theme, WHO, now)}")


def _show_next(hub: Hub, now: datetime, passwords: Path) -> None:
    home = hub.home
    facts = overview(hub, now)
    output.line(f"发布文件 released files          {home / 'published'}")
    output.line(f"质量文档 quality documents       {home / 'reports' / 'quality' / 'index.html'}")
    output.line(
        f"落地原件 delivered bytes         {home / 'landing'}（{sum(facts['stages']['landing'].values())} 批 deliveries）"
    )
    command = ".venv/bin/shuyuan" if Path(".venv/bin/shuyuan").exists() else "shuyuan"
    at = "" if home == HOME.resolve() else f" --home {home}"
    ask = '"SELECT division, count(*) FROM population GROUP BY 1"'
    verify = "python3 <目录>/verify_ledger.py <目录>"
    output.line(f"现状 state                       {command} status{at}")
    output.line(f"工单详情 one ticket              {command} ticket show <工单号>{at}")
    output.line(f"办理台 the desk                  {command} serve{at}，http://127.0.0.1:8080/")
    output.line(
        f"演示账号 demo accounts           {'、'.join(one.id for one in DEMO)}，密码见 passwords in {passwords}"
    )
    output.line(f"目录与缺口 the catalogue         {command} catalog gaps{at}，{command} catalog search hjdj{at}")
    output.line(f"城市规则 the city's rules        {command} policy show{at}，{command} policy diff haishu wuhan")
    output.line(f"查询 ask                         {command} sql {ask}{at}")
    output.line(f"台账 who read what               {command} ledger export <目录>{at}，然后 then {verify}")
    output.line("可视化运行 the flow in Dagster   make dev")
    output.line("接入自己的数据 your own feed     docs/your-own-feed.md")
