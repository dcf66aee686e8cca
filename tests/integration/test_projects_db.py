"""Projects under the rules of each city: what bars which decision, what passes it, and what the statement says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from project_office import (
    BUREAU,
    CENTRE,
    CITIES,
    DRAFT,
    EAST,
    EAST_MZ,
    GA,
    MZ,
    NOT_SHARED,
    NOW,
    PUBLISHED,
    SUBMITTED,
    Office,
    city_of,
    delivered,
    resource,
)  # fmt: skip

from catalog.cases import store
from catalog.projects.model import NamedAsset, Project
from catalog.projects.states import PROJECT
from ground.errors import Conflict, Forbidden, NotFound, UserError
from policy.cited import Silence
from policy.clock import legal_date


@pytest.fixture
def office(operational) -> Callable[..., Office]:
    return lambda rules, **more: Office(operational, rules, **more)


@dataclass
class Run:
    """One project on its way, by its department and its authority."""

    office: Office
    id: str = ""

    def __post_init__(self) -> None:
        self.id = self.office.projects.register("人口平台二期", "ga", 2027, "建设方案", GA, NOW).case.id

    def state(self) -> str:
        return self.office.projects.show(self.id, GA, NOW).project.case.state

    def link(self, *entries: str, assets: tuple[NamedAsset, ...] = ()) -> Project:
        return self.office.projects.link(self.id, GA, NOW, entries=entries, assets=assets)

    def agree(self) -> Project:
        return self.office.projects.give_opinion(self.id, True, BUREAU, NOW)

    def approve(self) -> Project:
        return self.office.projects.approve(self.id, "发改〔2026〕1号", BUREAU, NOW)

    def build(self) -> None:
        self.office.projects.start(self.id, GA, NOW)
        self.office.projects.ask_acceptance(self.id, GA, NOW)

    def accept(self) -> Project:
        return self.office.projects.accept(self.id, "验收〔2027〕1号", BUREAU, NOW)

    def fund(self) -> Project:
        return self.office.projects.grant_funds(self.id, 2028, BUREAU, NOW)

    def lacks(self, gate: str) -> set[str]:
        """Demands of a gate that do not hold."""
        return {
            one.demand for one in self.office.projects.show(self.id, GA, NOW).checks if one.gate == gate and not one.ok
        }


# --- the gates of each city ---------------------------------------------------------------------------------------


@pytest.mark.duty("R-044")
def test_wuhan_approves_nothing_without_a_catalogue_and_accepts_nothing_that_is_not_shared(office) -> None:
    desk = office("wuhan")
    run = Run(desk)
    with pytest.raises(Conflict, match=r"第34条.*不得审批立项"):
        run.approve()
    desk.entry(resource("e1"), *DRAFT)
    run.link("e1")
    assert run.approve().case.state == "approved"
    run.build()
    with pytest.raises(Conflict, match=r"不得项目验收.*草稿"):
        run.accept()
    desk.entry(resource("e1"), *PUBLISHED[1:])
    assert run.lacks("acceptance") == {"sharing"}
    with pytest.raises(Conflict, match="尚无送达"):
        run.accept()
    desk.came["e1"] = delivered(late=True)  # Wuhan 34 asks for sharing; the cycle is not its gate
    assert run.accept().case.state == "accepted"
    assert run.fund().case.state == "accepted"  # no gate on funds in Wuhan


def test_wuhan_knows_no_opinion(office) -> None:
    run = Run(office("wuhan"))
    for agreed in (True, False):
        with pytest.raises(Conflict, match="未规定项目审核意见"):
            run.office.projects.give_opinion(run.id, agreed, BUREAU, NOW, reason="试")


def test_what_may_not_be_shared_is_no_obstacle(office) -> None:
    desk = office("wuhan")
    run = Run(desk)
    desk.entry(resource("e1", sharing=NOT_SHARED, opening=NOT_SHARED), *PUBLISHED)
    run.link("e1")
    run.approve()
    run.build()
    assert run.accept().case.state == "accepted"


def test_lianyungang_has_no_gate(office) -> None:
    run = Run(office("lianyungang"))
    assert run.approve().case.state == "approved"
    run.build()
    assert run.accept().case.state == "accepted"
    assert run.fund().case.state == "accepted"
    made = run.office.projects.issue(run.id, GA, NOW)
    assert (made.complied, list(made.checks)) == (None, [])
    assert "未对信息化项目规定数据关口" in made.as_html()


@pytest.mark.duty("R-048", "R-049")
def test_longyan_names_assets_at_design_and_accepts_when_they_are_registered_gathered_and_shared(office) -> None:
    desk = office("longyan")
    run = Run(desk)
    with pytest.raises(Conflict, match=r"阶段明确数据资产.*自定规则"):
        run.approve()
    run.link(assets=(NamedAsset("人口标签"),))
    run.approve()  # the catalogue is no gate of approval in Longyan
    run.build()
    assert run.lacks("acceptance") >= {"registration"}
    with pytest.raises(Conflict, match="不得项目验收"):
        run.accept()
    run.office.projects.refuse_acceptance(run.id, "资产未登记", BUREAU, NOW)
    desk.entry(resource("e1"), *PUBLISHED)
    run.link(assets=(NamedAsset("人口标签", "e1"),))
    run.office.projects.ask_acceptance(run.id, GA, NOW)
    assert run.lacks("acceptance") == {"gathering", "sharing"}
    desk.came["e1"] = delivered(late=True)
    assert run.lacks("acceptance") == {"gathering"}
    desk.came["e1"] = delivered(excused="龙数备〔2026〕3号")
    assert run.accept().case.state == "accepted"


@pytest.mark.duty("R-048")
def test_longyan_grants_no_funds_of_operation_to_what_stopped_gathering(office) -> None:
    desk = office("longyan")
    desk.entry(resource("e1"), *PUBLISHED)
    desk.came["e1"] = delivered()
    run = Run(desk)
    run.link(assets=(NamedAsset("人口标签", "e1"),))
    run.approve()
    run.build()
    run.accept()
    assert run.fund().case.facts["acceptance"] == "验收〔2027〕1号"
    desk.came["e1"] = delivered(late=True)
    with pytest.raises(Conflict, match="不得安排运维经费"):
        run.fund()
    made = run.office.projects.issue(run.id, BUREAU, NOW)
    assert made.complied is False
    assert "不予安排运行维护经费" in made.conclusion[0]
    assert desk.projects.refuse_funds(run.id, 2028, "未按更新周期汇聚", BUREAU, NOW).case.state == "accepted"


def test_chifeng_gives_money_for_what_was_given_to_the_authority(office) -> None:
    desk = office("chifeng")
    desk.entry(resource("e1"), *DRAFT)
    run = Run(desk)
    run.link("e1")
    with pytest.raises(Conflict, match=r"不得安排建设投资.*已向主管部门提交"):
        run.approve()
    desk.entry(resource("e1"), "submitted")
    run.approve()
    run.build()
    assert run.lacks("acceptance") == {"catalogue", "gathering"}
    desk.entry(resource("e1"), "reviewed", "published")
    desk.came["e1"] = delivered(late=True)
    assert run.lacks("acceptance") == {"gathering"}
    desk.came["e1"] = delivered()
    run.accept()
    desk.came["e1"] = delivered(late=True)
    with pytest.raises(Conflict, match="不得安排运维经费"):
        run.fund()


@pytest.mark.duty("R-047")
def test_haishu_approves_on_the_opinion_and_accepts_what_is_catalogued_gathered_and_shared(office) -> None:
    desk = office("haishu")
    run = Run(desk)
    with pytest.raises(Conflict, match=r"第9条.*尚无同意的审核意见"):
        run.approve()
    with pytest.raises(Conflict, match="建设方案已列明所涉数据目录"):
        run.agree()
    desk.projects.give_opinion(run.id, False, BUREAU, NOW, reason="方案未列数据目录")
    assert run.state() == "opinion_refused"
    desk.projects.revise(run.id, "建设方案（含数据目录）", GA, NOW)
    desk.entry(resource("e1"), *DRAFT)
    run.link("e1")
    run.agree()
    run.approve()
    run.build()
    assert run.lacks("acceptance") == {"catalogue", "gathering", "sharing"}
    desk.entry(resource("e1"), *PUBLISHED[1:])
    assert run.lacks("acceptance") == {"gathering", "sharing"}
    desk.came["e1"] = delivered(late=True)
    assert run.lacks("acceptance") == {"gathering"}
    with pytest.raises(Conflict, match="已逾更新周期"):
        run.accept()
    desk.came["e1"] = delivered()
    assert run.accept().case.state == "accepted"
    assert desk.projects.operate(run.id, GA, NOW).case.state == "operating"


@pytest.mark.parametrize("city", CITIES)
def test_an_entry_that_was_withdrawn_again_passes_no_gate(office, city: str) -> None:
    desk = office(city)
    desk.came["e1"] = delivered()
    desk.entry(resource("e1"), *PUBLISHED)
    run = Run(desk)
    run.link("e1", assets=(NamedAsset("人口标签", "e1"),))
    before = desk.projects.show(run.id, GA, NOW).passed
    desk.entry(resource("e1"), "withdrawal_requested", "withdrawn")
    after = desk.projects.show(run.id, GA, NOW).passed
    assert all(before.values())
    assert not any(after.values())
    assert set(before) == set(after) == set(_gates(desk))


def _gates(desk: Office) -> list[str]:
    said = desk.profile.projects.gate
    return [] if isinstance(said, Silence) else list(said.value)


def test_what_is_declared_in_documents_counts_as_published(office) -> None:
    desk = office("haishu", city=city_of(resource("ga_household")))
    run = Run(desk)
    run.link("ga_household")
    run.agree()
    assert desk.projects.show(run.id, GA, NOW).entries["ga_household"].published


@pytest.mark.parametrize("city", CITIES)
def test_somebody_elses_entry_passes_no_gate(office, city: str) -> None:
    """Published, gathered, in time and registered: and yet it is civil affairs' entry, not that of the police's project."""
    desk = office(city)
    desk.entry(resource("mz_thing", "mz"), *PUBLISHED)
    desk.came["mz_thing"] = delivered()
    run = Run(desk)
    run.link("mz_thing", assets=(NamedAsset("救助标签", "mz_thing"),))
    seen = desk.projects.show(run.id, GA, NOW)
    assert list(seen.entries) == ["mz_thing"], "it is linked all the same"
    assert not any(seen.passed.values())
    for gate in seen.passed:
        lacking = [one for one in seen.checks if one.gate == gate and not one.ok]
        assert "不计入：mz_thing（mz）" in lacking[0].evidence_zh and "do not count" in lacking[0].evidence_en
    said = set(seen.passed)
    if "project_opinion" in said:
        with pytest.raises(Conflict, match="不计入"):
            run.agree()
    if said & {"approval", "investment"}:
        with pytest.raises(Conflict, match=r"不计入|尚无同意的审核意见"):
            run.approve()

    desk.entry(resource("e1"), *PUBLISHED)
    desk.came["e1"] = delivered()
    run.link("e1", assets=(NamedAsset("救助标签", "e1"),))
    seen = desk.projects.show(run.id, GA, NOW)
    assert all(seen.passed.values()), "its own does, and the other one is no obstacle"
    assert not seen.checks or "另使用其他单位条目 1 条" in seen.checks[0].evidence_zh


@pytest.mark.duty("R-049")
def test_an_asset_registered_under_somebody_elses_entry_is_not_registered(office) -> None:
    desk = office("longyan")
    for name, department in (("e1", "ga"), ("mz_thing", "mz")):
        desk.entry(resource(name, department), *PUBLISHED)
        desk.came[name] = delivered()
    run = Run(desk)
    run.link("e1", assets=(NamedAsset("救助标签", "mz_thing"),))
    run.approve()
    run.build()
    with pytest.raises(Conflict, match="mz_thing 为 mz 的条目，不计入"):
        run.accept()


def test_entries_of_a_unit_managed_vertically_count_for_who_compiles_them(office) -> None:
    desk = office("wuhan")
    desk.entry(resource("branch", "east_ga"), *DRAFT)
    run = Run(desk)
    run.link("branch")
    assert run.approve().case.state == "approved"


def test_an_entry_whose_department_is_gone_counts_for_nobody(office) -> None:
    desk = office("wuhan")
    desk.entry(resource("orphan", "dissolved"), *DRAFT)
    run = Run(desk)
    run.link("orphan")
    with pytest.raises(Conflict, match=r"不计入：orphan（dissolved）"):
        run.approve()


# --- linking, deciding, seeing -----------------------------------------------------------------------------------


def test_an_entry_that_nobody_drafted_cannot_be_linked(office) -> None:
    desk = office("haishu")
    desk.entry(resource("e1"), *DRAFT)
    run = Run(desk)
    with pytest.raises(UserError, match=r"nothing_there.*请先编制草稿"):
        run.link("e1", "nothing_there")
    assert desk.projects.show(run.id, GA, NOW).project.entries == ()
    with pytest.raises(UserError, match="请写明目录条目"):
        run.link()


def test_links_add_up_and_an_asset_keeps_its_entry(office) -> None:
    desk = office("longyan")
    for name in ("e1", "e2"):
        desk.entry(resource(name), *SUBMITTED)
    run = Run(desk)
    run.link("e1", assets=(NamedAsset("甲"), NamedAsset("乙", "e2")))
    again = run.link("e1", assets=(NamedAsset("甲", "e1"), NamedAsset("乙")))
    assert again.entries == ("e1", "e2")
    assert again.assets == (NamedAsset("甲", "e1"), NamedAsset("乙", "e2"))


@pytest.mark.parametrize(
    ("year", "plan", "department", "said"),
    [(26, "方案", "ga", "预算年度"), (2027, " ", "ga", "建设方案"), (2027, "方案", "gb", "没有名为 gb 的部门")],
)
def test_a_project_that_says_nothing_is_refused(office, year: int, plan: str, department: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        office("haishu").projects.register("平台", department, year, plan, GA, NOW)


def test_a_refusal_states_its_reason_and_a_decision_its_document(office) -> None:
    desk = office("wuhan")
    run = Run(desk)
    for wrong in (
        lambda: desk.projects.refuse_approval(run.id, " ", BUREAU, NOW),
        lambda: desk.projects.withdraw(run.id, "", GA, NOW),
        lambda: desk.projects.approve(run.id, "", BUREAU, NOW),
    ):
        with pytest.raises(UserError):
            wrong()
    assert desk.projects.refuse_approval(run.id, "与在建项目重复", BUREAU, NOW).case.state == "not_approved"


def test_a_district_decides_on_its_own_projects_and_others_do_not_see_them(office) -> None:
    desk = office("wuhan")
    desk.entry(resource("d1", "east_mz"), *DRAFT)
    one = desk.projects.register("区民政平台", "east_mz", 2027, "方案", EAST_MZ, NOW)
    other = Run(desk)
    desk.projects.link(one.case.id, EAST_MZ, NOW, entries=["d1"])
    assert desk.projects.approve(one.case.id, "东发改〔2026〕1号", EAST, NOW).case.state == "approved"
    for person in (MZ, GA):
        with pytest.raises(NotFound):
            desk.projects.show(one.case.id, person, NOW)
    with pytest.raises(NotFound):
        desk.projects.approve(other.id, "东发改〔2026〕2号", EAST, NOW)
    with pytest.raises(Forbidden):
        desk.projects.start(one.case.id, CENTRE, NOW)
    assert [p.case.id for p in desk.projects.listed(EAST)] == [one.case.id]
    assert [p.case.id for p in desk.projects.listed(GA)] == [other.id]
    assert len(desk.projects.listed(BUREAU)) == len(desk.projects.listed(CENTRE)) == 2


# --- the statement -----------------------------------------------------------------------------------------------


@pytest.mark.duty("R-047", "R-048")
@pytest.mark.parametrize("city", ["wuhan", "longyan", "chifeng", "haishu"])
def test_the_statement_says_what_lacks_and_later_that_nothing_does(office, city: str) -> None:
    desk = office(city)
    desk.entry(resource("e1", title="户籍<登记>"), *PUBLISHED)
    run = Run(desk)
    run.link("e1", assets=(NamedAsset("人口标签", "e1"),))

    lacking = desk.projects.issue(run.id, GA, NOW)
    desk.came["e1"] = delivered()
    complied = desk.projects.issue(run.id, BUREAU, NOW)

    assert (lacking.complied, complied.complied) == (False, True)
    assert "不得通过验收" in lacking.conclusion[0]
    assert (lacking.number, complied.number) == (f"{run.id}-S1", f"{run.id}-S2")
    profile = desk.profile
    page = complied.as_html()
    for said in (
        profile.named_zh(legal_date(NOW)),
        profile.instrument.number,
        desk.city.digest,
        complied.digest,
        "户籍&lt;登记&gt;",
    ):
        assert said in page
    with desk.database.begin() as connection:
        trail = [one for one in store.events(connection, PROJECT.kind, run.id) if one.event == "stated"]
    assert [one.facts["digest"] for one in trail] == [lacking.digest, complied.digest]
    assert [one.facts["complied"] for one in trail] == [False, True]
    assert json.loads(json.dumps(complied.as_json()))["checks"][0]["article"] == complied.checks[0].article


def test_a_statement_that_was_altered_has_another_digest(office) -> None:
    desk = office("longyan")
    made = desk.projects.issue(Run(desk).id, GA, NOW)
    content = made.content()
    assert made.as_json() == {**content, "digest": made.digest}
    assert replace(made, checks=made.checks[1:]).digest != made.digest


def test_a_project_keeps_the_rules_of_the_day_it_was_registered(office) -> None:
    run = Run(office("wuhan"))
    moved = Office(run.office.database, "haishu")  # the home goes over to another city's rules
    seen = moved.projects.show(run.id, GA, NOW)
    assert seen.project.case.profile.startswith("wuhan@")
    assert set(seen.passed) == {"approval", "acceptance"}
