"""Each bad request gets its precise answer as problem details, shows no value, and changes nothing."""

from __future__ import annotations

import io
import shutil
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from asking import STEWARD, System, Systems, asked, people, wrong_name
from desk_city import MONDAY
from running_desk import RunningDesk

from accounts.api_key import Scope
from pipelines.problems.correcting import Correction
from quality.tickets.permissions import SYSTEM
from quality.tickets.tables import ticket_event

SECRET = "330203199001019999"
"""A value that was sent, and must not come back."""


@pytest.fixture(scope="module")
def served(built_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDesk, Systems]]:
    home = tmp_path_factory.mktemp("api_bad_input") / "home"
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
    return iter(people(desk.hub, MONDAY, 40))


def happened(desk: RunningDesk) -> int:
    """How many events there are."""
    with desk.hub.database.begin() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(ticket_event)).scalar_one())


def told(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem details of an answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["type"] == f"urn:shuyuan:problem:{found['kind']}"
    assert found["detail"]
    assert found["detail_en"]
    assert SECRET not in answer.text
    return found


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"resource": "nowhere"}, "resource"),
        ({"item": "nothing"}, "item"),
        ({"item": None}, "item"),
        ({"key": SECRET}, "key"),
        ({"key": [SECRET, SECRET]}, "key"),
        ({"item": "birth_date", "proposed": SECRET}, "proposed"),
        ({"item": "address", "proposed": SECRET * 20}, "proposed"),
        ({"kind": "missing_record", "item": None}, "key"),
        ({"kind": SECRET}, "kind"),
        ({"observed_at": SECRET}, "observed_at"),
        ({"observed_at": "2026-02-30"}, "observed_at"),
        ({"observed_at": 20261121}, "observed_at"),
        ({"reason": ""}, "reason"),
        ({"reason": "  "}, None),
        ({"reason": None}, "reason"),
        ({"reason": "x" * 4001}, "reason"),
        ({"reference": "x" * 101}, "reference"),
        ({"reference": "a\x00b"}, "reference"),
        ({"contact": "a\nb"}, "contact"),
        ({"wrong": SECRET}, "wrong"),
        ({"家庭住址": SECRET}, "?"),
        ({"key": {"a": 1}}, "key"),
        ({"key": 330203}, "key"),
        ({"key": []}, "key"),
    ],
)  # fmt: skip
def test_a_report_that_is_wrong_is_told_where_and_opens_nothing(
    desk: RunningDesk, window: System, change: dict[str, Any], where: str | None
) -> None:
    before = happened(desk)
    key = people(desk.hub, MONDAY, 1)[0]["citizen_id"]

    found = told(window.post("/problems", wrong_name(key) | change), 422)

    assert found["where"] == where
    assert happened(desk) == before


def test_every_wrong_field_is_listed_at_once(window: System) -> None:
    found = told(window.post("/problems", {"observed_at": SECRET, "kind": SECRET, "extra": SECRET}), 422)

    fields = {one["field"]: (one["code"], one["reason"], one["reason_en"]) for one in found["errors"]}
    assert fields.keys() == {"observed_at", "kind", "extra", "resource", "key", "reason"}
    assert fields["extra"][0] == "extra_forbidden"
    assert "wrong_value" in fields["kind"][2]


def test_ten_thousand_identical_reports_in_a_minute_are_one_ticket_and_too_many(
    desk: RunningDesk, systems: Systems, persons: Any
) -> None:
    one = systems.counter(per_minute=60)
    said = wrong_name(next(persons)["citizen_id"])
    before = happened(desk)

    first = one.post("/problems", said)
    # The clock of the desk stands still: all of these fall into the same minute.
    with httpx.Client(base_url=desk.url, headers={"Authorization": f"Bearer {one.secret}"}, timeout=60) as more:
        answers = [more.post("/api/v1/problems", json=said) for _ in range(299)]

    assert [answer.status_code for answer in answers[:59]] == [200] * 59
    assert {answer.status_code for answer in answers[59:]} == {429}
    found = told(answers[-1], 429)
    assert found["kind"] == "too_many"
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].headers["RateLimit-Remaining"] == "0"
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("60", "59")
    assert happened(desk) == before + 1
    desk.now = MONDAY + timedelta(seconds=2)
    assert one.post("/problems", said).status_code == 200
    desk.now = MONDAY


