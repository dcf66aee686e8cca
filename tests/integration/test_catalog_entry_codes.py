"""A code (信息资源代码, GB/T 21063) is given once: at submission, change, review, confirmation and for ever after."""

from __future__ import annotations

import pytest
from entry_desk import BUREAU, GA, MZ, NOW, make_desk, resource

from ground.errors import DocumentError, UserError

CODE = "301001/000001"
PLATES = {"title": "车辆登记", "key": ["plate"], "items": [{"id": "plate", "title": "号牌号码"}]}
AID = {"title": "救助", "department": "mz", "key": ["case"], "items": [{"id": "case", "title": "救助编号"}]}
SAID = rf"信息资源代码 {CODE} 已用于“户籍登记”（ga_household，"


@pytest.fixture
def desk(operational, tmp_path):
    return make_desk(operational, tmp_path)


def published(desk, document, by=GA):
    desk.service.draft(document, by, NOW)
    desk.service.submit([document.id], by, NOW)
    desk.service.review([document.id], BUREAU, NOW)
    desk.service.publish([document.id], by, NOW)


def submitted(desk, document, by=MZ):
    desk.service.draft(document, by, NOW)
    return desk.service.submit([document.id], by, NOW)


def test_the_code_of_a_published_entry_is_not_submitted_again(desk):
    published(desk, resource(code=CODE))
    with pytest.raises(UserError, match=rf"mz_aid：{SAID}已发布）.*另编代码"):
        submitted(desk, resource("mz_aid", **AID, code=f" {CODE}"))
    assert submitted(desk, resource("mz_aid", **AID, code="301001/000002"))[0].state == "submitted"


def test_of_two_drafts_the_first_that_is_submitted_has_the_code(desk):
    desk.service.draft(resource(code=CODE), GA, NOW)
    desk.service.draft(resource("mz_aid", **AID, code=CODE), MZ, NOW)
    desk.service.submit(["ga_household"], GA, NOW)
    with pytest.raises(UserError, match=rf"{SAID}待审核）"):
        desk.service.submit(["mz_aid"], MZ, NOW)
    desk.service.return_(["ga_household"], BUREAU, NOW, reason="代码有误")
    assert desk.service.submit(["mz_aid"], MZ, NOW)[0].state == "submitted"
    with pytest.raises(UserError, match="已用于“救助”（mz_aid，待审核）"):
        desk.service.submit(["ga_household"], GA, NOW)


def test_of_drafts_submitted_together_each_needs_its_own(desk):
    desk.service.draft_many([resource(code=CODE), resource("ga_plate", **PLATES, code=CODE)], GA, NOW)
    with pytest.raises(UserError, match=rf"ga_plate：{SAID}一并办理）"):
        desk.service.submit(["ga_household", "ga_plate"], GA, NOW)
    done = desk.service.submit_passing(["ga_household", "ga_plate"], GA, NOW)
    assert ([one.id for one in done.cases], list(done.refused)) == (["ga_household"], ["ga_plate"])


@pytest.mark.parametrize("left", ["withdrawn", "changed", "withdrawn and drafted anew"])
def test_a_code_that_was_published_is_not_given_again(desk, left):
    published(desk, resource(code=CODE))
    if left == "changed":
        desk.service.request_change([resource(code="301001/000009")], GA, NOW, cause="error")
        desk.service.review(["ga_household"], BUREAU, NOW)
        desk.service.publish(["ga_household"], GA, NOW)
    else:
        desk.service.request_withdrawal(["ga_household"], GA, NOW, reason="停用")
        desk.service.withdraw(["ga_household"], BUREAU, NOW)
        if left != "withdrawn":
            desk.service.draft(resource(code="301001/000009"), GA, NOW)
    with pytest.raises(UserError, match=SAID):
        submitted(desk, resource("mz_aid", **AID, code=CODE))


def test_what_was_given_up_before_it_was_published_leaves_its_code(desk):
    submitted(desk, resource(code=CODE), GA)
    desk.service.discard(["ga_household"], GA, NOW, reason="重复")
    assert submitted(desk, resource("mz_aid", **AID, code=CODE))[0].state == "submitted"


def test_a_change_takes_nobody_s_code_and_keeps_its_own(desk):
    published(desk, resource(code=CODE))
    published(desk, resource("mz_aid", **AID, code="301001/000002"), MZ)
    with pytest.raises(UserError, match=SAID):
        desk.service.request_change([resource("mz_aid", **AID, code=CODE)], MZ, NOW, cause="error")
    anew = resource("mz_aid", **{**AID, "title": "临时救助"}, code="301001/000002")
    assert desk.service.request_change([anew], MZ, NOW, cause="error")[0].state == "change_submitted"
    for one in ("301001/000003", "301001/000002"):  # away from it, and back to it
        desk.service.cancel_change(["mz_aid"], MZ, NOW, reason="另行变更")
        desk.service.request_change([anew.model_copy(update={"code": one, "title": one})], MZ, NOW, cause="error")
        desk.service.review(["mz_aid"], BUREAU, NOW)
        desk.service.publish(["mz_aid"], MZ, NOW)
        desk.service.request_change([anew.model_copy(update={"abstract": one})], MZ, NOW, cause="error")


def test_a_document_put_into_the_folder_does_not_pass_with_another_s_code(desk):
    published(desk, resource(code=CODE))
    desk.write(resource("mz_aid", **AID, code=CODE))
    with pytest.raises(DocumentError, match="301001/000001 已用于“户籍登记”"):
        desk.city()
    desk.file("mz_aid").unlink()
    desk.service.request_withdrawal(["ga_household"], GA, NOW, reason="停用")
    desk.service.withdraw(["ga_household"], BUREAU, NOW)
    desk.write(resource("mz_aid", **AID, code=CODE))
    desk.service.reconcile(desk.city(), NOW)
    with pytest.raises(UserError, match=rf"{SAID}已撤销）"):
        desk.service.confirm(["mz_aid"], BUREAU, NOW)


@pytest.mark.parametrize("step", ["review", "publish"])
def test_a_code_that_was_taken_since_submission_bars_review_and_publication(desk, step):
    """Submitted before codes were held to be given once, or while a document with the code came into the folder by hand."""
    published(desk, resource("ga_plate", **PLATES), GA)  # the home is set up
    submitted(desk, resource("mz_aid", **AID, code=CODE))
    if step == "publish":
        desk.service.review(["mz_aid"], BUREAU, NOW)
    desk.write(resource(code=CODE))
    desk.service.reconcile(desk.city(), NOW)
    with pytest.raises(UserError, match=rf"mz_aid：{SAID}文件新增，未复核）"):
        getattr(desk.service, step)(["mz_aid"], BUREAU, NOW)
