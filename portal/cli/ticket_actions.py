"""What is done to a ticket by command: by its department (accept, extend, answer), by the authority, by whoever reported (resubmit)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ground.errors import UserError
from portal.cli.acting import (
    As,
    Document,
    OfDepartment,
    Reason,
    Record,
    Step,
    Ticket,
    content_of,
    day,
    needed_day,
    step,
)
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now

Until = Annotated[str | None, typer.Option("--until", help="末日，如 2026-12-01 last day.")]
To = Annotated[str, typer.Option("--to", help="部门编号 id of the department.")]

extend = Noun("延期：申请、同意、不同意 extensions.")
answer = Noun("答复：完成整改、确认无误、沟通解决 the three answers.")


def accept(
    ticket: Ticket,
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """签收：部门确认收到，期限不变 A department confirms receipt; no date changes."""
    with step(home, now, json, as_, department=department, provider=True) as at:
        at.done(at.hub.problems.handling.accept(ticket, at.actor, at.now))


def route(
    ticket: Ticket,
    to: Annotated[
        str | None, typer.Option("--to", help="部门编号；不写则为资源的主管部门 department, the owner if not given.")
    ] = None,
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """分派给责任部门，时限起算 Route to a department; its clock begins."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.route(ticket, at.actor, at.now, department=to))


