"""A department's system works on the department's tickets by the interface, and rules are made by it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from asking import STEWARD, System, Systems, asked, people, wrong_name
from desk_city import MONDAY
from running_desk import RunningDesk

from accounts.api_key import Scope
from ledger.store import ledger_entry

RULE = """\
resource: ga_household
rules:
  - id: ga_household.{name}
    title: 姓名不超过 {length} 字
    item: name
    check: {{kind: length, max: {length}}}
    dimension: accuracy
    message: {{zh: 姓名过长。, en: The name is too long.}}
    basis: 测试 test
"""


@pytest.fixture(scope="module")
def served(built_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDesk, Systems]]:
    home = tmp_path_factory.mktemp("api_answers") / "home"
    shutil.copytree(built_city, home)
    with asked(home, MONDAY) as both:
        yield both


@pytest.fixture(scope="module")
def desk(served: tuple[RunningDesk, Systems]) -> RunningDesk:
    return served[0]


@pytest.fixture(scope="module")
def systems(served: tuple[RunningDesk, Systems]) -> Systems:
    return served[1]


@pytest.fixture(scope="module")
def window(systems: Systems) -> System:
    return systems.counter()


@pytest.fixture(scope="module")
def police(systems: Systems) -> System:
    return systems.police()


@pytest.fixture(scope="module")
def persons(desk: RunningDesk) -> Iterator[dict[str, Any]]:
    return iter(people(desk.hub, MONDAY, 40))


@pytest.fixture
def routed(desk: RunningDesk, window: System, persons: Any) -> str:
    """A reported ticket in the department's queue."""
    name = str(window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"])
    desk.hub.problems.route(name, STEWARD, MONDAY)
    return name


def uses(desk: RunningDesk) -> list[Any]:
    with desk.hub.database.begin() as connection:
        return list(connection.execute(sa.select(ledger_entry).order_by(ledger_entry.c.seq)).mappings())


@pytest.mark.duty("R-180")
def test_the_limit_is_five_working_days_from_receipt(police: System, routed: str) -> None:
    found = police.get(f"/tickets/{routed}").json()

    # Received on a Monday: Tuesday to Friday are four days, the next Monday is the fifth.
    assert (found["due"], found["overdue"]) == ("2026-11-30", False)
    assert found["due_at"] == "2026-12-01T00:00:00+08:00"


def test_the_queue_of_a_department_holds_its_own_routed_tickets_alone(
    systems: Systems, police: System, window: System, routed: str, persons: Any
) -> None:
    waiting = window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"]

    found = police.get("/tickets", params={"open": True, "limit": 200}).json()["problems"]

    assert routed in [one["ticket"] for one in found]
    assert waiting not in [one["ticket"] for one in found]
    assert {one["department"] for one in found} == {"ga"}
    assert [one["due_at"] for one in found] == sorted(one["due_at"] for one in found)
    other = systems("sw", [Scope.ANSWERS_WRITE])
    assert other.get(f"/tickets/{routed}").status_code == 404
    assert other.post(f"/tickets/{routed}/accept", {}).status_code == 404
    assert police.get(f"/tickets/{waiting}").status_code == 404


def test_pages_of_the_queue_hold_every_ticket_once(police: System) -> None:
    every = [one["ticket"] for one in police.get("/tickets", params={"limit": 200}).json()["problems"]]
    seen, mark = [], None
    while True:
        page = police.get("/tickets", params={"limit": 2} | ({"cursor": mark} if mark else {})).json()
        seen += [one["ticket"] for one in page["problems"]]
        mark = page["next"]
        if mark is None:
            break

    assert seen == every


def test_two_who_answer_at_once_one_wins_and_the_other_is_told(desk: RunningDesk, police: System, routed: str) -> None:
    seen = police.get(f"/tickets/{routed}")
    first = police.post(f"/tickets/{routed}/accept", {"seen": seen.json()["seen"]})
    answer = {"check": "核对", "basis": "档案", "seen": seen.json()["seen"]}

    second = police.post(f"/tickets/{routed}/answers/confirmed", answer)
    third = police.post(
        f"/tickets/{routed}/answers/talked-through",
        {"record": "电话", "review_on": "2027-01-04"},
        headers={"If-Match": seen.headers["ETag"]},
    )

    assert first.json()["state"] == "accepted"
    assert (second.status_code, second.json()["kind"]) == (409, "conflict")
    assert third.status_code == 409
    assert desk.hub.tickets.show(routed).ticket.last_seq == first.json()["seen"]
    fresh = police.post(
        f"/tickets/{routed}/answers/confirmed",
        {"check": "核对", "basis": "档案"},
        headers={"If-Match": first.headers["ETag"]},
    )
    assert fresh.json()["answer_zh"] == "确认无误"


def test_header_and_body_that_differ_are_refused(police: System, routed: str) -> None:
    done = police.post(f"/tickets/{routed}/accept", {"seen": 1}, headers={"If-Match": '"2"'})

    assert (done.status_code, done.json()["where"]) == (422, "seen")


def test_what_was_talked_through_keeps_its_evidence(police: System, routed: str) -> None:
    done = police.post(
        f"/tickets/{routed}/answers/talked-through", {"record": "与报告人电话沟通", "review_on": "2027-03-01"}
    )

    assert done.json()["answer"] == "talked_through"
    story = police.get(f"/tickets/{routed}").json()["story"]
    assert story[3]["said"] == {"record": "与报告人电话沟通", "review_on": "2027-03-01"}


def test_an_extension_is_asked_for_within_the_cap(desk: RunningDesk, police: System, routed: str) -> None:
    police.post(f"/tickets/{routed}/accept", {})
    last = (MONDAY + timedelta(days=60)).date()

    far = police.post(f"/tickets/{routed}/extension", {"cause": "外地核档", "until": str(last + timedelta(days=1))})
    done = police.post(f"/tickets/{routed}/extension", {"cause": "外地核档", "until": str(last)})

    assert far.status_code == 422
    assert "60" in far.json()["detail"]
    assert done.json()["state"] == "extension_asked"


def test_keys_are_masked_until_a_purpose_is_stated_and_then_logged_before(
    desk: RunningDesk, police: System, window: System, persons: Any
) -> None:
    key = next(persons)["citizen_id"]
    name = window.post("/problems", wrong_name(key)).json()["ticket"]
    desk.hub.problems.route(name, STEWARD, MONDAY)
    before = len(uses(desk))

    masked = police.get(f"/tickets/{name}/findings")
    assert key not in masked.text
    assert masked.json()["masked"]
    assert len(uses(desk)) == before

    clear = police.get(f"/tickets/{name}/findings", headers={"Purpose": "%E6%A0%B8%E5%AF%B9%E6%A1%A3%E6%A1%88"})
    assert clear.json()["findings"][0]["key"] == key
    (use,) = uses(desk)[before:]
    assert "核对档案" in str(dict(use))
    assert f"key:{police.key.id}" in str(dict(use))
    assert key not in str(dict(use))


def test_a_purpose_that_is_no_text_shows_nothing(desk: RunningDesk, police: System, routed: str) -> None:
    before = len(uses(desk))

    for purpose in ("%20", "%FF%FE", "%0A"):
        assert police.get(f"/tickets/{routed}/findings", headers={"Purpose": purpose}).status_code == 422
    assert len(uses(desk)) == before


@pytest.mark.duty("R-185")
def test_a_correction_by_the_interface_closes_its_ticket_by_proof_and_is_read_in_the_feed(
    desk: RunningDesk, systems: Systems, police: System, window: System, persons: Any
) -> None:
    by_rows, by_file, never = next(persons), next(persons), next(persons)
    names = []
    for one in (by_rows, by_file, never):
        names.append(window.post("/problems", wrong_name(one["citizen_id"])).json()["ticket"])
        desk.hub.problems.route(names[-1], STEWARD, MONDAY)
    rows = [{"citizen_id": by_rows["citizen_id"], "name": "欧阳更正"}]
    file = f"citizen_id,name\n{by_file['citizen_id']},欧阳更正\n".encode()

    broken = police.post(
        f"/tickets/{names[0]}/answers/corrected", {"how": "更正", "rows": [rows[0] | {"birth_date": "某日"}]}
    )
    first = police.post(f"/tickets/{names[0]}/answers/corrected", {"how": "已按档案更正", "rows": rows})
    second = police.http.post(
        f"/api/v1/tickets/{names[1]}/answers/corrected/file",
        data={"how": "已按档案更正"},
        files={"file": ("a.csv", file)},
    )
    third = police.post(f"/tickets/{names[2]}/answers/corrected", {"how": "另行送达"})
    desk.hub.builder.run(MONDAY + timedelta(hours=2))

    assert broken.status_code == 422, broken.text
    assert [one.json()["state"] for one in (first, second, third)] == ["verification"] * 3, second.text
    states = [window.get(f"/problems/{name}").json() for name in names]
    assert [(one["state"], one["outcome"]) for one in states] == [
        ("closed", "corrected"), ("closed", "corrected"), ("verification", None),
    ]  # fmt: skip
    (proof,) = police.get(f"/tickets/{names[0]}/findings").json()["findings"]
    assert (proof["stands"], proof["repair"]) == (False, "changed")
    assert proof["batch_after"]
    feed = systems("ga", [Scope.CORRECTIONS_READ]).get("/corrections").json()
    mine = {row["ticket"]: row for row in feed["corrections"]}
    assert mine[names[0]]["key"] == by_rows["citizen_id"]
    assert names[2] not in mine
    stranger = systems("sc", [Scope.CORRECTIONS_READ]).get("/corrections").json()
    assert by_rows["citizen_id"] not in str(stranger)
    empty = systems("ga", [Scope.CORRECTIONS_READ]).get("/corrections", params={"since": feed["next"]}).json()
    assert empty["corrections"] == []


def test_rules_are_tried_and_adopted_and_the_next_one_knows_them(desk: RunningDesk, systems: Systems) -> None:
    maker = systems("bureau", [Scope.RULES_READ, Scope.RULES_WRITE])
    long = {"document": RULE.format(name="name.at_most_40", length=40)}

    tried = maker.post("/rules/check", long)
    adopted = maker.post("/rules", long)
    again = maker.post("/rules", long)
    many = maker.post("/rules", {"document": RULE.format(name="name.at_most_1", length=1)})

    assert tried.status_code == 200, tried.text
    assert (tried.json()["adopted"], tried.json()["trials"][0]["failing"]) == (False, 0)
    assert tried.json()["trials"][0]["asked"] > 500
    assert adopted.status_code == 201, adopted.text
    assert desk.hub.rulebook.rule("ga_household.name.at_most_40") is not None
    assert (again.status_code, again.json()["kind"]) == (422, "document_error")
    assert (many.status_code, many.json()["kind"]) == (422, "document_error")
    assert desk.hub.rulebook.rule("ga_household.name.at_most_1") is None


def test_a_document_of_rules_that_unfolds_without_end_is_refused(systems: Systems) -> None:
    maker = systems("bureau", [Scope.RULES_READ])
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )

    refused = maker.post("/rules/check", {"document": bomb})

    assert (refused.status_code, refused.json()["where"]) == (422, "document")
