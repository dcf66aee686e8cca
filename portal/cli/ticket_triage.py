"""``ticket causes|suggest`` (advice), ``batch|group|split|merge|note|attach`` (order in the queue), ``remind|rebuild`` (upkeep)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ground.errors import UserError
from pipelines.problems.batching import Action, Order, TicketAnswer
from pipelines.problems.diagnosing import CAUSE_WORDS
from pipelines.problems.ownership import UNDECIDED
from portal.cli import output
from portal.cli.acting import As, OfDepartment, Reason, Ticket, content_of, day, facts_of, step
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from portal.cli.ticket_numbers import numbers_of
from portal.wording import SOURCE_ROLES
from quality.tickets.queue import QueueFilter
from quality.tickets.states import EVENT_WORDS, STATE_WORDS, Event, State

if TYPE_CHECKING:
    from quality.tickets.events import TicketRow

Tickets = Annotated[list[str] | None, typer.Argument(help="工单编号，可多个 ids of tickets.")]


# --- advice -------------------------------------------------------------------------------------------------------


def causes(ticket: Ticket, as_: As = None, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """可能的共同原因，各解释多少条问题 Causes that explain many findings at once."""
    with step(home, now, json, as_) as at:
        found = at.hub.triage.causes(ticket, at.actor, at.now)
        if json:
            output.as_json(found)
            return
        output.table(
            f"{ticket} 共同原因 causes",
            ["原因 cause", "解释 explains", "依据 evidence", "建议 to do"],
            [
                (" ".join(CAUSE_WORDS[one.kind]), f"{one.explained}/{one.of}", f"{one.zh}。{one.en}.",
                 f"{one.todo_zh}{one.todo_en}")
                for one in found
            ],
        )  # fmt: skip


def suggest(
    ticket: Ticket,
    reveal: Annotated[
        int | None,
        typer.Option(
            "--reveal",
            min=1,
            help="显示第几条问题的建议值，记入台账 number of a finding whose values are shown, and logged.",
        ),
    ] = None,
    purpose: Annotated[str, typer.Option("--purpose", help="查看用途，记入台账 what for, for the ledger.")] = "",
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """建议由谁核对、其他来源能否给出正确值 Whom to ask first, and whether other sources know a right value."""
    with step(home, now, json, as_) as at:
        triage = at.hub.triage
        owner, known = triage.owner(ticket, at.actor), triage.answerable(ticket, at.actor)
        facts: dict[str, Any] = {"owner": owner, "answerable": known}
        if reveal is not None:
            (fingerprint,) = numbers_of(at, ticket, str(reveal))
            record, value = triage.value(ticket, fingerprint, at.actor, purpose, at.now)
            facts |= {"item": record.item, "sources": record.sources, "value": value}
        if json:
            output.as_json(facts)
            return
        output.line(
            f"建议核对部门 ask first：[bold]{owner.department}[/bold]  {output.shown(owner.zh)} {output.shown(owner.en)}"
        )
        output.table(
            "证据 evidence", ["指向 points to", "问题 findings"],
            [(UNDECIDED.get(name, name), number) for name, number in owner.tally.items()],
        )  # fmt: skip
        if known is not None:
            output.line(
                f"其他来源给出另一值 others state another value：一方 one source {known.single}，"
                f"两方以上一致 two or more alike {known.several}，共 of {known.of}"
            )
        if reveal is not None:
            _show_value(facts)


def _show_value(facts: dict[str, Any]) -> None:
    value = facts["value"]
    output.line(f"建议值 suggested：{output.shown(value.value or '无 none')}（{value.zh} {value.en}）")
    output.table(
        f"各来源 sources of {facts['item']}",
        ["资源 resource", "部门 department", "地位 role", "值 value", "观测 observed"],
        [
            (
                one.resource,
                one.department,
                " ".join(SOURCE_ROLES.get(one.role, (one.role,))),
                one.value,
                output.moment(one.observed),
            )
            for one in facts["sources"]
        ],
    )


# --- order in the queue -------------------------------------------------------------------------------------------


def batch(
    action: Annotated[Action, typer.Argument(help="办理动作 what to do.")],
    tickets: Tickets = None,
    state: Annotated[list[State] | None, typer.Option("--state", help="工单状态 state.")] = None,
    department: OfDepartment = None,
    resource: Annotated[str | None, typer.Option("--resource", help="资源编号 id of a resource.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="规则编号 id of a rule.")] = None,
    in_group: Annotated[str | None, typer.Option("--group", help="组名 those of a group.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只选逾期的 only those that are late.")] = False,
    to: Annotated[str | None, typer.Option("--to", help="route、reassign：部门编号 department.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="group：组名，不写则移出 name of the group.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="urgent：末日 last day.")] = None,
    reason: Reason = "",
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """对多张工单做同一动作，逐张给出结果 Do one thing to many tickets, each answered for itself."""
    provider = action is Action.ACCEPT
    with step(home, now, json, as_, department=department if provider else None, provider=provider) as at:
        # Of an officer's own step the department says who acts, and only then, without ids, which tickets.
        of_department = None if provider and tickets else department
        wanted = QueueFilter(
            states=tuple(state or ()), open=None if action is Action.REOPEN else True, department=of_department,
            resource=resource, rule=rule, group=in_group, overdue_at=at.now if overdue else None,
        )  # fmt: skip
        narrowed = any((state, of_department, resource, rule, in_group, overdue))
        if bool(tickets) == narrowed:
            raise UserError(
                "请列出工单编号，或写筛选条件（--state、--department、--resource、--rule、--group、--overdue），二选一。",
                "Name tickets, or give a filter (--state, --department, --resource, --rule, --group, --overdue): one of both.",
            )
        order = Order(
            action=action,
            department=to,
            reason=reason,
            group=name,
            until=None if until is None else day(until, "--until"),
        )
        answers = at.hub.triage.batch(tickets or wanted, order, at.actor, at.now)
    _show_answers(answers, json)


def _show_answers(answers: Sequence[TicketAnswer], json: bool) -> None:
    failed = [one for one in answers if one.error is not None]
    if json:
        output.as_json(answers)
    else:
        output.table(
            f"逐张结果 answers：{len(answers) - len(failed)} 张已办 done，{len(failed)} 张未办 not done",
            ["工单 ticket", "现状 state", "未办原因 why not"],
            [
                (one.ticket, f"{STATE_WORDS[one.state][0]} {one.state.value}" if one.state else "",
                 f"{one.error['zh']} {one.error['en']}" if one.error else "")
                for one in answers
            ],
        )  # fmt: skip
    if failed:
        raise typer.Exit(UserError.exit_code)


def group(
    ticket: Ticket,
    name: Annotated[
        str | None, typer.Option("--name", help="组名；不写则移出 name of the group; left out: no group.")
    ] = None,
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """归入同一原因的组，或移出 Put it into a group of one cause, or take it out."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.handling.group(ticket, at.actor, at.now, name=name))


