"""``quality rules`` and ``quality rule``: which rules there are, what a new one would find, and adding it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ground.errors import UserError
from portal.cli import output
from portal.cli.building import DIMENSIONS, SEVERITIES
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, User, moment, opened
from quality import agreement, freshness
from standards.quality_metrics import metric

if TYPE_CHECKING:
    from hub.hub import Hub
    from pipelines.rulemaking import DryRun

app = Noun("规则 rules of stewards: check, add.")

SOURCES = {
    "declared": "自定 declared",
    "builtin": "内置 builtin",
    "register": "来源登记 register",
    "catalogue": "目录 catalogue",
}


def list_rules(
    home: Home = HOME,
    resource: Annotated[str | None, typer.Option("--resource", help="资源编号 id of a resource.")] = None,
    json: Json = False,
    now: Now = None,
) -> None:
    """全部规则及其来源、维度、指标、级别 Every rule with where it comes from, its dimension, metric and severity."""
    moment(now)
    with opened(home) as hub:
        if resource is not None:
            hub.city.resource(resource)
        found = [one for one in all_rules(hub) if resource in (None, one["resource"])]
    if json:
        output.as_json(found)
        return
    output.table(
        "规则 rules",
        ["规则 rule", "名称 title", "来源 source", "检查 check", "维度 dimension", "指标 metric", "级别 severity"],
        [
            (
                one["rule"], one["title"], SOURCES[one["source"]], one["check"], DIMENSIONS[one["dimension"]],
                f"{one['metric']} {metric(one['metric']).title}", SEVERITIES[one["severity"]],
            )
            for one in found
        ],
    )  # fmt: skip


@app.command("check")
def check_rule(
    file: Annotated[Path, typer.Argument(help="规则文件 a document of rules (YAML).")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """试算：这些规则会查出多少行，不写入任何东西 Dry run: how many rows these rules would find; nothing is written."""
    moment(now)
    text = _text(file)
    with opened(home) as hub:
        tried = hub.rulemaking.dry_run(text, name=file.name)
    if json:
        output.as_json(plain_trial(tried))
    else:
        show_trial(tried)


@app.command("add")
def add_rule(
    file: Annotated[Path, typer.Argument(help="规则文件 a document of rules (YAML).")],
    home: Home = HOME,
    user: User = None,
    even_if_many: Annotated[
        bool, typer.Option("--even-if-many", help="不符者过半也添加 add it even if more than half of the rows fail.")
    ] = False,
    json: Json = False,
    now: Now = None,
) -> None:
    """先试算再写入 city/rules，下次构建对全部行评估 Try the rules, then write them into city/rules; the next build evaluates them."""
    when = moment(now)
    text = _text(file)
    with opened(home) as hub:
        done = hub.rulemaking.adopt(text, user or getpass.getuser(), when, name=file.name, even_if_many=even_if_many)
    if json:
        output.as_json(plain_trial(done.tried) | {"written": done.path})
        return
    show_trial(done.tried)
    output.line(f"已写入 written：{output.shown(done.path)}；下次 build 起评估全部行 evaluated from the next build on.")


def all_rules(hub: Hub) -> list[dict[str, Any]]:
    """Every rule: of stewards, of contracts, of the register's corroborating sources, of update cycles."""
    found: list[dict[str, Any]] = []
    for one in hub.city.resources:
        found += [
            {
                "rule": of.id, "resource": one.id, "item": of.item, "title": of.title,
                "source": hub.rulebook.source(of.id), "check": of.check.kind, "dimension": of.dimension.value,
                "metric": of.metric_id, "severity": of.severity.value, "basis": of.basis,
            }
            for of in hub.rulebook.of(one.id)
        ]  # fmt: skip
        found.append(
            {
                "rule": freshness.rule_id(one.id), "resource": one.id, "item": freshness.DELIVERY,
                "title": f"{one.title}按更新周期送达", "source": "catalogue", "check": "in_time",
                "dimension": "timeliness", "metric": freshness.METRIC, "severity": "warning",
                "basis": f"更新周期 {one.update_cycle.value}",
            }
        )  # fmt: skip
    for name, library in hub.city.register.libraries.items():
        found += [
            {
                "rule": agreement.rule_id(name, item), "resource": of.authority,
                "item": of.from_item.get(of.authority, item), "title": f"{of.title}与佐证来源一致",
                "source": "register", "check": "agreement", "dimension": "consistency", "metric": "0401",
                "severity": "error", "basis": "一数一源一标准",
            }
            for item, of in library.items.items()
            if of.corroborating
        ]  # fmt: skip
    return found


def plain_trial(tried: DryRun) -> dict[str, Any]:
    """A dry run for machines."""
    return {
        "resource": tried.resource,
        "snapshot": tried.snapshot,
        "rows": tried.rows,
        "existing": list(tried.existing),
        "rules": [
            vars(one) | {"share": None if one.share is None else round(one.share, 6), "too_many": one.too_many}
            for one in tried.trials
        ],
    }


def show_trial(tried: DryRun) -> None:
    """Print a dry run."""
    output.table(
        f"试算 dry run：{tried.resource}，快照 snapshot {tried.snapshot}，{tried.rows} 行 rows",
        ["规则 rule", "名称 title", "指标 metric", "所问 asked", "不符 failing", "占比 share", "示例 examples"],
        [
            (
                one.rule, one.title, one.metric, one.asked, one.failing,
                "–" if one.share is None else f"{one.share:.2%}", one.not_assessable or "\n".join(one.examples),
            )
            for one in tried.trials
        ],
    )  # fmt: skip
    for one in tried.existing:
        output.warn(f"规则编号 {one} 已存在，不能添加。There is a rule {one} already; it cannot be added.")
    for trial in tried.trials:
        if trial.too_many:
            output.warn(
                f"规则 {trial.rule} 不符者过半，多半是规则有误。More than half of the rows fail {trial.rule}; it is likely wrong."
            )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError:
        raise UserError(
            "无法读取文件，请检查路径。", "The file cannot be read; check the path.", where=str(file)
        ) from None
    except UnicodeDecodeError:
        raise UserError(
            "文件不是 UTF-8 编码，请另存为 UTF-8。", "Not UTF-8; save the file as UTF-8.", where=str(file)
        ) from None
