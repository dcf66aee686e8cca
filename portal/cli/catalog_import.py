"""``catalog import`` and ``catalog receive``: entries come in, from a sheet or from a district, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.entries.content import Difference
from catalog.entries.desk import Verdict
from catalog.interchange.faults import SHOWN, place
from catalog.interchange.mapping import Mapping
from catalog.interchange.marked import write_marked
from catalog.interchange.package import ReceivePlan, open_package
from catalog.interchange.plan import ImportPlan
from catalog.interchange.reading import Table, read_sheets
from catalog.interchange.service import Why
from catalog.model import Resource
from ground.documents import read_document
from ground.errors import DocumentError, UserError
from hub.exchanging import exchange_of
from portal.cli import output
from portal.cli.acting import As, OfDepartment
from portal.cli.catalog_acting import catalog_person
from portal.cli.context import HOME, Home, Json, Now, moment, opened

LISTED = 30
"""Entries of each kind on a screen; --json has all of them."""

DryRun = Annotated[bool, typer.Option("--dry-run", help="只核对，不写入 check and tell, write nothing.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import")(import_sheet)
    app.command()(receive)


def import_sheet(
    file: Annotated[Path, typer.Argument(help="目录表：XLSX 或 CSV the catalogue sheet.")],
    dry_run: DryRun = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="已发布且有差异的条目，提出变更 ask for changes of published entries that differ."
        ),
    ] = False,
    because: Annotated[str, typer.Option("--because", help="变更事由 cause of the changes.")] = "data_changed",
    basis: Annotated[str, typer.Option("--basis", help="变更依据 what the changes rest on.")] = "",
    errors: Annotated[
        Path | None,
        typer.Option("--errors", help="有问题时写出标注了问题的表格 write a marked copy of the sheet (XLSX)."),
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="工作表名 which sheet.")] = None,
    columns: Annotated[
        Path | None,
        typer.Option("--columns", help="列名不同的表：说明各列含义的 YAML what the columns of a foreign sheet mean."),
    ] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """导入目录表：新条目成为草稿；有一处错误则全部不导入 Import a catalogue sheet: new entries become drafts, all or none."""
    when = moment(now)
    mapping = read_document(columns, Mapping) if columns is not None else None
    with opened(home) as hub:
        exchange = exchange_of(hub)
        table = exchange.read(file, sheet=sheet, mapping=mapping)
        plan = exchange.plan(table)
        if errors is not None and (plan.faults or plan.warnings):
            _mark(errors, file, table, plan)
        verdicts = exchange.verdicts(plan) if not plan.faults else []
        if json:
            output.as_json({"dry_run": dry_run, **_facts(plan, verdicts)})
        elif dry_run or not plan.faults:  # a refusal tells the faults itself
            _tell(plan, verdicts, update=update)
        if errors is not None and plan.faults and not json:
            output.line(f"已写出标注了问题的表格 the marked sheet: {output.shown(errors)}")
        if dry_run:
            if plan.faults:
                if not json:
                    output.line("有问题，实际导入时将不写入任何内容 nothing would be imported")
                raise typer.Exit(DocumentError.exit_code)
            return
        if not plan.secret:  # a secret is refused on the record, below
            plan.check()
        if not plan.faults and not (plan.drafts() or (update and plan.changes())):
            _nothing(plan, json=json)
            return
        why = Why(because, basis, f"导入 {file.name}") if update else None
        exchange.carry_out(plan, catalog_person(hub, account, when, department=department), when, why=why)
    if not json:
        _done(len(plan.drafts()), len(plan.changes()) if update else 0)


def receive(
    file: Annotated[Path, typer.Argument(help="区级报送包 what a district sent.")],
    dry_run: DryRun = False,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """接收区级报送的目录，成为待市级校核的草稿与变更 Receive a district's catalogue: drafts and changes for the city's check."""
    when = moment(now)
    if not file.is_file():
        raise UserError("找不到文件，请检查路径。", "File not found; check the path.", where=str(file))
    package = open_package(file.read_bytes(), file.name)
    with opened(home) as hub:
        exchange = exchange_of(hub)
        plan = exchange.plan_receipt(package)
        if dry_run:
            _tell_package(plan, json=json)
            return
        person = catalog_person(hub, account, when, department=department)
        done = exchange.receive(plan, person, when)
    if json:
        output.as_json(
            {"digest": package.digest, "received_before": done.before, "drafts": done.drafts, "changes": done.changes}
        )
    elif done.before is not None:
        output.line(
            f"同一报送包已于 {output.moment(done.before)} 接收，未再写入 the very same package was received before; nothing was written"
        )
    else:
        _done(len(done.drafts), len(done.changes))


# --- what is told ---------------------------------------------------------------------------------------------------


def _tell(plan: ImportPlan, verdicts: Sequence[tuple[Resource, Verdict]], *, update: bool) -> None:
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


def _nothing(plan: ImportPlan, *, json: bool) -> None:
    if not json:
        what = "与目录相同" if plan.unchanged or plan.changed else "表中没有条目"
        output.line(f"没有需要导入的内容：{what} nothing to import")


def _done(drafts: int, changes: int) -> None:
    output.line(
        f"已写入：草稿 {drafts}，变更申请 {changes}；提交审核见 catalog submit  written: {drafts} drafts, {changes} changes asked for"
    )


def _facts(plan: ImportPlan, verdicts: Sequence[tuple[Resource, Verdict]]) -> dict[str, Any]:
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


def _mark(out: Path, file: Path, table: Table, plan: ImportPlan) -> None:
    if out.suffix.lower() != ".xlsx":
        raise UserError("--errors 的文件应以 .xlsx 结尾。", "The file of --errors ends in .xlsx.", where="--errors")
    chosen = next(one for one in read_sheets(file) if one.name == table.sheet)
    write_marked(out, chosen, table.header_row, [*plan.faults, *plan.warnings])


def _tell_package(plan: ReceivePlan, *, json: bool) -> None:
    content = plan.package.content
    if json:
        output.as_json(
            {
                "district": content.district, "version": plan.package.version, "digest": plan.package.digest,
                "new": [one.id for one in plan.new], "changed": [one.resource.id for one in plan.changed],
                "unchanged": plan.unchanged, "problems": plan.problems,
            }
        )  # fmt: skip
        return
    output.line(
        f"[bold]{output.shown(content.district_name)}[/bold] 目录第 {plan.package.version} 版 version {plan.package.version}  "
        f"新 new {len(plan.new)}，有差异 differ {len(plan.changed)}，无变化 unchanged {len(plan.unchanged)}，问题 problems {len(plan.problems)}"
    )
    if plan.changed:
        _tell_changed([(one.resource, one.fields, one.is_draft) for one in plan.changed], update=True)
    if plan.problems:
        output.table(
            "问题 problems",
            ["位置 place", "发现与处理 what and how"],
            [(one.where, f"{one.zh}\n{one.en}") for one in plan.problems],
        )