def test_the_same_report_from_many_threads_is_one_ticket(desk: RunningDesk, systems: Systems, persons: Any) -> None:
    key = next(persons)["citizen_id"]
    said, before = wrong_name(key, reference="T-1"), happened(desk)
    each = [systems.counter() for _ in range(2)]
    answers: list[httpx.Response] = []

    def send(one: System) -> None:
        for _ in range(3):
            answers.append(one.post("/problems", said))

    threads = [threading.Thread(target=send, args=(each[n % 2],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["ticket"] for answer in answers}) == 1
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert happened(desk) == before + 2  # opened by one system, joined by the other


def test_a_reference_that_was_used_for_something_else_is_a_conflict(window: System, persons: Any) -> None:
    key = next(persons)["citizen_id"]
    window.post("/problems", wrong_name(key, reference="USED"))

    found = told(window.post("/problems", wrong_name(key, reference="USED", proposed=SECRET)), 409)

    assert found["where"] == "reference"


def bomb() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"\0" * (400 << 20))
    return inner.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("清单.xlsx", bomb),
        ("工具.exe", lambda: b"MZ" + b"\0" * 200),
        ("照片.jpg", lambda: b"MZ" + b"\0" * 200),
        ("脚本.sh", lambda: b"#!/bin/sh\necho\n"),
        ("空.txt", lambda: b""),
        ("../../etc/passwd", lambda: b"\x7fELF" + b"\0" * 100),
    ],
)
def test_a_bomb_and_a_program_are_not_kept(
    desk: RunningDesk, window: System, persons: Any, name: str, content: Any
) -> None:
    opened = window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"]

    answer = window.http.post(f"/api/v1/problems/{opened}/attachments", files={"file": (name, content())})

    told(answer, 422)
    assert window.get(f"/problems/{opened}").json()["attachments"] == []
    assert len(desk.hub.tickets.show(opened).events) == 1


def test_steps_out_of_order_are_conflicts_and_change_nothing(
    desk: RunningDesk, systems: Systems, window: System, persons: Any
) -> None:
    police = systems.police()
    name = window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"]
    told(window.post(f"/problems/{name}/dispute", {"reason": "不同意"}), 409)
    told(window.post(f"/problems/{name}/resubmit", wrong_name(SECRET)), 422)
    desk.hub.problems.route(name, STEWARD, MONDAY)
    told(police.post(f"/tickets/{name}/extension", {"cause": "外地核档"}), 409)
    police.post(f"/tickets/{name}/answers/confirmed", {"check": "核对", "basis": "档案"})
    before = happened(desk)

    for path, body in (
        ("accept", {}),
        ("extension", {"cause": "外地核档"}),
        ("answers/confirmed", {"check": "核对", "basis": "档案"}),
        ("answers/corrected", {"how": "更正"}),
        ("answers/talked-through", {"record": "电话", "review_on": "2027-01-04"}),
    ):
        told(police.post(f"/tickets/{name}/{path}", body), 409)
    assert happened(desk) == before


def test_answers_without_their_evidence_are_refused(
    desk: RunningDesk, systems: Systems, window: System, persons: Any
) -> None:
    police = systems.police()
    name = window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"]
    desk.hub.problems.route(name, STEWARD, MONDAY)
    before = happened(desk)

    for path, body in (
        ("answers/confirmed", {"check": "核对", "basis": " "}),
        ("answers/confirmed", {"check": "核对"}),
        ("answers/talked-through", {"record": "电话", "review_on": "2026-11-01"}),
        ("answers/talked-through", {"record": "电话", "review_on": "2028-11-01"}),
        ("answers/corrected", {"how": "更正", "rows": [{"name": SECRET}]}),
        ("answers/corrected", {"how": "更正", "rows": [{"citizen_id": SECRET, "nothing": SECRET}]}),
        ("answers/corrected", {"how": "注销", "gone": True}),
        ("answers/corrected", {"how": "注销", "gone": True, "rows": [{"citizen_id": SECRET}]}),
        ("extension", {"cause": "外地核档", "until": str((MONDAY + timedelta(days=61)).date())}),
    ):
        status = 409 if path == "extension" else 422
        told(police.post(f"/tickets/{name}/{path}", body), status)
    assert happened(desk) == before


