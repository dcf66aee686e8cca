"""What a gate asks of a project, and how it stands: computed from the platform's state, never ticked by hand.

Which gates a city has and what they rest on is its profile's section ``projects``; what each demand means is here:

==============  =================================================  ==============================================
demand          before it is built (opinion, approval, money)      when it is done (acceptance, funds of operation)
==============  =================================================  ==============================================
catalogue       entries are linked and compiled; where money is    every linked entry is published
                decided, given to the authority (Chifeng: 提供)
sharing         –                                                  published, and on the platform unless not shared
gathering       –                                                  delivered, and in its update cycle
registration    data assets are named (Longyan 28)                 every asset named is a published entry
==============  =================================================  ==============================================

Haishu 11 and Wuhan 34 ask for the catalogue in the plan, so a gate before construction always asks for it.

Only entries of the project's own department count, or of the part of the catalogue that the same unit compiles (Wuhan 10): what
a project asks of others it uses, and does not provide. Such an entry is named beside the count and passes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.cases.machine import Words
from catalog.gathered import NOTHING, Gathered
from catalog.projects.entries import LinkedEntry
from catalog.projects.model import Project
from policy.cited import Silence
from policy.profile import Profile, Projects, cited_as

Gate = Literal["project_opinion", "approval", "investment", "acceptance", "operation_funds"]
Demand = Literal["catalogue", "sharing", "gathering", "registration"]

GATE_WORDS: dict[Gate, Words] = {
    "project_opinion": ("出具审核意见", "opinion of the authority"),
    "approval": ("审批立项", "approval"),
    "investment": ("安排建设投资", "money for construction"),
    "acceptance": ("项目验收", "acceptance"),
    "operation_funds": ("安排运维经费", "funds of operation"),
}
"""Gate -> its words; in the order of a project's life."""
BEFORE: frozenset[Gate] = frozenset({"project_opinion", "approval", "investment"})
"""Gates that are passed before anything is built."""


SHOWN = 8
"""Entries of others that are named; the statement is a page, no list."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold.

    Attributes:
        gate: at which decision.
        demand: of which kind.
        zh, en: what must hold.
        ok: whether it does.
        evidence_zh, evidence_en: by what it is seen.
        article: city and article that ask for it, as they are cited.
    """

    gate: Gate
    demand: Demand
    zh: str
    en: str
    ok: bool
    evidence_zh: str
    evidence_en: str
    article: str


@dataclass(frozen=True, slots=True)
class State:
    """What the platform knows now.

    Attributes:
        entries: the linked entries by id.
        gathered: the data behind published ones by id.
        own: ids of those that count, since they are of the project's part of the catalogue.
    """

    entries: Mapping[str, LinkedEntry]
    gathered: Mapping[str, Gathered]
    own: frozenset[str]

    def counting(self, project: Project) -> list[LinkedEntry]:
        """The linked entries that count toward the gates, in the order of naming."""
        return [self.entries[name] for name in project.entries if name in self.own]

    def used(self, project: Project) -> list[LinkedEntry]:
        """The linked entries of others, in the order of naming."""
        return [self.entries[name] for name in project.entries if name not in self.own]


def gates(rules: Projects) -> tuple[Gate, ...]:
    """The gates of a city, in the order of a project's life; none where it says nothing of them."""
    if isinstance(rules.gate, Silence):
        return ()
    return tuple(one for one in GATE_WORDS if one in rules.gate.value)


def demands(rules: Projects) -> tuple[Demand, ...]:
    """What the gates of a city rest on; nothing where it says nothing of it."""
    return () if isinstance(rules.gate_rests_on, Silence) else tuple(rules.gate_rests_on.value)


def checklist(project: Project, state: State, profile: Profile) -> list[Check]:
    """Every check of every gate that the city has, in the order of a project's life."""
    return [check for gate in gates(profile.projects) for check in checks_of(gate, project, state, profile)]


def checks_of(gate: Gate, project: Project, state: State, profile: Profile) -> list[Check]:
    """The checks of one gate; none where the city does not have it."""
    if gate not in gates(profile.projects):
        return []
    article = _article(profile)
    if gate in BEFORE:
        return list(_before(gate, project, state, article))
    return list(_after(gate, project, state, demands(profile.projects), article))


def naming_of_assets(project: Project, profile: Profile) -> Check | None:
    """That data assets are named at feasibility and design (Longyan 28); None where no registration is asked for."""
    if "registration" not in demands(profile.projects):
        return None
    named = len(project.assets)
    return Check(
        "approval", "registration", "可行性研究暨初步设计已明确数据资产", "data assets are named at feasibility and design",
        named > 0, f"已列数据资产 {named} 项", f"{named} data assets named", _article(profile),
    )  # fmt: skip


def _before(gate: Gate, project: Project, state: State, article: str) -> Iterator[Check]:
    entries = state.counting(project)
    zh, en = ("建设方案已列明所涉数据目录", "the plan lists the catalogue entries of its data")
    yield Check(
        gate, "catalogue", zh, en, bool(entries),
        *_linked(entries, state.used(project)), article,
    )  # fmt: skip
    submitted = gate == "investment"
    for one in entries:
        ok = one.submitted if submitted else one.compiled
        word = ("已向主管部门提交", "was given to the authority") if submitted else ("已编制", "is compiled")
        yield Check(
            gate, "catalogue", f"条目“{one.title}”{word[0]}", f"entry '{one.title}' {word[1]}", ok,
            f"{one.id}：{_stands(one)[0]}", f"{one.id}: {_stands(one)[1]}", article,
        )  # fmt: skip


