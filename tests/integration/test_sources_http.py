"""Interfaces as sources, against a real server on this machine: pages, tokens, continuing, and everything that goes wrong."""

from __future__ import annotations

import json
import logging
import threading
import traceback
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from intake_home import COLUMNS, NOW, Home, citizen, feed

from catalog.documents import load_city
from ground.errors import DocumentError, Unavailable, UserError
from pipelines.intake import fetch_http
from pipelines.intake.store import Outcome

SECRET = "s3cret-of-the-test"
Answer = tuple[int, dict[str, str], bytes]


class Server:
    """A server that answers as a test says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.answer: Callable[[str, dict[str, str]], Answer] = lambda path, query: (404, {}, b"")
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _reply(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = parse_qs(self.rfile.read(length).decode())
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in {**parse_qs(url.query), **body}.items()}
                server.asked.append((url.path, query, {name.lower(): value for name, value in self.headers.items()}))
                status, headers, content = server.answer(url.path, query)
                self.send_response_only(status)  # without a date of its own
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _reply

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    one = Server()
    yield one
    one.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    one = Home(tmp_path / "home", environment={"TOKEN": SECRET})
    yield one
    one.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses that would have been made."""
    made: list[float] = []
    monkeypatch.setattr(fetch_http.fetch, "__kwdefaults__", {**fetch_http.fetch.__kwdefaults__, "sleep": made.append})
    return made


def record(number: int, name: str = "张伟", at: str = "2026-10-01 08:00:00") -> dict[str, Any]:
    row = [citizen(number), f"{name}{number}", f"1380000{number:04d}", at]
    return dict(zip(COLUMNS, row, strict=True))


def body(records: list[dict[str, Any]], **more: Any) -> bytes:
    return json.dumps({"data": {"items": records}, **more}, ensure_ascii=False).encode()


def declared(server: Server, mode: str = "increment", **source: Any) -> dict[str, Any]:
    return feed(
        "api", mode, source={"kind": "http", "url": f"{server.url}/people", **source},
        format={"kind": "json", "records": "data.items"},
    )  # fmt: skip


def numbered(records: list[dict[str, Any]], size: int) -> Callable[[str, dict[str, str]], Answer]:
    def answer(_: str, query: dict[str, str]) -> Answer:
        start = (int(query["page"]) - 1) * size
        return 200, {}, body(records[start : start + size], total=len(records))

    return answer


@pytest.mark.duty("R-062")
def test_pages_are_asked_for_until_one_is_empty_and_landed_as_they_came(home, server):
    people = [record(n) for n in range(5)]
    server.answer = numbered(people, 2)
    home.declare(declared(server, "full", paging={"kind": "page", "size_parameter": "size", "size": 2}))
    (one,) = home.run("api")
    assert (one.outcome, one.rows_taken, one.rows_gone, one.period) == (Outcome.TAKEN, 5, 0, "2026-11")
    assert [query["page"] for _, query, _ in server.asked] == ["1", "2", "3", "4"]
    assert {query["size"] for _, query, _ in server.asked} == {"2"}
    (payload,) = (home.root / "landing" / "api" / "2026-11" / "0001").glob("payload*")
    with zipfile.ZipFile(payload) as archive:
        assert archive.namelist() == ["page-00001.json", "page-00002.json", "page-00003.json"]
        assert archive.read("page-00003.json") == body(people[4:], total=5)
    (again,) = home.run("api", minutes=5)
    assert again.outcome is Outcome.UNCHANGED, "the same answers make the same archive"
    assert home.replay(one.id).rows_taken == 5
    assert not list((home.root / "spill").glob("api*"))


def test_a_server_that_gives_less_than_it_was_asked_for_is_read_to_its_end(home, server):
    people = [record(n) for n in range(7)]

    def answer(_: str, query: dict[str, str]) -> Answer:
        start = int(query["offset"])
        return 200, {}, body(people[start : start + 3], total=7)  # it was asked for 100

    server.answer = answer
    home.declare(declared(server, "full", paging={"kind": "offset", "size": 100, "total": "total"}))
    (one,) = home.run("api")
    assert one.rows_taken == 7
    assert [query["offset"] for _, query, _ in server.asked] == ["0", "3", "6"]


