"""The life of a ticket as data: states, events, and which event leads from where to where.

The loop of Haishu article 27: find, feed back, correct, share (发现、反馈、修正、共享), with its disputes (Chifeng, part 5).
Everything that asks whether a step exists asks here; the diagram in docs/ticket-states.md is drawn from here. Whether a step
may be taken now is `quality.tickets.policies`, who may take it `quality.tickets.permissions`. Being overdue is a fact about a
date and no state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a ticket stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    EXTENSION_ASKED = "extension_asked"
    EXTENDED = "extended"
    VERIFICATION = "verification"
    RESOLVED = "resolved"
    DISPUTED = "disputed"
    COORDINATING = "coordinating"
    ESCALATED = "escalated"
    DECIDED = "decided"
    CLOSED = "closed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What happened to a ticket; the stream of these is the truth."""

    FOUND = "found"
    REPORTED = "reported"
    SPLIT_FROM = "split_from"
    FINDINGS_JOINED = "findings_joined"
    REPORT_JOINED = "report_joined"
    RETURNED = "returned"
    RESUBMITTED = "resubmitted"
    WITHDRAWN = "withdrawn"
    ROUTED = "routed"
    REASSIGNED = "reassigned"
    ACCEPTED = "accepted"
    URGENT_SET = "urgent_set"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    ANSWERED_CORRECTED = "answered_corrected"
    ANSWERED_CONFIRMED = "answered_confirmed"
    ANSWERED_TALKED = "answered_talked"
    SENT_BACK = "sent_back"
    NOT_REPAIRED = "not_repaired"
    FINDINGS_GONE = "findings_gone"
    REPAIRED = "repaired"
    CONFIRMED = "confirmed"
    TALKED_THROUGH = "talked_through"
    MARK_CLEARED = "mark_cleared"
    REOPENED = "reopened"
    DISPUTED = "disputed"
    COORDINATION_STARTED = "coordination_started"
    COORDINATED_CORRECT = "coordinated_correct"
    COORDINATED_STANDS = "coordinated_stands"
    ESCALATED = "escalated"
    REPORTED_UP = "reported_up"
    GOVERNMENT_DECIDED = "government_decided"
    CONCLUDED = "concluded"
    SPLIT_OFF = "split_off"
    ABSORBED = "absorbed"
    MERGED = "merged"
    GROUPED = "grouped"
    REMINDED = "reminded"
    OVERDUE = "overdue"
    RECTIFICATION_ORDERED = "rectification_ordered"
    DUE_RECOMPUTED = "due_recomputed"
    NOTED = "noted"
    ATTACHED = "attached"
    REPORTER_NOTIFIED = "reporter_notified"
    CORRECTION_SHARED = "correction_shared"


class Outcome(StrEnum):
    """How a ticket ended: exactly three (Haishu 27)."""

    CORRECTED = "corrected"
    """完成整改: put right and gathered again."""
    CONFIRMED = "confirmed"
    """确认无误: checked, and the value stands."""
    TALKED_THROUGH = "talked_through"
    """沟通解决: it cannot be put right soon; the reporter was talked to."""


class Stage(StrEnum):
    """The four stages of the closed loop (Haishu 27)."""

    FIND = "发现"
    FEED_BACK = "反馈"
    CORRECT = "修正"
    SHARE = "共享"


@dataclass(frozen=True, slots=True)
class Step:
    """One event, the states it may happen in, and the state it leads to.

    Attributes:
        event: what happens.
        before: states it may happen in; None is "no ticket yet".
        after: the state it leads to; None leaves the state as it is.
        zh: the event in the words of the office.
        en: the same in English.
        by: who or what brings it about.
        proof: what the event must carry.
    """

    event: Event
    before: tuple[State | None, ...]
    after: State | None
    zh: str
    en: str
    by: str
    proof: str


STATE_WORDS: dict[State, tuple[str, str, Stage]] = {
    State.SUBMITTED: ("待受理", "submitted: found or reported, waiting for the authority to route it", Stage.FIND),
    State.RETURNED: ("已退回", "returned: the reporter is asked to complete or correct the report", Stage.FIND),
    State.ROUTED: ("已分派", "routed: it stands in the department's queue and the clock runs", Stage.FEED_BACK),
    State.ACCEPTED: ("已签收", "accepted: the department has confirmed receipt", Stage.CORRECT),
    State.EXTENSION_ASKED: ("延期待审", "extension asked: the authority has to decide", Stage.CORRECT),
    State.EXTENDED: ("已延期", "extended: the department works within a longer limit", Stage.CORRECT),
    State.VERIFICATION: (
        "整改待核验",
        "verification: said to be put right; a later batch has to prove it",
        Stage.CORRECT,
    ),
    State.RESOLVED: (
        "已答复",
        "resolved: confirmed or talked through; the authority reviews the evidence",
        Stage.CORRECT,
    ),
    State.DISPUTED: ("有异议", "disputed: the reporter does not agree", Stage.CORRECT),
    State.COORDINATING: ("协调中", "coordinating: the authority brings the parties together", Stage.CORRECT),
    State.ESCALATED: ("已报政府", "escalated: before the government of the same level", Stage.CORRECT),
    State.DECIDED: ("政府已决定", "decided by government: to be carried out", Stage.CORRECT),
    State.CLOSED: ("已办结", "closed: with one of the three outcomes, and shared again", Stage.SHARE),
    State.MERGED: ("已并案", "merged: goes on in another ticket", Stage.FEED_BACK),
    State.WITHDRAWN: ("已撤销", "withdrawn: by its reporter, or because its rule or reason is gone", Stage.FIND),
}
"""State -> its word, its meaning, its stage."""

