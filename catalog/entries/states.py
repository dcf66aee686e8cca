"""The life of an entry (目录条目) as data, and that of a refusal.

An entry is reviewed twice in its life and more: when it is first entered, and whenever a change is asked for; both ways have
the same stations. While a change is under way the published document stays in force. Documents are also the engineer's hand:
what the hub finds in ``city/resources`` without having published it itself becomes an event too, and is looked at afterwards.
"""

from __future__ import annotations

from catalog.cases.machine import Machine, Step

DRAFTED = "drafted"
SUBMITTED = "submitted"
RETURNED = "returned"
WITH_GOVERNMENT = "with_government"
WITH_CITY = "with_city"
REVIEWED = "reviewed"
PUBLISHED = "published"
CHANGE_SUBMITTED = "change_submitted"
CHANGE_RETURNED = "change_returned"
CHANGE_WITH_GOVERNMENT = "change_with_government"
CHANGE_WITH_CITY = "change_with_city"
CHANGE_REVIEWED = "change_reviewed"
ADDED = "added"
REDECLARED = "redeclared"
UNDECLARED = "undeclared"
CONFIRMED_WITH_CITY = "confirmed_with_city"
WITHDRAWAL_REQUESTED = "withdrawal_requested"
WITHDRAWN = "withdrawn"

STATES = {
    DRAFTED: ("草稿", "drafted"),
    SUBMITTED: ("待审核", "submitted, waits for review"),
    RETURNED: ("已退回", "returned to its department"),
    WITH_GOVERNMENT: ("待政府批准", "waits for the government's approval"),
    WITH_CITY: ("待市级校核", "waits for the city's check"),
    REVIEWED: ("已审核，待发布", "reviewed, to be published"),
    PUBLISHED: ("已发布", "published"),
    CHANGE_SUBMITTED: ("变更待复核", "a change waits for review"),
    CHANGE_RETURNED: ("变更已退回", "a change was returned"),
    CHANGE_WITH_GOVERNMENT: ("变更待政府批准", "a change waits for the government's approval"),
    CHANGE_WITH_CITY: ("变更待市级校核", "a change waits for the city's check"),
    CHANGE_REVIEWED: ("变更已复核，待发布", "a change was reviewed, to be published"),
    ADDED: ("文件新增，未复核", "its document was added by hand, unreviewed"),
    REDECLARED: ("文件有改动，未复核", "its document was changed by hand, unreviewed"),
    UNDECLARED: ("文件已移除，未复核", "its document was removed by hand, unreviewed"),
    CONFIRMED_WITH_CITY: ("文件改动待市级校核", "what was done by hand to its document waits for the city's check"),
    WITHDRAWAL_REQUESTED: ("申请撤销", "withdrawal asked for"),
    WITHDRAWN: ("已撤销", "withdrawn"),
}

FIRST = (DRAFTED, SUBMITTED, RETURNED, WITH_GOVERNMENT, WITH_CITY, REVIEWED)
"""Never published yet."""
CHANGING = (CHANGE_SUBMITTED, CHANGE_RETURNED, CHANGE_WITH_GOVERNMENT, CHANGE_WITH_CITY, CHANGE_REVIEWED)
"""Published, and a change is under way."""
IN_FORCE = (PUBLISHED, *CHANGING, ADDED, REDECLARED, CONFIRMED_WITH_CITY, WITHDRAWAL_REQUESTED)
"""A document of it is in force."""
UNREVIEWED = (ADDED, REDECLARED, UNDECLARED, CONFIRMED_WITH_CITY)
"""What was done by hand to its document waits for the authority, in the last for the city's alone."""
IN_REVIEW = (SUBMITTED, WITH_GOVERNMENT, WITH_CITY, CHANGE_SUBMITTED, CHANGE_WITH_GOVERNMENT, CHANGE_WITH_CITY)
"""Somebody owes a decision."""

_OWNER = "owner of the catalogue part"
_AUTHORITY = "authority"
_CITY = "authority of the city"
_HUB = "hub"


def _review(prefix: str, zh: str, en: str) -> tuple[Step, ...]:
    """The stations of a review, of a first entry (no prefix) or of a change."""
    submitted, returned = f"{prefix}submitted", f"{prefix}returned"
    government, city, reviewed = f"{prefix}with_government", f"{prefix}with_city", f"{prefix}reviewed"
    waiting = (submitted, government, city)
    return (
        Step(
            f"{prefix}returned", (*waiting, reviewed), returned, f"退回{zh}", f"{en} returned",
            _AUTHORITY, "reason",
        ),
        Step(
            f"{prefix}reviewed", (submitted,), reviewed, f"{zh}审核通过", f"{en} reviewed",
            _AUTHORITY, "findings that were seen; document where the class is filed",
        ),
        Step(
            f"{prefix}passed_to_government", (submitted,), government, f"{zh}审核通过，报本级政府批准",
            f"{en} reviewed, put to the government of the level", _AUTHORITY, "a class that the government approves",
        ),
        Step(
            f"{prefix}passed_to_city", (submitted,), city, f"{zh}区级审核通过，报市级校核",
            f"{en} reviewed by the district, put to the city", "authority of the district", "findings that were seen",
        ),
        Step(
            f"{prefix}approved", (government,), reviewed, f"{zh}获政府批准", f"{en} approved by the government",
            _AUTHORITY, "number of the government's document",
        ),
        Step(
            f"{prefix}approved_for_city", (government,), city, f"{zh}获区政府批准，报市级校核",
            f"{en} approved by the district's government, put to the city", "authority of the district",
            "number of the government's document",
        ),
        Step(
            f"{prefix}merged", (city,), reviewed, f"{zh}经市级校核汇总", f"{en} checked and merged by the city",
            _CITY, "findings that were seen",
        ),
    )  # fmt: skip


