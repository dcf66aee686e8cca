"""``problem report|bulk|correct``: what somebody found wrong, by hand or many in a file, and a correction that is delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ground.errors import RefusedData, UserError
from portal.cli import output
from portal.cli.acting import As, OfDepartment, Reason, Ticket, content_of, day, step
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now
from quality.tickets.events import Channel, Kind
from quality.tickets.reports import ProblemReport

app = Noun()


@app.command()
def report(
    resource: Annotated[str, typer.Option("--resource", help="资源编号 id of the resource.")],
    key: Annotated[
        list[str], typer.Option("--key", help="主键值，依次每项写一次 key values, one option each, in order.")
    ],
    reason: Reason = "",
    item: Annotated[str | None, typer.Option("--item", help="信息项 item; none: the whole record.")] = None,
    kind: Annotated[
        Kind, typer.Option("--kind", help="wrong_value 错误，missing_record 遗漏，infringement 侵权.")
    ] = Kind.WRONG_VALUE,
    doubted: Annotated[str | None, typer.Option("--doubted", help="所见的值 value as seen.")] = None,
    proposed: Annotated[str | None, typer.Option("--proposed", help="认为正确的值 value believed right.")] = None,
    observed: Annotated[str | None, typer.Option("--observed", help="所见之日 day on which it was seen.")] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", help="报告人自己的编号，重复发送为同一报告 the reporter's own number.")
    ] = None,
    contact: Annotated[str | None, typer.Option("--contact", help="联系方式 how to reach the reporter.")] = None,
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """报告一条记录的问题 Report a problem of one record. 所写的值会留在命令历史中 values stay in the shell's history; a file (bulk) leaves none."""
    with step(home, now, json, as_) as at:
        said = ProblemReport(
            kind=_reportable(kind), resource=resource, key=tuple(key), item=item, reason=reason, doubted=doubted, proposed=proposed,
            observed_at=None if observed is None else day(observed, "--observed"), reference=reference, contact=contact,
        )  # fmt: skip
        made = at.hub.problems.report(said, at.actor, at.now, Channel.FORM)
        at.done(made.ticket, report=made.report, joined=made.joined, repeated=made.repeated)


@app.command()
def bulk(
    file: Annotated[Path, typer.Argument(help="CSV 文件，每行一个问题 one problem a row.")],
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """批量报告，逐行给出结果 Report a file of problems; every row is answered for itself."""
    with step(home, now, json, as_) as at:
        answers = at.hub.problems.report_many(content_of(file), at.actor, at.now)
    refused = [one for one in answers if one.error is not None]
    if json:
        output.as_json(answers)
    else:
        output.table(
            f"逐行结果 answers：{len(answers) - len(refused)} 行已受理 taken，{len(refused)} 行未受理 refused",
            ["行 row", "编号 reference", "工单 ticket", "说明 note"],
            [
                (one.row, one.reference, one.ticket,
                 f"{one.error['zh']} {one.error['en']}" if one.error
                 else "并入已有工单 joined" if one.joined else "重复报告 sent before" if one.repeated else "")
                for one in answers
            ],
        )  # fmt: skip
    if refused:
        raise typer.Exit(RefusedData.exit_code)


@app.command()
def correct(
    ticket: Ticket,
    file: Annotated[
        Path, typer.Argument(help="更正的行，CSV，表头为信息项编号 CSV of corrected rows, headed by item ids.")
    ],
    gone: Annotated[bool, typer.Option("--gone", help="所列主键应注销 the keys in the file are struck off.")] = False,
    reason: Reason = "",
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """送达更正批次，暂不答复 Deliver a correction for a ticket, without answering it yet."""
    from pipelines.problems.correcting import Correction  # it brings all of intake

    with step(home, now, json, as_, department=department, provider=True) as at:
        correction = Correction(file=content_of(file), gone=gone, reason=reason)
        delivery = at.hub.problems.correct(ticket, at.actor, at.now, correction)
    if json:
        output.as_json({"batch": delivery.id, "outcome": delivery.outcome, "rows_taken": delivery.rows_taken})
        return
    output.line(
        f"已送达更正 delivered {delivery.id}：{delivery.outcome.value}，采用 {delivery.rows_taken} 行 rows taken"
    )
    output.line(
        "下次 build 后按规则核验；答复请用 ticket answer corrected。The next build checks it; answer with ticket answer corrected."
    )


def _reportable(kind: Kind) -> Kind:
    if kind is Kind.FINDINGS:
        raise UserError(
            "findings 由规则发现，不能报告；可写 wrong_value、missing_record、infringement。",
            "Rules find findings, nobody reports them; write wrong_value, missing_record or infringement.",
            where="--kind",
        )
    return kind