def test_a_mark_leads_from_page_to_page(home, server):
    pages = {None: ([record(0)], "m1"), "m1": ([], "m2"), "m2": ([record(1), record(2)], None)}
    server.answer = lambda _, query: (
        200, {}, body(pages[query.get("cursor")][0], next=pages[query.get("cursor")][1]),
    )  # fmt: skip
    home.declare(declared(server, paging={"kind": "cursor", "at": "next"}))
    assert [one.rows_taken for one in home.run("api")] == [3], "an empty page with a successor is not the end"


@pytest.mark.parametrize("in_body", [True, False])
def test_a_next_link_is_followed_with_its_own_parameters(home, server, in_body):
    def answer(path: str, query: dict[str, str]) -> Answer:
        after = int(query.get("after", "0"))
        link = f"/people?after={after + 1}" if after < 2 else None
        headers = {"Link": f'<{server.url}{link}>; rel="next"'} if link and not in_body else {}
        return 200, headers, body([record(after)], next=link if in_body else None)

    server.answer = answer
    paging = {"kind": "next_link", **({"at": "next"} if in_body else {})}
    home.declare(declared(server, paging=paging, parameters={"kind": "all"}))
    assert [one.rows_taken for one in home.run("api")] == [3]
    assert [query for _, query, _ in server.asked] == [{"kind": "all"}, {"after": "1"}, {"after": "2"}]


def test_a_next_link_to_another_server_is_not_followed(home, server):
    server.answer = lambda *_: (200, {}, body([record(0)], next="https://elsewhere.example/people"))
    home.declare(declared(server, paging={"kind": "next_link", "at": "next"}, headers={"X-Token": "${TOKEN}"}))
    with pytest.raises(Unavailable, match="another server"):
        home.run("api")
    assert len(server.asked) == 1
    assert home.deliveries() == 0


def test_pages_of_lines_are_counted_by_their_lines(home, server):
    people = [record(n) for n in range(3)]
    lines = [json.dumps(one, ensure_ascii=False) for one in people]

    def answer(_: str, query: dict[str, str]) -> Answer:
        start = (int(query["page"]) - 1) * 2
        return 200, {}, "\n".join(lines[start : start + 2]).encode()

    server.answer = answer
    home.declare(declared(server, paging={"kind": "page"}) | {"format": {"kind": "jsonl"}})
    assert [one.rows_taken for one in home.run("api")] == [3]


# --- continuing ---------------------------------------------------------------------------------------------------


def since(server: Server, people: list[dict[str, Any]]) -> None:
    def answer(_: str, query: dict[str, str]) -> Answer:
        return 200, {}, body([one for one in people if one["更新时间"] > query.get("since", "")])

    server.answer = answer


def test_the_next_run_goes_on_from_the_highest_value_that_was_taken(home, server):
    people = [record(0, at="2026-11-01 08:00:00"), record(1, at="2026-11-03 09:30:00")]
    since(server, people)
    rule = {"parameter": "since", "item": "updated_at", "format": "%Y-%m-%d %H:%M:%S", "first": "1900-01-01 00:00:00"}
    home.declare(declared(server, since=rule))
    assert [one.rows_taken for one in home.run("api")] == [2]
    assert home.run("api", minutes=1) == [], "nothing new is no delivery"
    people.append(record(2, at="2026-11-04 10:00:00"))
    (one,) = home.run("api", minutes=2)
    assert (one.rows_in, one.rows_changed, len(home.names())) == (1, 1, 3)
    assert [query["since"] for _, query, _ in server.asked] == [
        "1900-01-01 00:00:00", "2026-11-03 09:30:00", "2026-11-03 09:30:00",
    ]  # fmt: skip


def test_what_was_refused_is_asked_for_again(home, server):
    people = [{**record(n), "姓名": ""} for n in range(3)]
    since(server, people)
    home.declare(declared(server, since={"parameter": "since", "item": "updated_at"}))
    assert [one.outcome for one in home.run("api")] == [Outcome.REFUSED]
    for number, one in enumerate(people):
        one["姓名"] = f"李娜{number}"
    assert [one.rows_taken for one in home.run("api", minutes=1)] == [3]
    assert all("since" not in query for _, query, _ in server.asked)