def reassign(
    ticket: Ticket, to: To, reason: Reason = "", as_: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """改派另一部门，时限重新起算 Give it to another department, whose clock begins anew."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.reassign(ticket, at.actor, at.now, department=to, reason=reason))


def return_(
    ticket: Ticket, reason: Reason = "", as_: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """退回报告人补正 Send a report back to be completed."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.handling.return_report(ticket, at.actor, at.now, reason=reason))


def resubmit(
    ticket: Ticket,
    reason: Reason = "",
    doubted: Annotated[str | None, typer.Option("--doubted", help="所见的值，不写则同前 value as seen.")] = None,
    proposed: Annotated[
        str | None, typer.Option("--proposed", help="认为正确的值，不写则同前 value believed right.")
    ] = None,
    observed: Annotated[
        str | None, typer.Option("--observed", help="所见之日，不写则同前 day on which it was seen.")
    ] = None,
    contact: Annotated[str | None, typer.Option("--contact", help="联系方式，不写则同前 how to reach you.")] = None,
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """补正后再报：报告人补正被退回的报告，其余同前 The reporter completes a report that was returned; what is not given stays."""
    with step(home, now, json, as_) as at:
        given: dict[str, Any] = {
            "reason": reason or None, "doubted": doubted, "proposed": proposed, "contact": contact,
            "observed_at": None if observed is None else day(observed, "--observed"),
        }  # fmt: skip
        changed = {name: value for name, value in given.items() if value is not None}
        if not changed:
            raise UserError(
                "请写明补正了什么：--reason、--doubted、--proposed、--observed 或 --contact。",
                "Say what is completed: --reason, --doubted, --proposed, --observed or --contact.",
                where=ticket,
            )
        before = at.hub.problems.own_report(ticket, at.actor).said
        # The reporter's own number is that of the first report; a second one with it would be the same report.
        completed = replace(before, reference=None, **changed)
        at.done(at.hub.problems.resubmit(ticket, completed, at.actor, at.now))


def withdraw(
    ticket: Ticket, reason: Reason = "", as_: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """撤销工单 Withdraw a ticket."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.handling.withdraw(ticket, at.actor, at.now, reason=reason))


def urgent(
    ticket: Ticket,
    until: Until = None,
    reason: Reason = "",
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """限时办理 Set an urgent limit."""
    with step(home, now, json, as_) as at:
        last = needed_day(until, "--until")
        at.done(at.hub.problems.handling.set_urgent(ticket, at.actor, at.now, until=last, reason=reason))


def review(
    ticket: Ticket,
    back: Annotated[bool, typer.Option("--back", help="退回部门 send it back.")] = False,
    reason: Reason = "",
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """复核“确认无误”“沟通解决”的答复：办结或退回 Close an answer, or send it back."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.review(ticket, at.actor, at.now, accept=not back, reason=reason))


def reopen(
    ticket: Ticket, reason: Reason = "", as_: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """到期复核沟通解决的工单 Take up again what was talked through."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.handling.reopen(ticket, at.actor, at.now, reason=reason))


def rectify(
    ticket: Ticket,
    document: Document = "",
    until: Until = None,
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """对逾期工单下达整改通知 Make out a rectification order on an overdue ticket."""
    with step(home, now, json, as_) as at:
        last = needed_day(until, "--until")
        at.done(at.hub.problems.handling.rectify(ticket, at.actor, at.now, document=document, until=last))


# --- extensions ---------------------------------------------------------------------------------------------------


@extend.command("ask")
def ask(
    ticket: Ticket,
    reason: Reason = "",
    until: Until = None,
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """申请延期；不写末日即申请到上限 Ask for an extension, to the cap where no day is given."""
    with step(home, now, json, as_, department=department, provider=True) as at:
        last = None if until is None else day(until, "--until")
        at.done(at.hub.problems.handling.ask_extension(ticket, at.actor, at.now, cause=reason, until=last))


@extend.command("grant")
def grant(
    ticket: Ticket,
    reason: Reason = "",
    until: Until = None,
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """同意延期，可早于所申请 Grant it, as asked or until an earlier day."""
    with step(home, now, json, as_) as at:
        last = None if until is None else day(until, "--until")
        handling = at.hub.problems.handling
        at.done(handling.decide_extension(ticket, at.actor, at.now, grant=True, reason=reason, until=last))


@extend.command("refuse")
def refuse(
    ticket: Ticket, reason: Reason = "", as_: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """不同意延期 Refuse it."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.handling.decide_extension(ticket, at.actor, at.now, grant=False, reason=reason))


# --- answers ------------------------------------------------------------------------------------------------------


@answer.command("corrected")
def corrected(
    ticket: Ticket,
    how: Annotated[str, typer.Option("--how", help="整改措施 what was done.")] = "",
    file: Annotated[
        Path | None,
        typer.Option("--file", help="更正的行，CSV，表头为信息项编号 CSV of corrected rows, headed by item ids."),
    ] = None,
    gone: Annotated[
        bool, typer.Option("--gone", help="文件所列主键应注销 the keys in the file are struck off.")
    ] = False,
    batch: Annotated[
        str | None, typer.Option("--batch", help="已送达的更正批次 batch that was delivered already.")
    ] = None,
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """答复“完成整改”；由此后的批次证明后办结 Answer that it is put right; it closes when a batch proves it."""
    from pipelines.problems.correcting import Correction  # it brings all of intake

    with step(home, now, json, as_, department=department, provider=True) as at:
        desk = at.hub.problems
        if batch is not None:
            _check_batch(at, batch, file)
            at.done(desk.handling.answer_corrected(ticket, at.actor, at.now, how=how, batch=batch))
            return
        correction = None if file is None else Correction(file=content_of(file), gone=gone, reason=how)
        row, delivery = desk.answer_corrected(ticket, at.actor, at.now, how=how, correction=correction)
        at.done(row, **({"batch": delivery.id} if delivery else {}))


@answer.command("confirmed")
def confirmed(
    ticket: Ticket,
    check: Annotated[str, typer.Option("--check", help="核对了什么 what was checked.")] = "",
    basis: Annotated[str, typer.Option("--basis", help="依据，如档案编号 the basis, such as a file's number.")] = "",
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """答复“确认无误” Answer that the value is right."""
    with step(home, now, json, as_, department=department, provider=True) as at:
        at.done(at.hub.problems.handling.answer_confirmed(ticket, at.actor, at.now, check=check, basis=basis))


@answer.command("talked")
def talked(
    ticket: Ticket,
    record: Record = "",
    until: Annotated[str | None, typer.Option("--until", help="复核日 day on which it is looked at again.")] = None,
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """答复“沟通解决”，存疑标记保留 Answer that it was talked through; the mark stays."""
    with step(home, now, json, as_, department=department, provider=True) as at:
        review_on = needed_day(until, "--until")
        handling = at.hub.problems.handling
        at.done(handling.answer_talked(ticket, at.actor, at.now, record=record, review_on=review_on))


def _check_batch(at: Step, batch: str, file: Path | None) -> None:
    """The batch was delivered; not together with a file that would be another one."""
    if file is not None:
        raise UserError("--batch 与 --file 只写一个。", "Give --batch or --file, not both.", where="--batch")
    if at.hub.deliveries.by_id(batch) is None:
        raise UserError(
            "没有这个批次，请用 shuyuan feed list 查看。",
            "There is no such batch; see shuyuan feed list.",
            where="--batch",
        )


def register(app: Noun) -> None:
    """Add these commands to ``ticket``."""
    for one in (accept, route, reassign, resubmit, withdraw, urgent, review, reopen, rectify):
        app.command()(one)
    app.command("return")(return_)
    app.add_typer(extend, name="extend")
    app.add_typer(answer, name="answer")
