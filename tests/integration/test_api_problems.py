"""Systems report problems by the interface, and ask what became of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from asking import STEWARD, System, Systems, asked, people, wrong_name
from desk_city import MONDAY
from running_desk import RunningDesk

from portal.api.models import ProblemIn
from quality.tickets.reports import ProblemReport
from quality.tickets.tables import ticket, ticket_finding

CSV = "kind,resource,key,item,doubted,proposed,reason,observed_at,reference\n"


@pytest.fixture(scope="module")
def served(built_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDesk, Systems]]:
    home = tmp_path_factory.mktemp("api_problems") / "home"
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
def persons(desk: RunningDesk) -> Iterator[dict[str, Any]]:
    return iter(people(desk.hub, MONDAY, 60))


def test_a_report_sent_twice_is_one_ticket_and_changes_nothing(desk: RunningDesk, window: System, persons: Any) -> None:
    said = wrong_name(next(persons)["citizen_id"], reference="CK-1", observed_at="2026-11-20", contact="窗口 3")

    first = window.post("/problems", said)
    again = window.post("/problems", said)

    assert first.status_code == 201, first.text
    assert again.status_code == 200, again.text
    one = first.json()
    assert one["ticket"] == again.json()["ticket"]
    assert (one["repeated"], again.json()["repeated"]) == (False, True)
    assert (one["state"], one["department"], one["due"], one["reference"]) == ("submitted", "ga", "2026-11-24", "CK-1")
    assert first.headers["ETag"] == again.headers["ETag"] == '"1"'
    assert len(desk.hub.tickets.show(one["ticket"]).events) == 1


def test_the_same_words_without_a_number_change_nothing_and_other_words_join(window: System, persons: Any) -> None:
    said = wrong_name(next(persons)["citizen_id"])

    answers = [window.post("/problems", said) for _ in range(3)]
    other = window.post("/problems", said | {"reason": "派出所来函"})

    assert [one.status_code for one in answers] == [201, 200, 200]
    assert [one.json()["repeated"] for one in answers] == [False, True, True]
    assert other.status_code == 200
    assert other.json()["joined"]
    assert {one.json()["ticket"] for one in [*answers, other]} == {answers[0].json()["ticket"]}
    assert other.json()["seen"] == 2


def test_another_system_joins_the_ticket_and_each_sees_its_own_report_alone(
    systems: Systems, desk: RunningDesk, window: System, persons: Any
) -> None:
    key = next(persons)["citizen_id"]
    other = systems.counter()

    mine = window.post("/problems", wrong_name(key, reference="A-1", contact="张三 555"))
    theirs = other.post("/problems", wrong_name(key, reference="B-1", reason="电话核实", contact="李四 666"))

    name = mine.json()["ticket"]
    assert theirs.json()["ticket"] == name
    assert theirs.json()["joined"]
    said = window.get(f"/problems/{name}").json()
    assert [one["reference"] for one in said["reports"]] == ["A-1"]
    assert "电话核实" not in str(said)
    assert "666" not in window.get(f"/problems/{name}").text
    assert [one["reference"] for one in other.get(f"/problems/{name}").json()["reports"]] == ["B-1"]


def test_who_did_not_report_a_ticket_does_not_find_it(
    systems: Systems, desk: RunningDesk, window: System, persons: Any
) -> None:
    name = window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"]
    stranger = systems.counter()

    found = stranger.get(f"/problems/{name}")

    assert found.status_code == 404
    assert found.json()["kind"] == "not_found"
    assert stranger.get("/problems").json()["problems"] == []
    assert stranger.post(f"/problems/{name}/withdraw", {"reason": "x"}).status_code == 404
    assert not desk.hub.tickets.show(name).events[1:]


def test_what_a_system_reported_is_read_page_by_page_and_by_what_has_moved(
    systems: Systems, desk: RunningDesk, persons: Any
) -> None:
    one = systems.counter()
    names = [
        one.post("/problems", wrong_name(next(persons)["citizen_id"], reference=f"P-{n}")).json()["ticket"]
        for n in range(5)
    ]
    pages, mark = [], None
    while True:
        page = one.get("/problems", params={"limit": 2} | ({"cursor": mark} if mark else {})).json()
        pages.append([found["ticket"] for found in page["problems"]])
        mark = page["next"]
        if mark is None:
            break

    assert pages == [names[:2], names[2:4], names[4:]]
    desk.hub.problems.route(names[3], STEWARD, MONDAY + timedelta(hours=1))
    moved = one.get("/problems", params={"since": (MONDAY + timedelta(minutes=30)).isoformat()}).json()
    assert [found["ticket"] for found in moved["problems"]] == [names[3]]
    routed = one.get("/problems", params={"state": ["routed", "accepted"]}).json()
    assert [found["ticket"] for found in routed["problems"]] == [names[3]]


def test_a_returned_report_is_completed_and_another_one_joins_it_afterwards(
    systems: Systems, desk: RunningDesk, window: System, persons: Any
) -> None:
    key = next(persons)["citizen_id"]
    name = window.post("/problems", wrong_name(key, reference="RET-1")).json()["ticket"]
    desk.hub.problems.handling.return_report(name, STEWARD, MONDAY, reason="请写明证件")

    told = window.get(f"/problems/{name}").json()
    done = window.post(f"/problems/{name}/resubmit", wrong_name(key, reference="RET-2", reason="身份证原件，号码已核"))
    joined = systems.counter().post("/problems", wrong_name(key, reason="也有人来问"))

    assert told["state"] == "returned"
    assert {"reason": "请写明证件"} in [line["said"] for line in told["story"]]
    assert done.status_code == 200, done.text
    assert done.json()["state"] == "submitted"
    assert joined.status_code == 200, joined.text
    assert joined.json()["ticket"] == name


def test_a_report_is_withdrawn_before_it_is_routed_and_not_after(
    desk: RunningDesk, window: System, persons: Any
) -> None:
    early, late = (window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"] for _ in range(2))
    desk.hub.problems.route(late, STEWARD, MONDAY)

    done = window.post(f"/problems/{early}/withdraw", {"reason": "看错了", "seen": 1})
    refused = window.post(f"/problems/{late}/withdraw", {"reason": "看错了"})

    assert done.json()["state"] == "withdrawn"
    assert refused.status_code == 403
    assert desk.hub.tickets.show(late).ticket.state == "routed"


def test_the_reporter_disputes_an_answer_and_reads_the_whole_story(
    systems: Systems, desk: RunningDesk, window: System, persons: Any
) -> None:
    name = window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"]
    desk.hub.problems.route(name, STEWARD, MONDAY)
    answered = systems.police().post(
        f"/tickets/{name}/answers/confirmed", {"check": "调阅底册", "basis": "甬公户 18 号"}
    )
    assert answered.status_code == 200, answered.text

    done = window.post(f"/problems/{name}/dispute", {"reason": "底册抄录有误"})

    assert done.status_code == 200, done.text
    assert done.json()["state"] == "disputed"
    story = window.get(f"/problems/{name}").json()["story"]
    assert [line["event"] for line in story] == [
        "reported", "routed", "accepted", "answered_confirmed", "reporter_notified", "disputed",
    ]  # fmt: skip
    assert story[3]["said"] == {"check": "调阅底册", "basis": "甬公户 18 号"}


def test_a_file_is_answered_row_by_row_and_again_the_same(desk: RunningDesk, window: System, persons: Any) -> None:
    a, b = next(persons)["citizen_id"], next(persons)["citizen_id"]
    rows = [
        f"wrong_value,ga_household,{a},name,,甲甲,原件,2026-11-20,F-1",
        f"wrong_value,ga_household,{a},name,,甲甲,原件,2026-11-20,F-1",
        f"wrong_value,ga_household,{a},name,,乙乙,原件,2026-11-20,F-1",
        f"wrong_value,ga_household,{a},name,,乙乙,来函,2026-11-20,F-2",
        f"wrong_value,nowhere,{a},name,,x,原件,,F-3",
        f"wrong_value,ga_household,{b},nothing,,x,原件,,F-4",
        "wrong_value,ga_household,110101190001010000,name,,x,原件,,F-5",
        f"wrong_value,ga_household,{b},birth_date,,2026-02-30,原件,,F-6",
        f"wrong_value,ga_household,{b},birth_date,,1990-01-01,,,F-7",
        f"wrong_value,ga_household,{b},birth_date,,1990-01-01,原件,昨天,F-8",
        f"missing_record,ga_household,{b},,,,没有,,F-9",
        "missing_record,ga_household,110101190001010000,,,,窗口有此人,,F-10",
        f"rumour,ga_household,{b},name,,x,原件,,F-11",
        f"wrong_value,ga_household,{b},birth_date,,1990/01/01,原件,2026-11-20,F-12",
    ]
    content = (CSV + "\n".join(rows) + "\n").encode()

    first = window.http.post("/api/v1/problems/bulk", content=content, headers={"Content-Type": "text/csv"})
    again = window.http.post("/api/v1/problems/bulk", files={"file": ("problems.csv", content, "text/csv")})

    assert first.status_code == 200, first.text
    answers = first.json()["answers"]
    assert [one["row"] for one in answers] == list(range(1, 15))
    assert [one["status"] for one in answers] == [201, 200, 409, 200, *[422] * 7, 201, 422, 201]
    assert [one["error"]["where"] for one in answers if one["error"]] == [
        "reference", "resource", "item", "key", "proposed", None, "observed_at", "key", "kind",
    ]  # fmt: skip
    assert (answers[1]["repeated"], answers[3]["joined"]) == (True, True)
    assert len({answers[n]["ticket"] for n in (0, 1, 3)}) == 1
    assert (first.json()["taken"], first.json()["refused"]) == (5, 9)
    assert "110101190001010000" not in first.text
    later = again.json()["answers"]
    assert [one["ticket"] for one in later] == [one["ticket"] for one in answers]
    assert all(one["repeated"] for one in later if one["ticket"])


@pytest.mark.duty("R-179")
def test_each_row_of_a_file_is_answered_as_the_report_alone(
    systems: Systems, desk: RunningDesk, window: System, persons: Any
) -> None:
    keys = [next(persons)["citizen_id"] for _ in range(3)]
    said: list[dict[str, Any]] = [
        {"key": keys[0], "item": "name", "proposed": "字" * 200},
        {"key": keys[0], "item": "sex", "proposed": "1"},
        {"key": keys[1], "item": "birth_date", "proposed": "不知道"},
        {"key": " " + keys[2].lower() + " ", "item": "name", "proposed": "丙丙"},
        {"key": keys[2] + "|1", "item": "name", "proposed": "丙丙"},
        {"kind": "missing_record", "key": keys[1], "item": "former_name", "proposed": "小名"},
        {"kind": "infringement", "key": keys[1], "item": None, "proposed": None},
    ]
    lines = [
        f"{one.get('kind', 'wrong_value')},ga_household,{one['key']},{one['item'] or ''},,{one['proposed'] or ''},原件,,"
        for one in said
    ]
    reports = systems.counter()
    alone = [reports.post("/problems", {"resource": "ga_household", "reason": "原件", **one}) for one in said]

    assert [one.json().get("kind") for one in alone[-2:]] == ["missing_record", "infringement"]
    together = window.http.post(
        "/api/v1/problems/bulk", content=(CSV + "\n".join(lines)).encode(), headers={"Content-Type": "text/csv"}
    ).json()["answers"]

    for one, other in zip(alone, together, strict=True):
        if one.status_code == 422:
            assert other["status"] == 422
            assert other["error"]["zh"] == one.json()["detail"]
        else:
            assert one.status_code == 201, one.text
            assert (other["ticket"], other["joined"]) == (one.json()["ticket"], True)


def test_ten_thousand_rows_at_once_are_seconds_and_stand_as_their_events_say(
    systems: Systems, desk: RunningDesk, persons: Any
) -> None:
    one = systems.counter()
    flood = next(persons)["citizen_id"]
    keys = [row["citizen_id"] for row in people(desk.hub, MONDAY, 500)]
    same = [f"wrong_value,ga_household,{flood},name,,同一,同一,2026-11-20,"] * 9000
    others = [f"wrong_value,ga_household,{key},household_no,,1,原件,2026-11-20,B{n}" for n, key in enumerate(keys)]
    content = (CSV + "\n".join([*same[:4500], *others, *same[4500:]])).encode()

    answers = one.http.post("/api/v1/problems/bulk", content=content, headers={"Content-Type": "text/csv"}).json()[
        "answers"
    ]

    assert len({row["ticket"] for row in answers[:4500]}) == 1
    assert answers[0]["status"] == 201
    assert all(
        row["repeated"] and row["ticket"] == answers[0]["ticket"] for row in [*answers[1:4500], *answers[-4500:]]
    )
    assert len({row["ticket"] for row in answers[4500:-4500]}) == len(keys)
    assert len(desk.hub.tickets.show(answers[0]["ticket"]).events) == 1
    before = _projection(desk)
    desk.hub.tickets.rebuild()
    assert _projection(desk) == before


def _projection(desk: RunningDesk) -> list[list[Any]]:
    with desk.hub.database.begin() as connection:
        return [
            sorted(map(tuple, connection.execute(sa.select(table)).all()), key=str)
            for table in (ticket, ticket_finding)
        ]


@pytest.mark.duty("R-184")
def test_the_interface_has_the_fields_of_the_form_and_the_way_is_recorded(
    desk: RunningDesk, window: System, persons: Any
) -> None:
    assert set(ProblemIn.model_fields) == {field.name for field in fields(ProblemReport)}
    said = {
        "resource": "ga_household", "key": next(persons)["citizen_id"], "item": "name", "doubted": "甲", "proposed": "乙",
        "reason": "原件", "observed_at": "2026-11-20", "reference": "WAY-1", "contact": "555", "kind": "wrong_value",
    }  # fmt: skip

    name = window.post("/problems", said).json()["ticket"]

    assert desk.hub.tickets.show(name).ticket.channel == "api"
    (kept,) = desk.hub.problems.reports(name, STEWARD)
    assert {one: str(getattr(kept.said, one)) for one in said if one != "key"} == {
        one: value for one, value in said.items() if one != "key"
    }
    form = httpx.get(f"{desk.url}/api/openapi.json").json()["components"]["schemas"]["ProblemIn"]["properties"]
    assert set(form) == set(said)


def test_the_catalogue_tells_what_a_report_needs(window: System) -> None:
    found = {one["id"]: one for one in window.get("/catalog/resources").json()["resources"]}

    assert found["ga_household"]["key"] == ["citizen_id"]
    assert found["ga_household"]["department_name"]
    items = {one["id"]: one for one in found["ga_household"]["items"]}
    assert (items["birth_date"]["type"], items["birth_date"]["title"]) == ("date", "出生日期")


def test_a_file_goes_with_a_report_once(window: System, persons: Any) -> None:
    name = window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"]
    path = f"/api/v1/problems/{name}/attachments"

    kept = [
        window.http.post(path, files={"file": ("说明.txt", "窗口核验记录".encode(), "text/plain")}) for _ in range(2)
    ]

    assert [one.status_code for one in kept] == [201, 201], kept[0].text
    assert kept[0].json() == kept[1].json()
    assert [one["name"] for one in window.get(f"/problems/{name}").json()["attachments"]] == ["说明.txt"]