ENDED = (State.CLOSED, State.MERGED, State.WITHDRAWN)
OPEN = tuple(state for state in State if state not in ENDED)
WORKING = (State.ROUTED, State.ACCEPTED, State.EXTENSION_ASKED, State.EXTENDED)
"""The provider has it in hand."""
ANSWERABLE = (State.ACCEPTED, State.EXTENSION_ASKED, State.EXTENDED)
SPLITTABLE = (State.SUBMITTED, State.ROUTED, State.ACCEPTED, State.EXTENDED)
ALL = tuple(State)

STEPS: tuple[Step, ...] = (
    Step(Event.FOUND, (None,), State.SUBMITTED, "规则发现", "found by rules", "rules on a published snapshot", "findings, snapshot"),
    Step(Event.REPORTED, (None,), State.SUBMITTED, "报告问题", "reported by a person or a system", "reporter", "report: resource, key, item, reason"),
    Step(Event.SPLIT_FROM, (None,), State.SUBMITTED, "自他单拆出", "split off another ticket", "authority, department", "the other ticket, findings"),
    Step(Event.FINDINGS_JOINED, (State.SUBMITTED,), None, "并入新发现", "further findings join, until it is routed", "rules on a published snapshot", "findings, snapshot"),
    Step(Event.REPORT_JOINED, OPEN, None, "并入相同报告", "the same thing is reported again", "reporter", "report"),
    Step(Event.RETURNED, (State.SUBMITTED,), State.RETURNED, "退回报告人", "returned to the reporter", "authority", "reason"),
    Step(Event.RESUBMITTED, (State.RETURNED,), State.SUBMITTED, "补正后再报", "completed and submitted again", "reporter", "report"),
    Step(Event.WITHDRAWN, (State.SUBMITTED, State.RETURNED, *WORKING), State.WITHDRAWN, "撤销", "withdrawn", "reporter before it is routed, authority", "reason"),
    Step(Event.ROUTED, (State.SUBMITTED,), State.ROUTED, "分派", "routed to the owning department; sealed", "authority, by itself where the home says so", "department, deadline"),
    Step(Event.REASSIGNED, (State.ROUTED, State.ACCEPTED, State.EXTENDED), State.ROUTED, "改派", "given to another department; its clock begins anew", "authority", "department, reason, deadline"),
    Step(Event.ACCEPTED, (State.ROUTED,), State.ACCEPTED, "签收", "receipt confirmed; the deadline stays", "department", "who"),
    Step(Event.URGENT_SET, WORKING, None, "限时办理", "an urgent limit is set", "authority", "date, reason"),
    Step(Event.EXTENSION_ASKED, (State.ACCEPTED, State.EXTENDED), State.EXTENSION_ASKED, "申请延期", "an extension is asked for", "department", "cause, until when"),
    Step(Event.EXTENSION_GRANTED, (State.EXTENSION_ASKED,), State.EXTENDED, "同意延期", "the extension is granted", "authority", "until when, within the cap"),
    Step(Event.EXTENSION_REFUSED, (State.EXTENSION_ASKED,), State.ACCEPTED, "不同意延期", "the extension is refused", "authority", "reason"),
    Step(Event.ANSWERED_CORRECTED, (*ANSWERABLE, State.DECIDED), State.VERIFICATION, "答复：完成整改", "answered: put right", "department", "what was done; the batch, where there is one already"),
    Step(Event.ANSWERED_CONFIRMED, ANSWERABLE, State.RESOLVED, "答复：确认无误", "answered: the value is right", "department", "the check and its basis"),
    Step(Event.ANSWERED_TALKED, ANSWERABLE, State.RESOLVED, "答复：沟通解决", "answered: talked through", "department", "record of the talk, date of review"),
    Step(Event.SENT_BACK, (State.RESOLVED,), State.ACCEPTED, "复核退回", "the evidence does not suffice", "authority", "reason"),
    Step(Event.NOT_REPAIRED, (State.VERIFICATION,), State.ACCEPTED, "核验未通过", "the batch did not put it right", "rules on a later snapshot", "findings left, batches"),
    Step(Event.FINDINGS_GONE, OPEN, None, "部分修正", "some findings are gone, others remain", "rules on a later snapshot", "findings gone, kinds of repair, batches"),
    Step(Event.REPAIRED, OPEN, State.CLOSED, "完成整改办结", "every finding is gone from the published data", "rules on a later snapshot", "kinds of repair, batches, row hashes"),
    Step(Event.CONFIRMED, (State.RESOLVED,), State.CLOSED, "确认无误办结", "closed as confirmed; the rule learns it", "authority", "answer, notice to the reporter"),
    Step(Event.TALKED_THROUGH, (State.RESOLVED,), State.CLOSED, "沟通解决办结", "closed as talked through; the mark stays", "authority", "answer, notice to the reporter"),
    Step(Event.MARK_CLEARED, (State.CLOSED,), None, "解除存疑标记", "a value that was talked through has been put right", "rules on a later snapshot", "batches"),
    Step(Event.REOPENED, (State.CLOSED,), State.ROUTED, "到期复核", "a value that was talked through is taken up again", "the clock on the day of review, authority before", "reason, deadline"),
    Step(Event.DISPUTED, (State.RESOLVED, State.CLOSED), State.DISPUTED, "提出异议", "the reporter does not agree", "reporter", "reason"),
    Step(Event.COORDINATION_STARTED, (State.DISPUTED,), State.COORDINATING, "启动协调", "the authority coordinates", "authority", "who takes part"),
    Step(Event.COORDINATED_CORRECT, (State.COORDINATING,), State.ACCEPTED, "协调一致：更正", "agreed: the department puts it right", "authority", "record, deadline"),
    Step(Event.COORDINATED_STANDS, (State.COORDINATING,), State.CLOSED, "协调一致：维持", "agreed: the value stands", "authority", "record"),
    Step(Event.ESCALATED, (State.COORDINATING,), State.ESCALATED, "报本级政府决定", "put before the government", "authority", "document, which government"),
    Step(Event.GOVERNMENT_DECIDED, (State.ESCALATED,), State.DECIDED, "政府决定", "the government has decided", "authority", "document, decision"),
    Step(Event.CONCLUDED, (State.DECIDED,), State.CLOSED, "按决定办结", "closed as the government decided: the value stands", "authority", "decision that the value stands"),
    Step(Event.SPLIT_OFF, SPLITTABLE, None, "拆出", "some findings go on in a ticket of their own", "authority, department", "the new ticket, findings"),
    Step(Event.ABSORBED, SPLITTABLE, None, "并入他单", "takes in another ticket", "authority", "the other ticket, findings"),
    Step(Event.MERGED, SPLITTABLE, State.MERGED, "并案", "goes on in another ticket", "authority", "the other ticket"),
    Step(Event.GROUPED, OPEN, None, "归组", "put into a group of one cause", "authority", "name of the group"),
    Step(Event.REMINDED, (State.SUBMITTED, *WORKING, State.VERIFICATION, State.DECIDED), None, "催办提醒", "reminded before and on the last day", "clock", "occasion"),
    Step(Event.OVERDUE, (State.SUBMITTED, *WORKING, State.VERIFICATION, State.DECIDED), None, "记逾期", "the limit has run out; noted as a fact", "clock", "due date"),
    Step(Event.RECTIFICATION_ORDERED, (*WORKING, State.VERIFICATION, State.DECIDED), None, "下达整改通知", "ordered to put it right by a date", "authority", "document, date; overdue before"),
    Step(Event.REPORTED_UP, (*WORKING, State.DECIDED), None, "逾期未整改，报送本级政府", "an order not carried out is reported to the government", "clock", "due date, which government, article"),
    Step(Event.DUE_RECOMPUTED, OPEN, None, "重算期限", "the calendar changed; the date with it", "clock", "old and new date"),
    Step(Event.NOTED, ALL, None, "备注", "a note", "whoever may see it", "text"),
    Step(Event.ATTACHED, OPEN, None, "附件", "a file is attached", "whoever may see it", "name, sha256"),
    Step(Event.REPORTER_NOTIFIED, ALL, None, "告知报告人", "the reporter is told", "the hub", "what was told"),
    Step(Event.CORRECTION_SHARED, (State.CLOSED,), None, "更正再共享", "everyone who used the old value is told", "the hub", "receivers, batches"),
)  # fmt: skip

NEXT: dict[tuple[State | None, Event], State] = {
    (before, step.event): after
    for step in STEPS
    for before in step.before
    if (after := step.after or before) is not None
}
"""(state, event) -> state; a pair that is not here is not a step."""

EVENT_WORDS: dict[Event, tuple[str, str]] = {step.event: (step.zh, step.en) for step in STEPS}
"""Event -> its word in the office, and in English."""

OUTCOME_WORDS: dict[Outcome, tuple[str, str]] = {
    Outcome.CORRECTED: ("完成整改", "corrected"),
    Outcome.CONFIRMED: ("确认无误", "confirmed as right"),
    Outcome.TALKED_THROUGH: ("沟通解决", "talked through"),
}
