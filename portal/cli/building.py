"""``build`` and ``findings``: libraries, and what is wrong in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.entry import Kind
from pipelines.crosschecking import cross_check
from portal.cli import output
from portal.cli.context import HOME, NOT_STATED, Home, Json, Now, Purpose, User, moment, opened, reader
from quality.findings import summary

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from hub.hub import Hub
    from pipelines.building import BuildReport

SEVERITIES = {"error": "错误 error", "warning": "提醒 warning"}
DIMENSIONS = {
    "conformity": "规范性", "completeness": "完整性", "accuracy": "准确性", "consistency": "一致性", "timeliness": "时效性",
    "accessibility": "可访问性",
}  # fmt: skip
MODES = {"first": "首次 first", "full": "全量 full", "increment": "增量 increment", "unchanged": "无变化 unchanged"}


def build(
    home: Home = HOME,
    full: Annotated[bool, typer.Option("--full", help="重看全部主键 look at every key again.")] = False,
    check: Annotated[
        bool,
        typer.Option("--cross-check", help="再由 Great Expectations 复核并出文档 let GX check again, with documents."),
    ] = False,
    json: Json = False,
    now: Now = None,
) -> None:
    """融合基础库、检查、发布、派单 Build the libraries, look for problem data, publish, open tickets."""
    when = moment(now)
    with opened(home) as hub:
        hub.load_catalogue(when)
        report = hub.builder.run(when, full=full, progress=output.progress)
        results = (
            cross_check(hub.serving, hub.city, hub.rulebook, hub.home / "reports" / "quality", when, output.progress)
            if check
            else None
        )
    if json:
        output.as_json(facts(report) | ({} if results is None else {"cross_check": results.facts()}))
        return
    show_build(report)
    if results is not None:
        output.line(results.line())


def findings(
    home: Home = HOME,
    rows: Annotated[
        bool, typer.Option("--rows", help="列出每个问题的主键，记入台账 list every finding's key (logged).")
    ] = False,
    resource: Annotated[str | None, typer.Option("--resource", help="只看该资源 this resource only.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="只看该规则 this rule only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多行数 most rows.")] = 100,
    user: User = None,
    purpose: Purpose = NOT_STATED,
    json: Json = False,
    now: Now = None,
) -> None:
    """已发现的问题数据 What is wrong in the published data, by rule, or row by row."""
    when = moment(now)
    with opened(home) as hub, hub.serving.open() as session:
        if resource is not None:
            hub.city.resource(resource)  # a name that is none is told so
        table = session.tables.get("finding")
        if table is None:
            found: list[dict[str, Any]] = []
        elif not rows:
            table = _narrowed(table, resource, rule)
            found = session.reader.engine.to_arrow(summary(table)).to_pylist()
            found = sorted(found, key=lambda one: (one["resource"], -one["present"], one["rule"]))
        else:
            content: dict[str, object] = {"table": "finding", "resource": resource, "rule": rule, "limit": limit}
            hub.serving.record(
                Kind.QUERY, reader(user, purpose), when, content, mode="命令行 cli", medium="屏幕 screen"
            )
            present = table.filter(table["gone_since"].isnull())
            present = _narrowed(present, resource, rule)
            shown = present.order_by(["resource", "rule", "row_key", "item"]).limit(limit + 1)
            found = session.reader.engine.to_arrow(shown).to_pylist()
            if len(found) > limit:
                output.warn(
                    f"只给出前 {limit} 行，可用 --limit 调整。Only the first {limit} rows are given; see --limit."
                )
            found = found[:limit]
        titles = {one["rule"]: hub.rule_title(one["rule"]) for one in found}
    if json:
        output.as_json(found)
    elif rows:
        output.table(
            "问题数据 findings",
            ["资源 resource", "主键 key", "项 item", "规则 rule", "首见 first seen"],
            [
                (one["resource"], one["row_key"], one["item"], titles[one["rule"]], output.moment(one["first_seen"]))
                for one in found
            ],
        )
    else:
        show_findings(hub, found)


def facts(report: BuildReport) -> dict[str, object]:
    """A build report for machines."""
    publication = report.publication
    return {
        "published": report.published,
        "snapshot": publication.lake_snapshot if publication else None,
        "libraries": [{name: value for name, value in vars(one).items() if name != "keys"} for one in report.built],
        "findings": report.findings,
        "not_assessable": [vars(one) if hasattr(one, "__dict__") else str(one) for one in report.not_assessable],
        "tickets": {"opened": report.opened, "closed": report.closed},
        "restored": report.restored,
        "orphans_removed": report.orphans,
    }


def show_build(report: BuildReport) -> None:
    """Print what a build did."""
    output.table(
        "基础库 base libraries",
        ["库 library", "方式 mode", "行 rows", "新增 new", "变更 changed", "注销 gone"],
        [
            (one.library, MODES.get(one.mode, one.mode), one.rows, one.inserted, one.updated, one.deleted)
            for one in report.built
        ],
    )
    output.table(
        "主题库 theme libraries",
        ["主题库 theme", "名称 title", "行 rows", "等待 waits for"],
        [(one.theme, one.title, one.rows, "、".join(one.waits_for)) for one in report.themes],
    )
    for blocked in report.not_assessable:
        output.line(f"[yellow]不可评估 not assessable[/yellow] {blocked.rule}：{blocked.zh} {blocked.en}")
    if report.published and report.publication:
        output.line(
            f"已发布快照 published snapshot {report.publication.lake_snapshot}；新工单 tickets opened {len(report.opened)}，办结 closed {len(report.closed)}"
        )
    else:
        output.line("没有变化，发布版本不变。Nothing changed; what is published stays.")


def show_findings(hub: Hub, found: list[dict[str, Any]]) -> None:
    """Print findings by rule."""
    names = {one.id: one.name for one in hub.city.departments}
    output.table(
        "问题数据 findings",
        ["资源 resource", "规则 rule", "级别 severity", "维度 dimension", "现存 present", "已消除 gone", "责任部门 department"],
        [
            (one["resource"], hub.rule_title(one["rule"]), SEVERITIES.get(one["severity"], one["severity"]), DIMENSIONS.get(one["dimension"], one["dimension"]), one["present"], one["gone"],
             names.get(one["department"], one["department"]))
            for one in found
        ],
    )  # fmt: skip


def _narrowed(table: ir.Table, resource: str | None, rule: str | None) -> ir.Table:
    """Findings of one resource or rule, where one is named."""
    for column, value in (("resource", resource), ("rule", rule)):
        table = table if value is None else table.filter(table[column] == value)
    return table
