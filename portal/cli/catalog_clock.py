"""``catalog remind``: what the day brings to the cases of the catalogue."""

from __future__ import annotations

from catalog.machines import MACHINES
from hub.case_clock import tick
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

_WORDS = {
    "reminded": "催办 reminded",
    "overdue": "逾期 overdue",
    "overrides_ended": "临时调整到期 temporary class ended",
    "terms_ended": "共享期限届满 share term ended",
    "exceptions_ended": "例外备案到期 exception ended",
    "purchases_shared": "购买的数据已共享 purchase shared",
    "gathering_opened": "待汇聚 to be gathered",
    "gathering_settled": "汇聚任务了结 gathered",
}


def remind(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """目录办件到期提醒、记逾期，结束到期的临时调整 Remind and note what is overdue; end what held for a time only. Nothing is approved by silence."""
    when = moment(now)
    with opened(home) as hub:
        done = tick(hub, when)
    if json:
        output.as_json(done)
        return
    rows = [
        (
            _WORDS[name],
            MACHINES[one.kind].title[0],
            one.id,
            one.title,
            one.department,
            one.limit.due if one.limit else "",
        )
        for name in _WORDS
        for one in getattr(done, name)
    ]
    output.table(
        "目录办件 cases of the catalogue",
        ["事项 what", "类别 kind", "编号 id", "名称 title", "部门 department", "截止 due"],
        rows,
    )


def register(app: Noun) -> None:
    """Add this command to ``catalog``."""
    app.command()(remind)
