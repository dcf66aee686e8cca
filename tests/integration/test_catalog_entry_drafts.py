"""Drafts of entries: who may, all or none, what a submission must state, and what is never registered."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from entry_desk import BUREAU, CENTRE, EAST_GA, GA, MZ, NOW, WATER, make_desk, resource

from catalog.cases import store
from catalog.entries.desk import Passed
from catalog.entries.states import REFUSAL
from catalog.norms import Norm, Norms
from ground.errors import Conflict, Forbidden, NotFound, UserError


@pytest.fixture
def desk(operational, tmp_path):
    return make_desk(operational, tmp_path)


def test_a_draft_is_kept_as_it_was_written_under_the_rules_of_its_day(desk):
    case = desk.service.draft(resource(storage_format=None), GA, NOW)
    assert (case.state, case.title, case.profile) == ("drafted", "户籍登记", "wuhan@2021-11-15")
    assert "storage_format" not in case.facts["draft"]
    again = desk.service.draft(resource(title="户籍人口"), GA, NOW)
    assert (again.title, again.events, desk.events()) == ("户籍人口", 2, ["drafted", "redrafted"])


def test_five_thousand_drafts_are_one_transaction(desk):
    documents = [resource(f"ga_{n:05d}") for n in range(5000)]
    seen = []
    sa.event.listen(desk.database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert desk.service.draft_many(documents, GA, NOW, origin="目录.xlsx") == [one.id for one in documents]
    assert len(seen) < 60
    assert desk.trail("ga_04999")[0].facts == {"origin": "目录.xlsx"}


def test_one_wrong_draft_of_many_and_nothing_is_kept(desk):
    desk.service.draft(resource("ga_one"), GA, NOW)
    desk.service.submit(["ga_one"], GA, NOW)
    with pytest.raises(Conflict, match="ga_one"):
        desk.service.draft_many([resource("ga_two"), resource("ga_one")], GA, NOW)
    with pytest.raises(Forbidden):
        desk.service.draft_many([resource("ga_two"), resource("mz_one", department="mz")], GA, NOW)
    with pytest.raises(Conflict, match="ga_two"):
        desk.service.draft_many([resource("ga_two"), resource("ga_two")], GA, NOW)
    with pytest.raises(UserError, match="没有名为 gaa 的部门"):
        desk.service.draft_many([resource("ga_two"), resource("ga_three", department="gaa")], GA, NOW)
    with pytest.raises(NotFound):
        desk.case("ga_two")


@pytest.mark.duty("R-007")
@pytest.mark.parametrize("person", [MZ, BUREAU, CENTRE])
def test_nobody_drafts_for_another_department(desk, person):
    with pytest.raises(Forbidden, match="市公安局"):
        desk.service.draft(resource(), person, NOW)


@pytest.mark.duty("R-024")
def test_the_city_department_compiles_for_the_units_it_manages(desk):
    below = resource("east_household", department="east_ga")
    with pytest.raises(Forbidden, match=r"市公安局（ga）（实行垂直管理的单位由其上级编制目录，武汉第10条）"):
        desk.service.draft(below, EAST_GA, NOW)
    assert desk.service.draft(below, GA, NOW).department == "east_ga"


@pytest.mark.duty("R-001")
def test_what_says_it_is_secret_is_refused_and_the_refusal_kept_without_its_content(desk):
    said = {"id": "ga_secret_operation", "title": "某专项行动", "secret": True}
    with pytest.raises(UserError, match="R-20261125-0001"):
        desk.service.refuse_secret([{"id": "x", "secret": False}, said, {**said, "secret": "是"}], GA, NOW)
    desk.service.refuse_secret([{"id": "x"}, {"id": "y", "secret": False}], GA, NOW)
    with desk.database.begin() as connection:
        (case,) = store.listed(connection, kind=REFUSAL.kind)
        (event,) = store.events(connection, REFUSAL.kind, case.id)
        row = connection.execute(sa.text("SELECT * FROM catalogue_event")).mappings().one()
    assert event.facts == {"entries": 2}
    assert (case.department, event.by) == ("ga", GA)
    assert "secret_operation" not in str(dict(row))
    assert "专项" not in str(dict(row))


@pytest.mark.parameter("catalogue.required_fields")
@pytest.mark.duty("R-036")
@pytest.mark.parametrize("city", ["haishu", "wuhan", "longyan", "lianyungang", "chifeng"])
def test_a_submission_lists_every_field_that_the_city_asks_for_and_that_lacks(operational, tmp_path, city):
    desk = make_desk(operational, tmp_path, city)
    bare = {"storage_format": None, "share_until": None, "category": None, "code": None, "abstract": None}
    sharing = {"class": "conditional", "reason": "含个人信息", "legal_basis": "个人信息保护法第三十四条"}
    desk.service.draft_many([resource(**bare, sharing=sharing), resource("ga_b", provision_mode=None)], GA, NOW)
    with pytest.raises(UserError) as told:
        desk.service.submit(["ga_household", "ga_b"], GA, NOW)
    first, second = [one for one in told.value.zh.splitlines() if "缺少" in one]
    nine = {"存储格式", "共享期限"}
    assert {word for word in {*nine, "提供方式", "共享条件", "数据分级"} if word in first} == (
        nine | {"共享条件"} if city == "chifeng" else nine
    )
    assert "提供方式" in second
    assert ("海曙区第10条" in first) == (city == "haishu")
    assert desk.case().state == "drafted"


@pytest.mark.duty("R-022", "R-026")
def test_a_norm_of_the_city_asks_for_more_and_of_some_units_for_less(operational, tmp_path):
    own = Norm.model_validate(
        {
            "id": "own", "number": "WH", "title": "武汉市公共数据资源目录编制规范", "kind": "city",
            "compilation": {
                "fields": ["title", "grade"], "by_kind": {"public_enterprise": ["title"]},
                "where_conditional": ["sharing.condition"],
            },
        }
    )  # fmt: skip
    desk = make_desk(operational, tmp_path, norms=Norms.standard([own]))
    sharing = {"class": "conditional", "reason": "含个人信息", "legal_basis": "个人信息保护法第三十四条"}
    desk.service.draft(resource(sharing=sharing), GA, NOW)
    with pytest.raises(
        UserError, match=r"数据分级（grade）、共享条件（sharing.condition）。依据：武汉市公共数据资源目录编制规范"
    ):
        desk.service.submit(["ga_household"], GA, NOW)
    desk.service.draft(resource("water_pipe", department="water"), WATER, NOW)
    assert desk.service.submit(["water_pipe"], WATER, NOW)[0].state == "submitted"


@pytest.mark.parametrize(
    ("term", "accepted"), [("长期", True), ("2026-11-25", True), ("2026-11-24", False), ("三年", False)]
)
def test_a_share_term_is_a_day_to_come_or_without_end(desk, term, accepted):
    desk.service.draft(resource(share_until=term), GA, NOW)
    if accepted:
        assert desk.service.submit(["ga_household"], GA, NOW)[0].state == "submitted"
    else:
        with pytest.raises(UserError, match="共享期限"):
            desk.service.submit(["ga_household"], GA, NOW)


def test_what_the_gate_bars_is_not_submitted_and_what_it_found_goes_to_the_authority(operational, tmp_path):
    class Told:
        zh, en = "公民身份号码已有来源", "has a source"

    asked = []

    def gate(candidates, under_review):
        asked.append(([one.id for one in candidates], [one.id for one in under_review]))
        return [Passed((Told,), ()) if one.id == "ga_b" else Passed((), (Told,)) for one in candidates]

    desk = make_desk(operational, tmp_path, gate=gate)
    desk.service.draft_many([resource("ga_a"), resource("ga_b"), resource("ga_c")], GA, NOW)
    with pytest.raises(UserError, match=r"ga_b：公民身份号码已有来源\n(.|\n)*ga_b: has a source"):
        desk.service.submit(["ga_a", "ga_b"], GA, NOW)
    assert desk.case("ga_a").state == "drafted"
    desk.service.submit(["ga_a"], GA, NOW)
    assert desk.case("ga_a").facts["findings"] == [{"zh": "公民身份号码已有来源", "en": "has a source"}]
    desk.service.submit(["ga_c"], GA, NOW)
    assert asked[-1] == (["ga_c"], ["ga_a"])


@pytest.mark.parametrize(
    ("city", "asks"), [("lianyungang", True), ("longyan", True), ("wuhan", False), ("haishu", False)]
)
def test_no_steward_no_submission_where_the_city_asks_for_one(operational, tmp_path, city, asks):
    def standing(department, today):
        raise UserError(f"{department} 未登记专管员", f"{department} has no steward")

    desk = make_desk(operational, tmp_path, city, check_standing=standing)
    desk.service.draft(resource(), GA, NOW)
    if asks:
        with pytest.raises(UserError, match="专管员"):
            desk.service.submit(["ga_household"], GA, NOW)
    else:
        assert desk.service.submit(["ga_household"], GA, NOW)


def test_a_draft_given_up_may_be_begun_anew(desk):
    desk.service.draft(resource(), GA, NOW)
    with pytest.raises(UserError, match="理由"):
        desk.service.discard(["ga_household"], GA, NOW, reason=" ")
    assert not desk.service.discard(["ga_household"], GA, NOW, reason="重复")[0].is_open
    assert desk.service.draft(resource(), GA, NOW).state == "drafted"
    assert desk.events() == ["drafted", "discarded", "drafted"]
