"""What one message says: a notice, or a digest of several, as text, as Markdown within a robot's limit, or as JSON.

Chinese first, English beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.chain import Json, canonical, moment
from notices.model import TOPIC_WORDS, Notice


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to one address at once.

    Attributes:
        id: the same at every try, so that a receiver can tell a repetition.
        name: who is told.
        notices: one, or those of a digest.
    """

    id: str
    name: str
    notices: tuple[Notice, ...]

    @property
    def subject(self) -> str:
        """One line."""
        first = self.notices[0]
        if len(self.notices) == 1:
            urgent = "【紧急 urgent】" if first.urgent else ""
            return _one_line(f"{urgent}{first.subject_zh} {first.subject_en}")
        number = len(self.notices)
        return f"数源通知汇总（{number} 条） Shuyuan digest ({number} notices)"

    def text(self) -> str:
        """For a mailbox: everything."""
        head = f"{self.name}：\n\n" if self.name else ""
        return head + "\n\n".join(_as_text(one) for one in self.notices) + "\n"

    def markdown(self, limit: int) -> str:
        """For a robot: as many notices as fit into ``limit`` bytes of UTF-8, and how many are left out."""
        head = f"### {self.subject}\n"
        body = _fitting(self.notices, _as_markdown if len(self.notices) == 1 else _as_item, limit - len(head.encode()))
        return head + body

    def document(self) -> str:
        """For a system: one notice as canonical JSON."""
        return canonical(as_json(self.notices[0]))


def as_json(notice: Notice) -> Json:
    """A notice as a system gets it."""
    return {
        "id": notice.id,
        "topic": notice.topic.value,
        "about": notice.about,
        "created_at": moment(notice.created_at),
        "urgent": notice.urgent,
        "subject": {"zh": notice.subject_zh, "en": notice.subject_en},
        "body": {"zh": notice.body_zh, "en": notice.body_en},
        "payload": notice.payload,
    }


def _as_text(notice: Notice) -> str:
    zh, en = TOPIC_WORDS[notice.topic]
    lines = [
        f"【{zh}】{_one_line(notice.subject_zh)}",
        notice.body_zh,
        f"[{en}] {_one_line(notice.subject_en)}",
        notice.body_en,
        f"编号 about: {notice.about}",
    ]
    return "\n".join(line for line in lines if line)


def _as_markdown(notice: Notice) -> str:
    return "\n\n".join(line for line in (notice.body_zh, notice.body_en, f"编号 about: {notice.about}") if line)


def _as_item(notice: Notice) -> str:
    zh, _ = TOPIC_WORDS[notice.topic]
    return f"- 【{zh}】{_one_line(notice.subject_zh)} {_one_line(notice.subject_en)}（{notice.about}）"


def _fitting(notices: tuple[Notice, ...], written: Callable[[Notice], str], limit: int) -> str:
    parts = [written(one) for one in notices]
    whole = "\n".join(parts)
    if len(whole.encode()) <= limit:
        return whole
    note = "\n……另有 {0} 条，请登录数源查看 and {0} more at the desk"
    room = limit - len(note.format(len(parts)).encode())
    for kept in range(len(parts) - 1, 0, -1):
        text = "\n".join(parts[:kept])
        if len(text.encode()) <= room:
            return text + note.format(len(parts) - kept)
    # Not even one fits: a single long text is cut between two characters.
    cut = parts[0].encode()[: max(room, 0)].decode(errors="ignore")
    rest = note.format(len(parts) - 1) if len(parts) > 1 else "\n……请登录数源查看 more at the desk"
    return cut + rest


def _one_line(text: str) -> str:
    return " ".join(text.split())