def test_two_officers_at_the_same_moment_one_wins(
    desk: RunningDesk, systems: Systems, window: System, persons: Any
) -> None:
    each = [systems.police() for _ in range(4)]
    name = window.post("/problems", wrong_name(next(persons)["citizen_id"])).json()["ticket"]
    seen = desk.hub.problems.route(name, STEWARD, MONDAY).last_seq
    answers: list[httpx.Response] = []

    def answer(one: System) -> None:
        body = {"check": "核对", "basis": "档案", "seen": seen}
        answers.append(one.post(f"/tickets/{name}/answers/confirmed", body))

    threads = [threading.Thread(target=answer, args=(one,)) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    events = [one.event for one in desk.hub.tickets.show(name).events]
    assert events.count("answered_confirmed") == 1


def test_a_record_that_has_vanished_meanwhile_is_told_so(
    desk: RunningDesk, systems: Systems, window: System, persons: Any
) -> None:
    key = next(persons)["citizen_id"]
    name = window.post("/problems", wrong_name(key, reference="GONE")).json()["ticket"]
    desk.hub.problems.handling.return_report(name, STEWARD, MONDAY, reason="请补正")
    gone = Correction(rows=[{"citizen_id": key}], gone=True, reason="重复登记")
    desk.hub.problems._corrections.take("ga_household", gone, "test", MONDAY + timedelta(minutes=1))
    desk.hub.builder.run(MONDAY + timedelta(minutes=2))
    before = happened(desk)

    fresh = told(window.post("/problems", wrong_name(key, reason="再报")), 422)
    again = told(window.post(f"/problems/{name}/resubmit", wrong_name(key, reason="补正")), 422)

    assert fresh["where"] == "key"
    assert "注销" in fresh["detail"]
    assert again["where"] == "key"
    # Sent before it vanished: the same answer, and the ticket as it stands now.
    assert window.post("/problems", wrong_name(key, reference="GONE")).json()["repeated"]
    assert happened(desk) == before
    assert desk.hub.problems.show(name, SYSTEM).ticket.state == "closed"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ({}, "unauthorized"),
        ({"Authorization": "Basic YTpi"}, "unauthorized"),
        ({"Authorization": "Bearer " + SECRET}, "key_refused"),
        ({"Authorization": "Bearer shuyuan_k_00000000_" + "x" * 43}, "key_refused"),
    ],
)
def test_who_has_no_key_is_told_how_to_come_in(desk: RunningDesk, header: dict[str, str], kind: str) -> None:
    with httpx.Client(base_url=desk.url, headers=header) as stranger:
        for path in ("/problems", "/tickets", "/corrections", "/catalog/resources"):
            answer = stranger.get(f"/api/v1{path}")
            assert told(answer, 401)["kind"] == kind
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_taken_back_opens_nothing_from_then_on(desk: RunningDesk, systems: Systems) -> None:
    one = systems.counter()
    assert one.get("/problems").status_code == 200

    desk.hub.api_keys.revoke(one.key.id, "test", MONDAY)

    assert "收回" in told(one.get("/problems"), 401)["detail"]


def test_a_key_does_what_it_was_issued_for_and_no_more(desk: RunningDesk, systems: Systems) -> None:
    reader = systems("sc", [Scope.PROBLEMS_READ])
    before = happened(desk)

    for path, body in (
        ("/problems", wrong_name("1")),
        ("/problems/T-20261121-0001/withdraw", {"reason": "x"}),
        ("/tickets/T-20261121-0001/accept", {}),
        ("/rules/check", {"document": "x"}),
        ("/rules", {"document": "x"}),
    ):
        answer = reader.post(path, body)
        assert told(answer, 403)["kind"] == "forbidden"
        assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
    told(reader.get("/tickets"), 403)
    told(reader.get("/corrections"), 403)
    assert happened(desk) == before


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"", 422),
        (b"\xff\xfe", 400),
        (b"[" * 2_000_000, 400),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
        (b"[1]", 422),
        (b'"text"', 422),
        (b'{"resource": "\\ud800"}', 422),
        (b"9" * 10_000, 400),
        (b" " * ((12 << 20) + 1), 413),
    ],
    ids=[
        "cut",
        "empty",
        "not utf-8",
        "deep list",
        "deep object",
        "list",
        "text",
        "half a character",
        "number",
        "large",
    ],
)
def test_a_body_that_is_no_report_is_refused(desk: RunningDesk, window: System, content: bytes, status: int) -> None:
    before = happened(desk)

    answer = window.http.post("/api/v1/problems", content=content, headers={"Content-Type": "application/json"})

    told(answer, status)
    assert happened(desk) == before