def _after(gate: Gate, project: Project, state: State, asked: tuple[Demand, ...], article: str) -> Iterator[Check]:
    entries = state.counting(project)
    yield Check(
        gate, asked[0] if asked else "catalogue", "项目已关联目录条目", "the project is linked to entries", bool(entries),
        *_linked(entries, state.used(project)), article,
    )  # fmt: skip
    for one in entries:
        data = state.gathered.get(one.id, NOTHING)
        for demand in asked:
            check = _of_entry(gate, demand, one, data, article)
            if check is not None:
                yield check
    if "registration" in asked:
        yield from _assets(gate, project, state, article)


def _of_entry(gate: Gate, demand: Demand, one: LinkedEntry, data: Gathered, article: str) -> Check | None:
    if demand == "catalogue":
        return Check(
            gate, demand, f"条目“{one.title}”已发布", f"entry '{one.title}' is published", one.published,
            f"{one.id}：{_stands(one)[0]}", f"{one.id}: {_stands(one)[1]}", article,
        )  # fmt: skip
    came_zh, came_en = _came(data)
    if demand == "gathering":
        return Check(
            gate, demand, f"“{one.title}”的数据已归集并按更新周期更新",
            f"the data of '{one.title}' are gathered and in their update cycle",
            data.deliveries > 0 and not data.late, f"{one.id}：{came_zh}", f"{one.id}: {came_en}", article,
        )  # fmt: skip
    if demand == "sharing":
        held_back = one.resource is not None and one.resource.sharing.class_ == "not"
        if held_back:
            came_zh, came_en = "依法不予共享，已注明依据", "not shared, on a stated legal basis"
        return Check(
            gate, demand, f"“{one.title}”已按共享属性在平台提供", f"'{one.title}' can be had on the platform as its class says",
            one.published and (held_back or data.deliveries > 0),
            f"{one.id}：{_stands(one)[0]}，{came_zh}", f"{one.id}: {_stands(one)[1]}, {came_en}", article,
        )  # fmt: skip
    return None


def _assets(gate: Gate, project: Project, state: State, article: str) -> Iterator[Check]:
    named = project.assets
    yield Check(
        gate, "registration", "项目已明确数据资产", "the project names its data assets", bool(named),
        f"已列数据资产 {len(named)} 项", f"{len(named)} data assets named", article,
    )  # fmt: skip
    for asset in named:
        entry = state.entries.get(asset.entry) if asset.entry is not None else None
        own = entry is not None and entry.id in state.own
        said = _stands(entry) if entry is not None else ("尚未对应目录条目", "no entry yet")
        if entry is not None and not own:
            said = (
                f"{entry.id} 为 {entry.department} 的条目，不计入",
                f"{entry.id} is an entry of {entry.department}: no count",
            )
        yield Check(
            gate, "registration", f"数据资产“{asset.name}”已登记", f"data asset '{asset.name}' is registered",
            entry is not None and own and entry.published, said[0], said[1], article,
        )  # fmt: skip


def _linked(own: Sequence[LinkedEntry], used: Sequence[LinkedEntry]) -> Words:
    """How many entries count; and those of others, which do not."""
    zh, en = f"已关联本单位条目 {len(own)} 条", f"{len(own)} entries of its own linked"
    if not used:
        return zh, en
    more = len(used) - SHOWN
    others = [f"{one.id}（{one.department}）" for one in used[:SHOWN]]
    others_en = [f"{one.id} ({one.department})" for one in used[:SHOWN]]
    return (
        f"{zh}；另使用其他单位条目 {len(used)} 条，不计入：{'、'.join(others)}{' 等' if more > 0 else ''}",
        f"{en}; {len(used)} of other units are used and do not count: {', '.join(others_en)}{' …' if more > 0 else ''}",
    )


def _stands(one: LinkedEntry) -> Words:
    if one.published:
        return "已发布", "published"
    if one.submitted:
        return "已提交，未发布", "submitted, not published"
    if one.compiled:
        return "草稿", "draft"
    return "没有此条目或已撤销", "no such entry, or withdrawn"


def _came(data: Gathered) -> Words:
    if data.last is None:
        return "尚无送达", "never delivered"
    zh, en = (
        f"送达 {data.deliveries} 次，末次 {data.last:%Y-%m-%d}",
        f"{data.deliveries} deliveries, last {data.last:%Y-%m-%d}",
    )
    if data.excused is not None:
        return f"{zh}，例外备案 {data.excused}", f"{en}, exception {data.excused}"
    if data.late:
        return f"{zh}，已逾更新周期（应于 {data.due} 前）", f"{en}, late (was due {data.due})"
    return zh, en


def _article(profile: Profile) -> str:
    """The articles that gates rest on, each once: ``海曙区第9、11条``."""
    said: list[str] = []
    for one in (profile.projects.gate, profile.projects.gate_rests_on):
        if isinstance(one, Silence):
            continue
        if one.article is None:
            return f"{profile.title_zh}自定规则"
        said += [part.strip() for part in one.article.split(",")]
    return f"{profile.title_zh}{cited_as(','.join(dict.fromkeys(said)))}"