def test_the_time_of_the_last_delivery_may_be_asked_from_with_an_overlap(home, server):
    server.answer = lambda *_: (200, {}, body([record(len(server.asked))]))
    home.declare(declared(server, since={"parameter": "from", "format": "%Y%m%d%H%M", "overlap_minutes": 30}))
    for minutes in (0, 60):
        home.run("api", minutes=minutes)
    assert [query.get("from") for _, query, _ in server.asked] == [None, f"{NOW:%Y%m%d}1430"]


def test_check_asks_for_one_page_and_takes_nothing(home, server):
    server.answer = numbered([record(n) for n in range(6)], 2)
    home.declare(declared(server, "full", paging={"kind": "page"}))
    (reading,) = home.service.check("api", NOW)
    assert (reading.rows, reading.refusal, home.deliveries(), len(server.asked)) == (2, None, 0, 1)


# --- going wrong --------------------------------------------------------------------------------------------------


def test_busy_and_broken_answers_are_asked_for_again_with_growing_pauses(home, server, pauses):
    answers: list[Answer] = [
        (429, {"Retry-After": "7"}, b""), (503, {}, b""), (502, {}, b""), (200, {}, body([record(0)])),
    ]  # fmt: skip
    server.answer = lambda *_: answers.pop(0)
    home.declare(declared(server))
    assert [one.rows_taken for one in home.run("api")] == [1]
    assert pauses == [7.0, 2.0, 4.0]


def test_a_date_to_wait_for_is_held_against_the_servers_own_clock(home, server, pauses):
    answers: list[Answer] = [
        (503, {"Retry-After": "Sat, 21 Nov 2026 07:00:42 GMT", "Date": "Sat, 21 Nov 2026 07:00:00 GMT"}, b""),
        (200, {}, body([record(0)])),
    ]  # fmt: skip
    server.answer = lambda *_: answers.pop(0)
    home.declare(declared(server))
    home.run("api")
    assert pauses == [42.0]