def test_a_body_whose_size_is_not_announced_is_cut_off_as_well(window: System) -> None:
    answer = window.http.post(
        "/api/v1/problems",
        content=(b" " * (1 << 20) for _ in range(14)),
        headers={"Content-Type": "application/json"},
    )

    told(answer, 413)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "text/csv", 422),
        (b"a,b\n1,2\n", "text/csv", 422),
        ("resource,key,reason\n甲,乙,丙\n".encode("gbk"), "text/csv", 422),
        (b"resource,key,reason\n" + b"ga_household,1,x\n" * 10_001, "text/csv", 422),
        (b"resource,key,reason\n\0,\0,\0\n", "text/csv", 200),
        (b"resource,key,reason,reference\nga_household,1,x,a\0b\n", "text/csv", 200),
        (b'resource,key,reason\n"' + b"x" * 200_000 + b'",1,x\n', "text/csv", 422),
        (b"resource,key,reason\nga_household\n", "text/csv", 200),
        (b"{}", "application/json", 415),
        (b"x", "multipart/form-data", 400),
        (b"--b--\r\n", "multipart/form-data; boundary=b", 422),
    ],
    ids=[
        "empty", "other columns", "gbk", "too many", "zeros", "zero in a number", "long cell", "short row", "json", "no boundary", "no part",
    ],
)  # fmt: skip
def test_a_file_that_is_none_takes_nothing(
    desk: RunningDesk, window: System, content: bytes, kind: str, status: int
) -> None:
    before = happened(desk)

    answer = window.http.post("/api/v1/problems/bulk", content=content, headers={"Content-Type": kind})

    if status == 200:
        assert answer.status_code == 200, answer.text
        assert answer.json()["taken"] == 0
    else:
        told(answer, status)
    assert happened(desk) == before


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"}, {"cursor": "MjAyNi0xMS0yN1QxNjowMDowMH5ULTIwMjYxMTIxLTAwMDE"}, {"cursor": "%%"}, {"limit": 0},
        {"limit": 100_000}, {"limit": SECRET}, {"since": "yesterday"}, {"since": "2026-11-21T00:00:00"}, {"state": SECRET},
        {"cursor": "9" * 300}, {SECRET: "1"}, {"stat": "routed"},
    ],
)  # fmt: skip
def test_a_query_that_is_none_is_told(window: System, query: dict[str, Any]) -> None:
    told(window.get("/problems", params=query), 422)


def test_what_is_not_there_is_told_as_problem_details_too(window: System) -> None:
    told(window.get("/nothing"), 404)
    told(window.get("/problems/T-20261121-9999"), 404)
    told(window.get("/problems/" + SECRET), 422)
    told(window.http.delete("/api/v1/problems"), 405)
    told(window.http.get("/api/nothing"), 404)
    told(window.http.get("/api/v1/problems/%0A/x"), 404)
    told(window.http.get("/api/v1/problems/%0A"), 422)


def test_a_fault_of_ours_tells_nothing_of_its_inside(
    desk: RunningDesk, window: System, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError(f"parameters: {SECRET}")

    monkeypatch.setattr(desk.hub.problems, "reported_by", broken)

    answer = window.get("/problems")

    assert told(answer, 500)["kind"] == "internal_fault"
    assert "ValueError" not in answer.text
    assert "ValueError at test_api_bad_input.py" in caplog.text
    assert SECRET not in caplog.text


def test_what_is_unavailable_says_when_to_come_again(
    desk: RunningDesk, window: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.hub.problems.viewer._pointer, "current", lambda: None)

    answer = window.post("/problems", wrong_name("330203199001010018"))

    assert told(answer, 503)["kind"] == "unavailable"
    assert int(answer.headers["Retry-After"]) > 0


def test_every_answer_is_closed_to_other_hosts_and_kept_by_no_cache(desk: RunningDesk, window: System) -> None:
    for answer in (window.get("/problems"), window.get("/nothing"), window.http.get("/api/docs")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