ENTRY = Machine(
    "entry",
    ("目录条目", "entry"),
    STATES,
    frozenset({WITHDRAWN}),
    (
        Step("drafted", (None, WITHDRAWN), DRAFTED, "起草", "drafted", _OWNER, "document"),
        Step("redrafted", (DRAFTED, RETURNED), DRAFTED, "修改草稿", "draft changed", _OWNER, "document"),
        Step("submitted", (DRAFTED, RETURNED), SUBMITTED, "提交审核", "submitted", _OWNER, "all mandatory fields"),
        *_review("", "条目", "entry"),
        Step("published", (REVIEWED,), PUBLISHED, "发布", "published", "owner or authority", "the document in its place"),
        Step("discarded", FIRST, WITHDRAWN, "放弃草稿", "draft given up", _OWNER, "reason"),
        Step(
            "change_requested", (PUBLISHED, CHANGE_RETURNED), CHANGE_SUBMITTED, "申请变更", "change asked for",
            _OWNER, "kind of cause, basis, new document",
        ),
        *_review("change_", "变更", "change"),
        Step(
            "change_published", (CHANGE_REVIEWED,), PUBLISHED, "发布变更", "change published", "owner or authority",
            "the document in its place",
        ),
        Step("change_cancelled", CHANGING, PUBLISHED, "撤回变更申请", "change given up", _OWNER, "reason"),
        Step(
            "declared", (None,), PUBLISHED, "随建库登记", "declared as the home was set up", _HUB,
            "the document that was found; only while there is no entry yet",
        ),
        Step(
            "added", (None,), ADDED, "文件新增登记", "document added by hand, noted", _HUB, "the document that was found",
        ),
        Step(
            "redeclared", (*FIRST, *IN_FORCE, UNDECLARED, WITHDRAWN), REDECLARED, "文件改动登记",
            "document changed by hand, noted", _HUB, "digests before and after, fields changed",
        ),
        Step("undeclared", IN_FORCE, UNDECLARED, "文件移除登记", "document removed by hand, noted", _HUB, "digest"),
        Step(
            "confirmed", (ADDED, REDECLARED), PUBLISHED, "确认文件改动", "what was done by hand confirmed", _AUTHORITY,
            "all mandatory fields; the gate; document where the class is approved or filed",
        ),
        Step(
            "confirmed_for_city", (ADDED, REDECLARED), CONFIRMED_WITH_CITY, "区级确认文件改动，报市级校核",
            "what was done by hand confirmed by the district, put to the city", "authority of the district",
            "all mandatory fields; the gate; document where the class is approved or filed",
        ),
        Step(
            "confirmed_merged", (CONFIRMED_WITH_CITY,), PUBLISHED, "文件改动经市级校核汇总",
            "what was done by hand checked and merged by the city", _CITY, "all mandatory fields; the gate",
        ),
        Step(
            "restored", (REDECLARED, UNDECLARED, CONFIRMED_WITH_CITY), PUBLISHED, "恢复已发布的条目", "the published document put back", _AUTHORITY, "reason",
        ),
        Step(
            "withdrawal_requested", (PUBLISHED,), WITHDRAWAL_REQUESTED, "申请撤销", "withdrawal asked for", _OWNER,
            "reason",
        ),
        Step(
            "withdrawal_refused", (WITHDRAWAL_REQUESTED,), PUBLISHED, "不同意撤销", "withdrawal refused", _AUTHORITY,
            "reason",
        ),
        Step(
            "withdrawn", (WITHDRAWAL_REQUESTED, UNDECLARED), WITHDRAWN, "撤销", "withdrawn", _AUTHORITY,
            "no feed, register or theme uses it",
        ),
        Step("sharing_changed", IN_FORCE, None, "共享属性变更", "sharing class changed", _HUB, "class before and after"),
        Step("opening_changed", IN_FORCE, None, "开放属性变更", "opening class changed", _HUB, "class before and after"),
        Step(
            "overridden", (PUBLISHED, *CHANGING), None, "共享类型临时调整", "sharing class changed for a time", _OWNER,
            "class, reason, last day",
        ),
        Step(
            "override_ended", IN_FORCE, None, "临时调整终止", "change for a time ended", "clock, owner or authority",
            "class before and after",
        ),
        Step(
            "reassessed", (PUBLISHED, *CHANGING), None, "共享类型评估", "sharing class assessed again",
            "owner or authority", "kept or changed, reason",
        ),
        Step("term_ended", IN_FORCE, None, "共享期限届满", "share term ended", "clock", "the term"),
        Step(
            "held_back", tuple(one for one in STATES if one != WITHDRAWN), None, "区级报送内容待收",
            "newer content of its district waits", _HUB, "package, why it is held back",
        ),
        Step(
            "decided_above", tuple(STATES), None, "记上级平台办理结果", "what the city decided of it, noted", _HUB,
            "step, state, reason and code at the city's platform",
        ),
    ),
)  # fmt: skip

REFUSAL = Machine(
    "refusal",
    ("拒绝登记", "refusal"),
    {"kept": ("已记录", "kept")},
    frozenset({"kept"}),
    (
        Step(
            "secret_refused", (None,), "kept", "涉密条目拒绝登记", "an entry that says secret was refused", _HUB,
            "how many; nothing of their content",
        ),
    ),
)  # fmt: skip
