"""Until when catalogue tasks are done, by the city's rules; a house rule where they say nothing, shown as one."""

from __future__ import annotations

from catalog.tasks.model import TaskRules
from catalog.tasks.states import TaskKind
from policy.cited import Silence
from policy.periods import Period
from policy.profile import Profile, cited_as

HOUSE = Period.parse("5wd")
FIRST_DELIVERY = Period.parse("20wd")
"""Until data come for the first time: a system is connected, or a file drawn up (house)."""
_WHY = {
    TaskKind.DRIFT: "目录须随变化及时更新，规则未定天数",
    TaskKind.NEAR_DUPLICATE: "规则未定核定期限",
    TaskKind.DEMAND: "规则未定补充列入目录的期限",
    TaskKind.LEGAL_CHANGE: "法律、法规变化后须调整目录，规则未定天数",
    TaskKind.STEWARD_MISSING: "规则未定登记期限",
    TaskKind.GATHERING: "发布后须向目标平台汇聚，规则未定天数",
}


def task_rules(profile: Profile, version: str) -> TaskRules:
    """The rules of tasks under a city's profile.

    Args:
        profile: of the city.
        version: its name, as cases keep it.
    """
    demand = profile.sharing.uncatalogued_demand
    added = None
    if not isinstance(demand, Silence) and demand.article is not None:
        added = f"{profile.title_zh}{cited_as(demand.article)}"
    periods = {kind: FIRST_DELIVERY if kind is TaskKind.GATHERING else HOUSE for kind in _WHY}
    within = {
        kind: (periods[kind], f"{profile.title_zh}自定规则：{why}，按{periods[kind].zh}") for kind, why in _WHY.items()
    }
    if added is not None:
        within[TaskKind.DEMAND] = (HOUSE, f"{added}须补充列入目录，未定天数；自定规则按{HOUSE.zh}")
    return TaskRules(version, within, added)
