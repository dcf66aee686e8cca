"""What an import or a package would do to the catalogue, as tables for people and facts for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from catalog.interchange.faults import SHOWN, place
from portal.cli import output

if TYPE_CHECKING:
    from catalog.entries.content import Difference
    from catalog.entries.desk import Verdict
    from catalog.interchange.held_back import HeldBack
    from catalog.interchange.package_plan import ReceivePlan
    from catalog.interchange.plan import ImportPlan
    from catalog.model import Resource

LISTED = 30
"""Entries of each kind on a screen; --json has all of them."""


def tell(plan: ImportPlan, verdicts: Sequence[tuple[Resource, Verdict]], *, update: bool) -> None:
    """What an import would do, for people."""
    where = f"{plan.file} {plan.sheet}" if plan.sheet else plan.file
    output.line(
        f"[bold]{output.shown(where)}[/bold]  新 new {len(plan.new)}，有差异 differ {len(plan.changed)}，"
        f"无变化 unchanged {len(plan.unchanged)}，问题 problems {len(plan.faults)}，提醒 remarks {len(plan.warnings)}"
    )
    for zh, en in plan.notes:
        output.line(f"  {output.shown(zh)} {output.shown(en)}")
    if plan.new:
        output.table(
            _title("新条目，将成为草稿 new, to be drafts", len(plan.new)),
            ["行 row", "标识 id", "名称 title", "部门 department", "信息项 items"],
            [
                (
                    one.row,
                    f"{one.resource.id}{' *' if one.made_id else ''}",
                    one.resource.title,
                    one.resource.department,
                    len(one.resource.items),
                )
                for one in plan.new[:LISTED]
            ],
        )
        if any(one.made_id for one in plan.new[:LISTED]):
            output.line(
                "* 表中没有标识，按部门与名称的拼音首字母生成 the sheet names no id: made from department and initials"
            )
    if plan.changed:
        _tell_changed([(one.entry.resource, one.fields, one.is_draft) for one in plan.changed], update=update)
    if plan.alike:
        output.table(
            _title("名称相近，请核对是否同一资源 titles nearly the same", len(plan.alike)),
            ["行 row", "名称 title", "已有 other", "其名称 its title"],
            [(one.row, one.title, one.other, one.other_title) for one in plan.alike[:LISTED]],
        )
    _tell_verdicts(verdicts)
    for title, faults in (("问题 problems", plan.faults), ("提醒 remarks", plan.warnings)):
        if faults:
            output.table(
                _title(title, len(faults), SHOWN),
                ["位置 place", "列 column", "发现与处理 what and how"],
                [(one.cell, one.title, f"{one.zh}\n{one.en}") for one in faults[:SHOWN]],
            )


def _tell_changed(changed: Sequence[tuple[Resource, Sequence[Difference], bool]], *, update: bool) -> None:
    fate = "提出变更 a change is asked for" if update else "已发布，未动；加 --update 提出变更 published, left as it is"
    output.table(
        _title("已有而有差异的条目 there, and different", len(changed)),
        ["标识 id", "名称 title", "有差异的字段 fields", "处理 what happens"],
        [
            (
                one.id,
                one.title,
                "、".join(field.field for field in fields[:6]) + ("…" if len(fields) > 6 else ""),
                "替换草稿 draft replaced" if is_draft else fate,
            )
            for one, fields, is_draft in changed[:LISTED]
        ],
    )


def _tell_verdicts(verdicts: Sequence[tuple[Resource, Verdict]]) -> None:
    said = [
        (one.id, kind, f"{remark.zh}\n{remark.en}")
        for one, verdict in verdicts
        for kind, remarks in (
            ("不予登记 refused", verdict.refusals),
            ("请主管部门核 for the authority", verdict.findings),
        )
        for remark in remarks
    ]
    if said:
        output.table(
            _title("数据关口：提交审核时 the gate, when they are submitted", len(said), SHOWN),
            ["条目 entry", "结论 verdict", "说明 why"],
            said[:SHOWN],
        )


def _title(text: str, count: int, shown: int = LISTED) -> str:
    return text if count <= shown else f"{text}（{shown}/{count}，全部见 all with --json）"


def tell_nothing(plan: ImportPlan, *, json: bool) -> None:
    """That there is nothing to import."""
    if not json:
        what = "与目录相同" if plan.unchanged or plan.changed else "表中没有条目"
        output.line(f"没有需要导入的内容：{what} nothing to import")


def tell_done(drafts: int, changes: int) -> None:
    """What was written."""
    output.line(
        f"已写入：草稿 {drafts}，变更申请 {changes}；提交审核见 catalog submit  written: {drafts} drafts, {changes} changes asked for"
    )


def plan_facts(plan: ImportPlan, verdicts: Sequence[tuple[Resource, Verdict]]) -> dict[str, Any]:
    """What an import would do, for programs: everything."""

    def fault(one: Any) -> dict[str, Any]:
        return {
            "place": place(plan.file, plan.sheet, one), "row": one.row, "column": one.column, "title": one.title,
            "zh": one.zh, "en": one.en,
        }  # fmt: skip

    return {
        "file": plan.file,
        "sheet": plan.sheet,
        "new": [
            {
                "row": o.row,
                "id": o.resource.id,
                "title": o.resource.title,
                "department": o.resource.department,
                "made_id": o.made_id,
            }
            for o in plan.new
        ],
        "changed": [
            {"row": o.entry.row, "id": o.before.id, "is_draft": o.is_draft, "fields": [f.as_json() for f in o.fields]}
            for o in plan.changed
        ],
        "unchanged": plan.unchanged,
        "alike": plan.alike,
        "problems": [fault(one) for one in plan.faults],
        "remarks": [fault(one) for one in plan.warnings],
        "notes": [{"zh": zh, "en": en} for zh, en in plan.notes],
        "gate": [
            {
                "id": one.id,
                "refusals": [{"zh": r.zh, "en": r.en} for r in verdict.refusals],
                "findings": [{"zh": r.zh, "en": r.en} for r in verdict.findings],
            }
            for one, verdict in verdicts
        ],
    }


def tell_held_back(held: Sequence[HeldBack]) -> None:
    """Which entries of a package wait, and why."""
    if held:
        output.table(
            _title("暂缓接收的条目 held back", len(held)),
            ["条目 entry", "原因 why"],
            [(one.entry, f"{one.zh}\n{one.en}") for one in held[:LISTED]],
        )


def tell_package(plan: ReceivePlan, *, json: bool) -> None:
    """What receiving a package would do."""
    content = plan.package.content
    if json:
        output.as_json(
            {
                "district": content.district, "version": plan.package.version, "digest": plan.package.digest,
                "new": [one.id for one in plan.new], "changed": [one.resource.id for one in plan.changed],
                "unchanged": plan.unchanged, "held_back": plan.held_back, "problems": plan.problems,
            }
        )  # fmt: skip
        return
    output.line(
        f"[bold]{output.shown(content.district_name)}[/bold] 目录第 {plan.package.version} 版 version {plan.package.version}  "
        f"新 new {len(plan.new)}，有差异 differ {len(plan.changed)}，无变化 unchanged {len(plan.unchanged)}，暂缓接收 held back {len(plan.held_back)}，问题 problems {len(plan.problems)}"
    )
    tell_held_back(plan.held_back)
    if plan.changed:
        _tell_changed([(one.resource, one.fields, one.is_draft) for one in plan.changed], update=True)
    if plan.problems:
        output.table(
            "问题 problems",
            ["位置 place", "发现与处理 what and how"],
            [(one.where, f"{one.zh}\n{one.en}") for one in plan.problems],
        )
