"""Which entries of a district's package wait at the city, and why.

What is under review is not rewritten while somebody looks at it, and what cannot be asked for is not asked for. Such an entry waits
by itself; the rest of its package comes in. Nothing of the entry is kept meanwhile: the same package sent again, or a later one,
brings it as soon as it can be taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catalog.cases.model import Case
from catalog.entries.policies import Reason
from catalog.entries.states import UNREVIEWED, WITHDRAWAL_REQUESTED

IN_REVIEW, BY_HAND, WITHDRAWAL, BARRED = "in_review", "by_hand", "withdrawal", "barred"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One entry that was not taken in.

    Attributes:
        entry: its id.
        code: ``in_review``, ``by_hand``, ``withdrawal``: the city has to decide first; ``barred``: the district has to mend it.
        zh: why, and what comes next, in Chinese.
        en: in English.
    """

    entry: str
    code: str
    zh: str
    en: str

    def as_facts(self) -> dict[str, Any]:
        """As an event carries it."""
        return asdict(self)

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> HeldBack:
        """As an event carried it."""
        return cls(*(str(facts[name]) for name in ("entry", "code", "zh", "en")))


def waiting(case: Case) -> HeldBack:
    """Why an entry cannot be changed where it stands now."""
    if case.state in UNREVIEWED:
        return HeldBack(
            case.id, BY_HAND,
            "该条目的文件在市级被手工改动，尚未复核。复核后，再次报送即接收其最新内容。",
            "Its document was changed by hand at the city, which is not looked at yet. Sent again after that, its newest "
            "content is taken.",
        )  # fmt: skip
    if case.state == WITHDRAWAL_REQUESTED:
        return HeldBack(
            case.id, WITHDRAWAL,
            "该条目正在申请撤销。办结后，再次报送即接收其最新内容。",
            "Its withdrawal is asked for. Sent again after the decision, its newest content is taken.",
        )  # fmt: skip
    return HeldBack(
        case.id, IN_REVIEW,
        "该条目正在审核，待发布或退回后接收。届时再次报送（含同一报送包）即接收其最新内容。",
        "It is under review, and is taken once it was published or returned. Sent again then, in the same package too, its newest "
        "content is taken.",
    )  # fmt: skip


def barred(entry: str, reasons: Sequence[Reason]) -> HeldBack:
    """The change of a published entry that could not be submitted: a change is submitted as it comes, a draft is mended before."""
    return HeldBack(
        entry, BARRED,
        f"变更不能提交，待更正后接收：{'；'.join(zh.rstrip('。') for zh, _ in reasons)}。",
        f"The change cannot be submitted; it is taken once it is mended: {'; '.join(en.rstrip('.') for _, en in reasons)}.",
    )  # fmt: skip
