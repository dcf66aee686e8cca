"""The lives of the open list and of the supplementary catalogue as data.

Which of their steps a city asks for is its profile's matter (`catalog.lists.rules`): here stands what there is. A list that was
published and is revised keeps its published lines in force until the revision is published.
"""

from __future__ import annotations

from catalog.cases.machine import Machine, Step

COMPILING = "compiling"
CONSULTING = "consulting"
CONSULTED = "consulted"
SUBMITTED = "submitted"
REVIEWED = "reviewed"
PUBLISHED = "published"
FILED = "filed"
EFFECTIVE = "effective"
WITHDRAWN = "withdrawn"

_OWNER = "owner of the list"
_AUTHORITY = "authority"

_CONSULTATION = (
    Step(
        "consultation_opened", (COMPILING,), CONSULTING, "开始征求意见", "consultation opened", _OWNER,
        "last day for providers; first and last day for the public",
    ),
    Step("provider_answered", (CONSULTING,), None, "提供单位答复", "a provider answered", "the provider asked", "opinion"),
    Step(
        "provider_silent", (CONSULTING,), None, "记提供单位逾期未答复", "providers have not answered; noted", _OWNER,
        "the last day is over",
    ),
    Step("consultation_closed", (CONSULTING,), CONSULTED, "征求意见结束", "consultation closed", _OWNER,
         "every provider answered or noted, every comment answered, the public's days are over"),
    Step("amended", (CONSULTED,), None, "按意见修改", "amended after consultation", _OWNER, "lines"),
)  # fmt: skip

OPEN_LIST = Machine(
    "open_list",
    ("开放清单", "open list"),
    {
        COMPILING: ("编制中", "being compiled"),
        CONSULTING: ("征求意见中", "under consultation"),
        CONSULTED: ("已征求意见", "consulted on"),
        SUBMITTED: ("待审查", "waits for review"),
        REVIEWED: ("已审查，待公布", "reviewed, to be published"),
        PUBLISHED: ("已公布", "published"),
        WITHDRAWN: ("已撤下", "taken down"),
    },
    frozenset({WITHDRAWN}),
    (
        Step("opened", (None,), COMPILING, "开始编制", "opened", _OWNER, "title"),
        Step("compiled", (COMPILING,), None, "列入条目", "lines put down", _OWNER, "published entries that may be opened"),
        *_CONSULTATION,
        Step(
            "comment_received", (CONSULTING,), None, "收到公众意见", "a comment of the public", "owner or operator",
            "who, what, within the public's days",
        ),
        Step("comment_answered", (CONSULTING, CONSULTED), None, "答复公众意见", "a comment answered", _OWNER, "taken or not, why"),
        Step("submitted", (COMPILING, CONSULTED), SUBMITTED, "提交审查", "submitted", _OWNER, "every line has its four fields"),
        Step("opinion_given", (SUBMITTED,), None, "提出审查意见", "an opinion on it", "operator", "opinion"),
        Step("returned", (SUBMITTED, REVIEWED), COMPILING, "退回", "returned", _AUTHORITY, "reason"),
        Step("reviewed", (SUBMITTED,), REVIEWED, "审查通过", "reviewed", _AUTHORITY, "opinion of the operator where it reviews too"),
        Step(
            "published", (COMPILING, CONSULTED, REVIEWED), PUBLISHED, "公布", "published", _OWNER,
            "consultation and review where the city asks for them",
        ),
        Step("revised", (PUBLISHED,), COMPILING, "开始更新", "taken up for an update", _OWNER, "reason"),
        Step("withdrawn", (COMPILING, CONSULTED, PUBLISHED), WITHDRAWN, "撤下", "taken down", _OWNER, "reason"),
    ),
)  # fmt: skip

SUPPLEMENT = Machine(
    "supplement",
    ("补充目录", "supplementary catalogue"),
    {
        COMPILING: ("起草中", "being drafted"),
        CONSULTING: ("征求意见中", "under consultation"),
        CONSULTED: ("已征求意见", "consulted on"),
        FILED: ("已报市备案", "filed with the city"),
        EFFECTIVE: ("已生效", "in effect"),
        WITHDRAWN: ("已撤销", "withdrawn"),
    },
    frozenset({WITHDRAWN}),
    (
        Step("opened", (None,), COMPILING, "开始编制", "opened", "authority of the district", "title"),
        Step("compiled", (COMPILING,), None, "列入条目", "entries put down", "authority of the district", "published entries"),
        *_CONSULTATION,
        Step(
            "filed", (COMPILING, CONSULTED), FILED, "报市备案", "filed with the city", "authority of the district",
            "number of the document; consultation where the city asks for it",
        ),
        Step("took_effect", (FILED,), EFFECTIVE, "生效", "took effect", "authority of the district", "day"),
        # From filed on as well: an entry may be withdrawn before the day, and what is in effect shall not go for that.
        Step(
            "revised", (FILED, EFFECTIVE), COMPILING, "开始修订", "taken up for a revision", "authority of the district",
            "reason",
        ),
        Step(
            "withdrawn", (COMPILING, CONSULTED, FILED, EFFECTIVE), WITHDRAWN, "撤销", "withdrawn",
            "authority of the district", "reason",
        ),
    ),
)  # fmt: skip