WRONG: dict[str, tuple[Callable[[str, dict[str, str]], Answer], dict[str, Any], str]] = {
    "the same page for ever": (
        lambda *_: (200, {}, body([record(0)])), {"paging": {"kind": "page"}}, "does not turn the page"),
    "pages without end": (
        lambda _, query: (200, {}, body([record(int(query["page"]))])),
        {"paging": {"kind": "page"}, "page_limit": 5}, "After 5 pages"),
    "another number than it says": (
        lambda _, query: (200, {}, body([record(int(query["offset"]))] if int(query["offset"]) < 3 else [], total=9)),
        {"paging": {"kind": "offset", "size": 1, "total": "total"}}, "has 9 records and its pages hold 3"),
    "an error page that says 200": (
        lambda *_: (200, {}, b"<html>login</html>"), {"paging": {"kind": "page"}}, "no JSON"),
    "records that are not there": (
        lambda *_: (200, {}, b'{"code": 1, "message": "no grant"}'), {"paging": {"kind": "page"}}, "data.items"),
    "a token that is refused": (lambda *_: (401, {}, b""), {}, "Check the token"),
    "an answer without records and without pages": (lambda *_: (200, {}, b"{}"), {}, "data.items"),
    "a redirection": (lambda *_: (302, {"Location": "https://elsewhere.example"}, b""), {}, "not followed"),
    "a server that stays broken": (lambda *_: (500, {}, b""), {"retries": 1}, "answered 500"),
    "a pause beyond all patience": (lambda *_: (429, {"Retry-After": "86400"}, b""), {}, "no whole answer in time"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_goes_wrong_is_said_and_nothing_of_the_run_is_taken(home, server, pauses, case):
    server.answer, source, says = WRONG[case]
    home.declare(declared(server, **source))
    with pytest.raises(Unavailable, match=says):
        home.run("api")
    assert home.deliveries() == 0
    assert not list((home.root / "spill").glob("api*"))
    (note,) = (home.root / "landing" / "api" / "failed").glob("*.json")
    assert json.loads(note.read_text(encoding="utf-8"))["outcome"] == "unavailable"


def test_an_interface_that_is_empty_does_not_empty_the_city(home, server):
    server.answer = lambda *_: (200, {}, body([]))
    home.declare(declared(server, "full", paging={"kind": "page"}))
    with pytest.raises(Unavailable, match="tombstone"):
        home.run("api")


def test_nobody_there_is_asked_as_often_as_was_agreed(home, server, pauses):
    server.close()
    home.declare(declared(server, retries=3))
    with pytest.raises(Unavailable, match="ConnectError"):
        home.run("api")
    assert pauses == [1.0, 2.0, 4.0]


# --- credentials --------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-197")
def test_a_token_goes_to_the_server_and_nowhere_else(home, server, caplog):
    def answer(path: str, query: dict[str, str]) -> Answer:
        if path == "/token":
            return 200, {}, json.dumps({"access": {"token": f"{query['client_secret']}-granted"}}).encode()
        return (200, {}, body([record(0)])) if query.get("page") == "1" else (500, {}, b"")

    server.answer = answer
    home.declare(
        declared(
            server, paging={"kind": "page"}, retries=0, headers={"X-App": "${TOKEN}"}, parameters={"appkey": "${TOKEN}"},
            token={"url": f"{server.url}/token", "form": {"client_secret": "${TOKEN}"}, "at": "access.token"},
        )
    )  # fmt: skip
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as fault:
        home.run("api")
    _, query, headers = server.asked[1]
    assert (query["appkey"], headers["x-app"], headers["authorization"]) == (SECRET, SECRET, f"Bearer {SECRET}-granted")
    assert SECRET not in caplog.text and SECRET not in str(fault.value)
    told = "".join(traceback.format_exception(fault.value))
    assert SECRET not in told and "page=2" not in told, "a fault of httpx holds the whole request"
    kept = [path for path in home.root.rglob("*") if path.is_file()]
    assert kept and not any(SECRET.encode() in path.read_bytes() for path in kept)


def test_a_variable_that_is_not_set_is_named(home, server):
    home.environment = {}
    home.declare(declared(server, headers={"X-App": "${TOKEN}", "Authorization": "Bearer ${OTHER}"}))
    with pytest.raises(UserError, match="OTHER, TOKEN"):
        home.run("api")
    assert server.asked == []


@pytest.mark.parametrize(
    ("source", "says"),
    [({"headers": {"Authorization": "Bearer abc"}}, "headers.Authorization"),
     ({"parameters": {"appKey": "abc"}}, "parameters.appKey"),
     ({"token": {"url": "https://x.example", "form": {"client_secret": "abc"}}}, "token.form.client_secret"),
     ({"url": "https://user:secret@x.example/"}, "no user in url"),
     ({"url": "https://x.example/?page=1"}, "write the query into parameters"),
     ({"since": {"parameter": "since", "item": "name"}}, "since.item"),
     ({"since": {"parameter": "since", "item": "nothing"}}, "since.item"),
     ({"paging": {"kind": "page", "size": 5}}, "size_parameter")],
)  # fmt: skip
def test_what_a_document_may_not_say_is_refused_with_its_place(home, server, source, says):
    home.declare(declared(server, **source))
    with pytest.raises(DocumentError) as fault:
        load_city(home.root / "city")
    assert says in str(fault.value)
    assert "abc" not in str(fault.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"format": {"kind": "csv"}}, "paging answers in json"),
     ({"format": {"kind": "zip", "content": {"kind": "json"}}}, "archived by the hub"),
     ({"format": {"kind": "rows"}}, "sql source"),
     ({"mode": "full"}, "mode increment")],
)  # fmt: skip
def test_a_form_that_does_not_go_with_an_interface_is_refused(home, server, changes, says):
    home.declare(declared(server, paging={"kind": "page"}, since={"parameter": "since"}) | changes)
    with pytest.raises(DocumentError, match=says):
        load_city(home.root / "city")
