"""What a notice is: its topic, what it is about, who is to be told, and in which words.

A notice holds words and ids only, never a row value: it leaves the house by mail and by the robots of chat services. A
key of a record is a value too; what a reader needs to see stands behind the id, at the desk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from ground.errors import InternalFault
from ledger.chain import Json, canonical


class Topic(StrEnum):
    """What happened; channels and the digest are chosen by it."""

    TICKET_ROUTED = "ticket_routed"
    TICKET_REMINDER = "ticket_reminder"
    TICKET_OVERDUE = "ticket_overdue"
    RECTIFICATION = "rectification"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_DECIDED = "extension_decided"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    RETURNED = "returned"
    DISPUTED = "disputed"
    DECIDED = "decided"
    CORRECTION = "correction"
    CALLBACK = "callback"
    CATALOGUE_TASK = "catalogue_task"
    CATALOGUE_REMINDER = "catalogue_reminder"
    CATALOGUE_OVERDUE = "catalogue_overdue"
    CATALOGUE_CHANGED = "catalogue_changed"
    DUE_MOVED = "due_moved"
    ESCALATED = "escalated"


TOPIC_WORDS: dict[Topic, tuple[str, str]] = {
    Topic.TICKET_ROUTED: ("工单分派", "ticket routed"),
    Topic.TICKET_REMINDER: ("办理提醒", "reminder"),
    Topic.TICKET_OVERDUE: ("工单逾期", "ticket overdue"),
    Topic.RECTIFICATION: ("责令改正", "order to rectify"),
    Topic.EXTENSION_ASKED: ("申请延期", "extension asked for"),
    Topic.EXTENSION_DECIDED: ("延期审核结果", "extension decided"),
    Topic.ANSWERED: ("已答复", "answered"),
    Topic.CLOSED: ("已办结", "closed"),
    Topic.REOPENED: ("重新办理", "reopened"),
    Topic.RETURNED: ("退回反馈人", "returned to the reporter"),
    Topic.DISPUTED: ("存在争议", "disputed"),
    Topic.DECIDED: ("争议已裁定", "dispute decided"),
    Topic.CORRECTION: ("数据更正", "data corrected"),
    Topic.CALLBACK: ("状态回调", "change of state, told to a system"),
    Topic.CATALOGUE_TASK: ("目录任务", "catalogue task"),
    Topic.CATALOGUE_REMINDER: ("目录办理提醒", "reminder of a catalogue case"),
    Topic.CATALOGUE_OVERDUE: ("目录办理逾期", "catalogue case overdue"),
    Topic.CATALOGUE_CHANGED: ("目录更新", "catalogue changed"),
    Topic.DUE_MOVED: ("期限变动", "a date has moved"),
    Topic.ESCALATED: ("报送政府", "reported to the government"),
}
"""Topic -> its word in Chinese and English."""


class To(StrEnum):
    """Kinds of recipients; a recipient is written ``<kind>:<id>``."""

    PERSON = "person"
    DEPARTMENT = "department"
    KEY = "key"


def to_person(account: str) -> str:
    """The recipient that is this account."""
    return f"{To.PERSON}:{account}"


def to_department(department: str) -> str:
    """The recipient that is every officer of this department."""
    return f"{To.DEPARTMENT}:{department}"


def to_key(key: str) -> str:
    """The recipient that is the system which holds this API key."""
    return f"{To.KEY}:{key}"


def parts(recipient: str) -> tuple[To, str]:
    """Kind and id of a recipient.

    Raises:
        InternalFault: it is not written ``<kind>:<id>``.
    """
    kind, _, name = recipient.partition(":")
    if kind not in [one.value for one in To] or not name:
        raise InternalFault(
            "通知的接收方写法不对，应为 person:、department: 或 key: 加编号。",
            "A recipient of a notice is written person:, department: or key: and an id.",
        )
    return To(kind), name


def is_machine(recipient: str) -> bool:
    """Whether a system is told, not a person: it has neither evenings nor digests."""
    return parts(recipient)[0] is To.KEY


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that one recipient is told once.

    Attributes:
        topic: what happened.
        about: id of the ticket, correction or release it is about.
        recipient: ``person:<account>``, ``department:<id>`` or ``key:<API key>``.
        occasion: what tells two notices on the same topic apart, such as the number of the event or the day of a
            reminder. The same topic, about, recipient and occasion is the same notice, however often it is queued.
        subject_zh, subject_en: one line.
        body_zh, body_en: some lines.
        created_at: when it happened, aware.
        urgent: it breaks the quiet hours and waits for no digest.
        payload: the same facts for machines.
    """

    topic: Topic
    about: str
    recipient: str
    occasion: str
    subject_zh: str
    subject_en: str
    body_zh: str
    body_en: str
    created_at: datetime
    urgent: bool = False
    payload: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts(self.recipient)

    @property
    def id(self) -> str:
        """``N-`` and 24 hexadecimal characters: the same event, queued anywhere, has the same."""
        key = canonical([self.topic, self.about, self.recipient, self.occasion])
        return f"N-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person or a system is reached.

    Attributes:
        channel: the kind of channel: ``smtp`` for a mailbox, ``webhook`` for the callback address of a system.
        target: mailbox or URL.
        name: how the person or system is called; of a deputy, for whom too.
        secret: what a callback is signed with; never stored and never shown.
        department: the department it belongs to, for channels that serve some departments only.
    """

    channel: str
    target: str
    name: str
    secret: str | None = field(default=None, repr=False)
    department: str | None = None


class Directory(Protocol):
    """Knows where recipients are reached."""

    def resolve(self, recipient: str, today: date) -> Sequence[Address]:
        """Addresses of a recipient on a day, an absent officer's deputy in his place; none if there are none."""
        ...