def split(
    ticket: Ticket,
    findings: Annotated[
        str | None, typer.Option("--findings", help="问题序号，如 1-5,8（见 ticket show）numbers of findings.")
    ] = None,
    of_batch: Annotated[str | None, typer.Option("--batch", help="来自该批次的问题 findings of a batch.")] = None,
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """拆出部分问题另立工单，时限不变 Some findings go on in a ticket of their own, with the same clock."""
    with step(home, now, json, as_, department=department, provider=department is not None) as at:
        if (findings is None) == (of_batch is None):
            raise UserError("请写 --findings 或 --batch 之一。", "Give --findings or --batch, one of both.")
        chosen = (
            numbers_of(at, ticket, findings)
            if findings is not None
            else at.hub.triage.of_batch(ticket, at.actor, of_batch or "")
        )
        left, made = at.hub.problems.handling.split(ticket, at.actor, at.now, fingerprints=chosen)
        at.done(left, made)


def merge(
    ticket: Ticket,
    into: Annotated[str, typer.Option("--into", help="并入的工单编号 ticket that takes it in.")],
    reason: Reason = "",
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """并入同一资源、同一部门的另一工单 Let a ticket go on in another one."""
    with step(home, now, json, as_) as at:
        at.done(at.hub.problems.handling.merge(ticket, at.actor, at.now, into=into, reason=reason))


def note(
    ticket: Ticket,
    text: Annotated[str, typer.Option("--text", help="备注 text.")] = "",
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """写备注 Write a note."""
    with step(home, now, json, as_, department=department, provider=department is not None) as at:
        at.done(at.hub.problems.handling.note(ticket, at.actor, at.now, text=text))


def attach(
    ticket: Ticket,
    file: Annotated[Path, typer.Option("--file", help="附件 file.")],
    as_: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """附上文件；程序与解压炸弹会被拒绝 Attach a file; programs and archives without end are refused."""
    with step(home, now, json, as_, department=department, provider=department is not None) as at:
        kept = at.hub.problems.attach(ticket, at.actor, at.now, name=file.name, content=content_of(file))
        at.done(at.hub.tickets.show(ticket).ticket, sha256=kept.sha256)


# --- upkeep -------------------------------------------------------------------------------------------------------


def remind(tickets: Tickets = None, as_: As = None, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """催办指定工单；不指明则按期提醒、记逾期、重算期限，并列出待下达整改通知的 Remind, note what is overdue, list what is to be rectified."""
    if tickets:
        with step(home, now, json, as_) as at:
            answers = at.hub.triage.batch(tickets, Order(action=Action.REMIND), at.actor, at.now)
        _show_answers(answers, json)
        return
    when = moment(now)
    with opened(home) as hub:
        done = hub.timer.tick(when)
        late = hub.timer.to_rectify(when)
        if json:
            facts: dict[str, Any] = {event.value: [one.id for one in rows] for event, rows in done.items()}
            output.as_json({**facts, "to_rectify": [facts_of(one, when) for one in late]})
            return
        for event, rows in done.items():
            _show_ticked(event, rows)
        output.table(
            "待下达整改通知 to be rectified", ["工单 ticket", "部门 department", "截止 due"],
            [(one.id, one.department, one.due) for one in late],
        )  # fmt: skip


def _show_ticked(event: Event, rows: Sequence[TicketRow]) -> None:
    output.line(f"{' '.join(EVENT_WORDS[event])}：{len(rows)}  {' '.join(one.id for one in rows[:20])}")


def rebuild(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """由事件流重建工单投影 Make the queue anew from the event stream."""
    moment(now)
    with opened(home) as hub:
        made = hub.tickets.rebuild()
    if json:
        output.as_json({"tickets": made})
    else:
        output.line(f"已由事件重建 {made} 张工单 rebuilt from events: {made} tickets")


def register(app: Noun) -> None:
    """Add these commands to ``ticket``."""
    for one in (causes, suggest, batch, group, split, merge, note, attach, remind, rebuild):
        app.command()(one)
