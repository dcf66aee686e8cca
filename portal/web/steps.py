"""Which forms does somebody find on a ticket, and which service does each call?

A form is shown where the policy says that its step may be taken now, by this person; nothing here knows a state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pipelines.problems.correcting import Correction
from pipelines.problems.desk import ProblemDesk
from policy.profile import ProblemData
from portal.web.visit import Form
from quality.tickets import policies
from quality.tickets.city_rules import city_allows
from quality.tickets.clocks import ProfileClock
from quality.tickets.events import TicketRow
from quality.tickets.permissions import Actor, may
from quality.tickets.policies import can_step, holds
from quality.tickets.states import NEXT, Event, Outcome

FieldKind = Literal["text", "area", "day", "choice", "department", "ticket", "findings", "file"]
Place = Literal["next", "answer", "more"]


@dataclass(frozen=True)
class Field:
    """One field of a form: its name, its label in Chinese and English, and how it is entered."""

    name: str
    zh: str
    en: str
    kind: FieldKind = "text"
    needed: bool = True
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Call:
    """What a form is carried out with."""

    desk: ProblemDesk
    ticket: str
    actor: Actor
    now: datetime
    form: Form

    @property
    def seen(self) -> int | None:
        """``last_seq`` of the ticket as the page showed it."""
        return self.form.seen


@dataclass(frozen=True)
class Step:
    """One form.

    Attributes:
        name: of the form in addresses.
        event: what it brings about.
        zh, en: on its button.
        run: carries it out.
        fields: what it asks for.
        can: what else must hold of the ticket, besides that the event is a step from where it stands.
        place: with what is to be done next, with the three answers, or with what is seldom needed.
        help: what it means.
        ask: what is asked once more before it is sent.
    """

    name: str
    event: Event
    zh: str
    en: str
    run: Callable[[Call], object]
    fields: tuple[Field, ...] = ()
    can: Callable[[TicketRow, datetime], bool] = lambda *_: True
    place: Place = "next"
    help: str = ""
    ask: str = ""


def shown(actor: Actor, ticket: TicketRow, now: datetime, clock: ProfileClock) -> list[Step]:
    """The forms that ``actor`` finds on ``ticket``, called as the rules call them that the ticket keeps (``clock``)."""
    return [
        _in_their_words(one, clock.rules)
        for one in STEPS
        if may(actor, one.event, ticket) and city_allows(clock, one.event) and _possible(one, ticket, now)
    ]


def _in_their_words(step: Step, rules: ProblemData) -> Step:
    """An answer is called as the city calls it, and a dispute leads as far as the city lets it."""
    match step.event:
        case Event.ANSWERED_CORRECTED:
            return replace(step, zh=rules.outcomes.value["corrected"])
        case Event.ANSWERED_CONFIRMED:
            return replace(step, zh=rules.outcomes.value["confirmed"])
        case Event.ANSWERED_TALKED:
            return replace(step, zh=rules.outcomes.value["talked_through"])
        case Event.DISPUTED if rules.dispute.value == "coordination":
            return replace(step, help="不同意答复的，由主管机构协调。")
    return step


def _possible(step: Step, ticket: TicketRow, now: datetime) -> bool:
    """The step may be taken now; an answer also right after receipt, which it then confirms by itself."""
    if can_step(ticket, step.event):
        return step.can(ticket, now)
    received = NEXT.get((ticket.state, Event.ACCEPTED))
    if step.place != "answer" or received is None:
        return False
    return can_step(replace(ticket, state=received), step.event)


REASON = Field("reason", "理由", "reason", "area")
DECISION = Field("decision", "结论", "decision", "choice", choices=(("correct", "更正"), ("stands", "维持原值")))


def _corrected(call: Call) -> object:
    return call.desk.answer_corrected(
        call.ticket, call.actor, call.now,
        how=call.form.text("how"), correction=correction_of(call), seen=call.seen,
    )  # fmt: skip


def correction_of(call: Call) -> Correction | None:
    """The correction that a form brings: values typed in, a file, records to be struck off; None where it comes otherwise.

    Raises:
        UserError: the way chosen and what was filled in do not fit.
    """
    form, desk = call.form, call.desk
    match form.text("way"):
        case "values":
            typed = form.below("value.")
            policies.check_said("".join(typed), "请至少填写一条更正值，或改选其他整改方式", "fill in at least one value, or choose another way")  # fmt: skip
            keys = _keys(call, list(typed))
            return Correction(
                rows=[{**keys[one], form.text(f"item.{one}"): value} for one, value in typed.items()],
                reason=form.text("how"),
            )
        case "gone":
            chosen = form.all("pick")
            policies.check_said("".join(chosen), "请勾选须注销的记录", "choose the records to be struck off")
            keys = _keys(call, chosen)
            return Correction(rows=[keys[one] for one in chosen], gone=True, reason=form.text("how"))
        case "file":
            found = form.file("file")
            policies.check_said(found[0] if found else "", "请选择更正文件", "choose the file of corrections")
            return Correction(file=found[1] if found else b"", reason=form.text("how"))
        case _:
            desk.show(call.ticket, call.actor)
            return None


def _keys(call: Call, fingerprints: list[str]) -> dict[str, dict[str, str]]:
    one = call.desk.show(call.ticket, call.actor).ticket
    found = call.desk.viewer.keys_of(one, fingerprints)
    missing = len([name for name in fingerprints if name not in found])
    policies.check_said(
        "" if missing else "-",
        f"所选记录中有 {missing} 条已不在库中，或同一主键有多条，无法在此更正；请用更正文件",
        f"{missing} of the records are gone, or not single under their key: correct them by a file",
        one,
    )
    return found


def _resubmit(call: Call) -> object:
    form = call.form
    mine = call.desk.own_report(call.ticket, call.actor)
    said = replace(
        mine.said, doubted=form.or_none("doubted"), proposed=form.or_none("proposed"), reason=form.text("reason"), reference=None,
    )  # fmt: skip
    return call.desk.resubmit(call.ticket, said, call.actor, call.now, seen=call.seen)


def _attach(call: Call) -> object:
    found = call.form.file("file")
    policies.check_said(found[0] if found else "", "请选择文件", "choose a file")
    name, content = found or ("", b"")
    return call.desk.attach(call.ticket, call.actor, call.now, name=name, content=content)


def _reviewed(ticket: TicketRow, _: datetime) -> bool:
    return holds(policies.check_can_review, ticket, closing(ticket))


def closing(ticket: TicketRow) -> Event:
    """The event with which the answer of a ticket is closed."""
    return Event.TALKED_THROUGH if ticket.answer is Outcome.TALKED_THROUGH else Event.CONFIRMED


STEPS: tuple[Step, ...] = (
    Step("accept", Event.ACCEPTED, "签收", "confirm receipt", lambda c: c.desk.handling.accept(c.ticket, c.actor, c.now, seen=c.seen),
         help="确认收到。期限自到达之日起算，签收不改变期限。"),
    Step("route", Event.ROUTED, "分派", "route", lambda c: c.desk.route(c.ticket, c.actor, c.now, department=c.form.or_none("department"), seen=c.seen),
         (Field("department", "责任部门", "department", "department"),), help="分派后部门时限即开始计算。"),
    Step("corrected", Event.ANSWERED_CORRECTED, "完成整改", "put right", _corrected, (Field("how", "整改措施", "what was done", "area"),), place="answer",
         help="更正值、上传更正文件、注销记录，或由本部门数据源送达；后续批次通过核验即自动办结。"),
    Step("confirmed", Event.ANSWERED_CONFIRMED, "确认无误", "confirmed as right",
         lambda c: c.desk.handling.answer_confirmed(c.ticket, c.actor, c.now, check=c.form.text("check"), basis=c.form.text("basis"), seen=c.seen),
         (Field("check", "核对了什么", "what was checked", "area", hint="如：与户籍原始档案逐项核对"),
          Field("basis", "依据", "basis", hint="如：原始档案编号、证件号")), place="answer",
         help="值经核对无误。须写明核对内容与依据，由主管机构复核后办结，并告知报告人。"),
    Step("talked", Event.ANSWERED_TALKED, "沟通解决", "talked through",
         lambda c: c.desk.handling.answer_talked(c.ticket, c.actor, c.now, record=c.form.text("record"), review_on=c.form.day("review_on", "复核日期"), seen=c.seen),
         (Field("record", "沟通记录", "record of the talk", "area"), Field("review_on", "复核日期", "date of review", "day", hint="一年以内")), place="answer",
         help="短期内难以整改，已与使用方沟通。存疑标记保留，到期复核。"),
    Step("extension", Event.EXTENSION_ASKED, "申请延期", "ask for an extension",
         lambda c: c.desk.handling.ask_extension(c.ticket, c.actor, c.now, cause=c.form.text("cause"), until=c.form.day("until", "延期至"), seen=c.seen),
         (Field("cause", "特殊原因", "special cause", "area"), Field("until", "延期至", "until", "day", needed=False, hint="不填即为最长期限")),
         can=policies.can_ask_extension, help="须由主管机构审核同意。"),
    Step("grant", Event.EXTENSION_GRANTED, "同意延期", "grant the extension",
         lambda c: c.desk.handling.decide_extension(c.ticket, c.actor, c.now, grant=True, reason=c.form.text("reason"), until=c.form.day("until", "延期至"), seen=c.seen),
         (Field("reason", "审核意见", "reason", "area"), Field("until", "延期至", "until", "day", needed=False, hint="不填即按所申请的日期"))),
    Step("refuse", Event.EXTENSION_REFUSED, "不同意延期", "refuse the extension",
         lambda c: c.desk.handling.decide_extension(c.ticket, c.actor, c.now, grant=False, reason=c.form.text("reason"), seen=c.seen),
         (Field("reason", "审核意见", "reason", "area"),)),
    Step("close", Event.CONFIRMED, "复核通过，办结", "close the answer",
         lambda c: c.desk.review(c.ticket, c.actor, c.now, accept=True, reason=c.form.text("reason"), seen=c.seen),
         (Field("reason", "复核意见", "remark", "area", needed=False),), can=_reviewed, ask="确认复核通过并办结此工单？"),
    Step("send_back", Event.SENT_BACK, "复核退回", "send the answer back",
         lambda c: c.desk.review(c.ticket, c.actor, c.now, accept=False, reason=c.form.text("reason"), seen=c.seen),
         (Field("reason", "退回理由", "reason", "area"),)),
    Step("resubmit", Event.RESUBMITTED, "补正后再报", "complete and submit again", _resubmit,
         (Field("doubted", "存疑的值", "value in doubt", needed=False), Field("proposed", "建议值", "proposed value", needed=False),
          Field("reason", "理由", "reason", "area")), help="针对同一条记录的同一项。"),
    Step("dispute", Event.DISPUTED, "提出异议", "dispute", lambda c: c.desk.dispute(c.ticket, c.actor, c.now, reason=c.form.text("reason"), seen=c.seen),
         (Field("reason", "异议理由", "reason", "area"),), help="不同意答复的，由主管机构协调；协调不成的，报本级政府决定。"),
    Step("coordinate", Event.COORDINATION_STARTED, "启动协调", "coordinate",
         lambda c: c.desk.handling.coordinate(c.ticket, c.actor, c.now, parties=c.form.text("parties"), seen=c.seen),
         (Field("parties", "参加协调的各方", "parties"),)),
    Step("coordinated", Event.COORDINATED_CORRECT, "协调一致", "agreed",
         lambda c: c.desk.coordinated(c.ticket, c.actor, c.now, decision=c.form.text("decision"), record=c.form.text("record"), seen=c.seen),
         (DECISION, Field("record", "协调记录", "record", "area"))),
    Step("escalate", Event.ESCALATED, "报本级政府决定", "put before the government",
         lambda c: c.desk.handling.escalate(c.ticket, c.actor, c.now, document=c.form.text("document"), seen=c.seen),
         (Field("document", "报送文号", "document"),)),
    Step("decided", Event.GOVERNMENT_DECIDED, "登记政府决定", "record the decision",
         lambda c: c.desk.handling.government_decided(c.ticket, c.actor, c.now, decision=c.form.text("decision"), document=c.form.text("document"), seen=c.seen),
         (DECISION, Field("document", "决定文号", "document"))),
    Step("conclude", Event.CONCLUDED, "按决定办结", "close as decided", lambda c: c.desk.conclude(c.ticket, c.actor, c.now, seen=c.seen),
         can=lambda ticket, _: holds(policies.check_can_conclude, ticket), ask="按政府决定维持原值并办结？"),
    Step("reopen", Event.REOPENED, "到期复核", "take up again", lambda c: c.desk.handling.reopen(c.ticket, c.actor, c.now, reason=c.form.text("reason"), seen=c.seen),
         (Field("reason", "复核原因", "reason", "area"),), can=lambda ticket, _: holds(policies.check_can_reopen, ticket)),
    Step("rectify", Event.RECTIFICATION_ORDERED, "下达整改通知", "order to rectify",
         lambda c: c.desk.handling.rectify(c.ticket, c.actor, c.now, document=c.form.text("document"), until=c.form.needed_day("until", "整改期限"), seen=c.seen),
         (Field("document", "文号", "document"), Field("until", "整改期限", "until", "day")),
         can=lambda ticket, now: holds(policies.check_can_rectify, ticket, "-", now)),
    Step("return", Event.RETURNED, "退回报告人", "return to the reporter",
         lambda c: c.desk.handling.return_report(c.ticket, c.actor, c.now, reason=c.form.text("reason"), seen=c.seen),
         (Field("reason", "退回原因与需补正的内容", "reason", "area"),), can=lambda ticket, _: holds(policies.check_can_return, ticket, "-")),
    Step("urgent", Event.URGENT_SET, "限时办理", "set an urgent limit",
         lambda c: c.desk.handling.set_urgent(c.ticket, c.actor, c.now, until=c.form.needed_day("until", "限定日期"), reason=c.form.text("reason"), seen=c.seen),
         (Field("until", "限定日期", "until", "day"), REASON), place="more", help="业务紧急的，可设更短的期限。"),
    Step("reassign", Event.REASSIGNED, "改派", "give to another department",
         lambda c: c.desk.reassign(c.ticket, c.actor, c.now, department=c.form.text("department"), reason=c.form.text("reason"), seen=c.seen),
         (Field("department", "改派至", "department", "department"), REASON), place="more", help="新部门的期限自改派之日起算。"),
    Step("split", Event.SPLIT_OFF, "拆出", "split off",
         lambda c: c.desk.handling.split(c.ticket, c.actor, c.now, fingerprints=c.form.all("pick"), seen=c.seen),
         (Field("pick", "拆出的问题", "findings", "findings"),), can=lambda ticket, _: holds(policies.check_can_split, ticket, 1), place="more",
         help="所选问题另成一单，期限不变。"),
    Step("merge", Event.MERGED, "并案", "merge into another",
         lambda c: c.desk.handling.merge(c.ticket, c.actor, c.now, into=c.form.text("into"), reason=c.form.text("reason"), seen=c.seen),
         (Field("into", "并入工单", "into", "ticket", hint="同一资源、同一部门"), REASON), place="more"),
    Step("group", Event.GROUPED, "归组", "group", lambda c: c.desk.handling.group(c.ticket, c.actor, c.now, name=c.form.or_none("name"), seen=c.seen),
         (Field("name", "组名", "name of the group", needed=False, hint="同一成因的工单用同一组名；留空即移出"),), place="more"),
    Step("withdraw", Event.WITHDRAWN, "撤销", "withdraw", lambda c: c.desk.handling.withdraw(c.ticket, c.actor, c.now, reason=c.form.text("reason"), seen=c.seen),
         (Field("reason", "撤销原因", "reason", "area"),), place="more", ask="确认撤销此工单？"),
    Step("note", Event.NOTED, "备注", "note", lambda c: c.desk.handling.note(c.ticket, c.actor, c.now, text=c.form.text("text")),
         (Field("text", "备注", "note", "area", hint="能看到此工单的人都能看到；请勿写入个人信息"),), place="more"),
    Step("attach", Event.ATTACHED, "上传附件", "attach a file", _attach, (Field("file", "文件", "file", "file", hint="文档、表格或图片，10 MB 以内"),), place="more"),
)  # fmt: skip

BY_NAME = {one.name: one for one in STEPS}
