"""The pages of the desk without a browser: who gets in, who sees what, what a form answers, what every answer carries."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from desk_city import MONDAY, PASSWORD, build_desk_city, sound_person, ticket_on
from running_desk import RunningDesk

from accounts.model import Role
from ground.errors import UserError
from hub.hub import Hub
from ledger import store
from ledger.entry import Kind as Use
from pipelines.problems.correcting import Correction
from pipelines.serving import Reader
from portal.cli.demo_accounts import make_demo_accounts
from portal.web import pages, queue_page
from quality.tickets.permissions import SYSTEM, Actor
from quality.tickets.states import State

WHO = Reader("test", "the desk is tested")
PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(200)


@pytest.fixture(scope="module")
def built_home(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("desk_pages") / "home"
    shutil.copytree(small_city, home)
    build_desk_city(home)
    return home


@pytest.fixture
def home(built_home: Path, tmp_path: Path) -> Path:
    """A copy: tests change it."""
    return Path(shutil.copytree(built_home, tmp_path / "home"))


class Visitor:
    """Somebody with a browser that only knows HTML."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, _told(answer.text))
        return unescape(answer.text)

    def token(self, path: str = "/") -> str:
        return re.search(r'name="csrf" value="([^"]+)"', self.get(path))[1]

    def post(self, path: str, status: int = 200, files: dict | None = None, **fields: object) -> str:
        data = {"csrf": self.token(), **{name.replace("__", "."): value for name, value in fields.items()}}
        answer = self.client.post(path, data=data, files=files)
        assert answer.status_code == status, (path, answer.status_code, _told(answer.text))
        return unescape(answer.text)

    def step(self, ticket: str, name: str, status: int = 200, **fields: object) -> str:
        seen = re.search(r'name="seen" value="(\d+)"', self.get(f"/tickets/{ticket}"))
        said = {"seen": seen[1]} if seen else {}
        return self.post(f"/tickets/{ticket}/do/{name}", status, **(said | fields))


def _told(html: str) -> list[str]:
    alert = html.partition('role="alert"')[2] or html
    return re.findall(r"<p[^>]*>(.*?)</p>", alert)[:4]


@pytest.fixture
def desk(home: Path) -> Iterator[Callable[[str | None], Visitor]]:
    """``desk("ga")``: a visitor who has signed in; ``desk(None)``: one who has not."""
    running = RunningDesk(home, MONDAY)
    running.start()
    opened: list[httpx.Client] = []

    def visitor(account: str | None) -> Visitor:
        client = httpx.Client(base_url=running.url, follow_redirects=True, timeout=60)
        opened.append(client)
        if account is not None:
            token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)[1]
            form = {"csrf": token, "account": account, "password": PASSWORD, "next": "/"}
            assert client.post("/sign-in", data=form, follow_redirects=False).status_code == 303
        return Visitor(client)

    visitor.running = running  # type: ignore[attr-defined]
    yield visitor
    for client in opened:
        client.close()
    running.stop()


@pytest.fixture
def hub(desk) -> Hub:
    return desk.running.hub


# --- coming in ----------------------------------------------------------------------------------------------------


def test_nobody_sees_anything_before_signing_in(desk, hub) -> None:
    client = desk(None).client
    ticket = hub.tickets.list()[0].id
    for path in ("/", f"/tickets/{ticket}", "/report", "/report/many", "/notices", f"/tickets/{ticket}/advice"):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"), path
    for path in (f"/tickets/{ticket}/do/accept", "/batch", "/report", "/notices/read", f"/tickets/{ticket}/records/x"):
        answer = client.post(path, data={"csrf": "x"})
        assert answer.status_code == 401 and "没有执行" in answer.text, path
    assert hub.tickets.show(ticket).ticket.state is State.ROUTED


def test_a_wrong_password_keeps_the_name_and_the_sixth_is_told_until_when(desk) -> None:
    client = desk(None).client
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)[1]
    form = {"csrf": token, "account": "ga", "password": "not this one", "next": "/"}
    first = client.post("/sign-in", data=form)
    assert first.status_code == 401 and 'value="ga"' in first.text and "登录名或密码不正确" in first.text
    for _ in range(4):
        last = client.post("/sign-in", data=form)
    assert re.search(r"已锁定至 2026-11-23 \d\d:\d\d:\d\d", last.text)
    assert "not this one" not in last.text
    right = client.post("/sign-in", data=form | {"password": PASSWORD})
    assert right.status_code == 401


def test_after_signing_in_one_is_led_to_no_other_house(desk) -> None:
    for away in ("https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"):
        client = desk(None).client
        token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)[1]
        form = {"csrf": token, "account": "ga", "password": PASSWORD, "next": away}
        assert client.post("/sign-in", data=form, follow_redirects=False).headers["location"] == "/", away


def test_signing_out_ends_the_session(desk) -> None:
    one = desk("ga")
    token = one.client.cookies["shuyuan_session"]
    one.post("/sign-out")
    other = desk(None)
    other.client.cookies.set("shuyuan_session", token)
    assert other.client.get("/", follow_redirects=False).status_code == 303


def test_a_form_without_its_token_does_nothing(desk, hub) -> None:
    one, ticket = desk("ga"), ticket_on(hub, "ga_household.sex.code")
    for forged in ({}, {"csrf": "x"}, {"csrf": ""}, {"csrf": "别人的"}):
        answer = one.client.post(f"/tickets/{ticket}/do/accept", data=forged)
        assert answer.status_code == 403 and "未执行任何操作" in answer.text
    other = desk("sw").token()
    assert one.client.post(f"/tickets/{ticket}/do/accept", data={"csrf": other}).status_code == 403
    assert one.client.post("/sign-in", data={"account": "ga", "password": PASSWORD}).status_code == 403
    assert hub.tickets.show(ticket).ticket.state is State.ROUTED


# --- what answers carry -------------------------------------------------------------------------------------------


def test_every_answer_is_closed_to_other_hosts_and_kept_by_no_cache(desk) -> None:
    one = desk("steward").client
    for path, kept in (
        ("/", "no-store"),
        ("/sign-in", "no-store"),
        ("/nowhere", "no-store"),
        ("/static/desk.css", "public"),
    ):
        answer = one.get(path, follow_redirects=False)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"].startswith(kept)
    cookie = desk(None).client.get("/sign-in").headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    # Behind a server that speaks https for us, as uvicorn is told by it on this machine.
    secure = desk(None).client.get("/sign-in", headers={"x-forwarded-proto": "https"}).headers
    assert "secure" in secure["set-cookie"].lower() and "strict-transport-security" in secure


def test_pages_hold_no_inline_script_style_or_foreign_address(desk, hub) -> None:
    one, ticket = desk("steward"), ticket_on(hub, "ga_household.sex.code")
    for path in ("/", f"/tickets/{ticket}", "/report?resource=ga_household", "/notices", "/report/many"):
        html = one.get(path)
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", html), path
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", html), path


def test_every_page_says_that_its_rules_are_repealed(desk) -> None:
    html = desk("ga").get("/")
    assert "宁波市海曙区公共数据管理暂行办法" in html and "已废止" in html


def test_what_there_is_none_of_is_told_in_words(desk) -> None:
    one = desk("ga")
    assert "没有这个页面" in one.get("/nowhere", 404)
    assert "没有这张工单" in one.get("/tickets/T-20260101-0001", 404)
    assert "没有这个操作" in one.post("/tickets/T-20260101-0001/do/dance", 404)


# --- who sees what ------------------------------------------------------------------------------------------------


def test_everybody_sees_the_own_tickets_only(desk, hub) -> None:
    of_police, of_tax = ticket_on(hub, "ga_household.sex.code"), ticket_on(hub, "sw_social_insurance.phone.number")
    every = {one.id for one in hub.tickets.list()}
    shown = {
        name: set(re.findall(r"T-\d{8}-\d{4}", desk(name).get("/"))) for name in ("steward", "ga", "sw", "counter")
    }
    assert shown["steward"] == every
    assert shown["ga"] == {one.id for one in hub.tickets.list(department="ga")} and of_police in shown["ga"]
    assert shown["sw"] == {one.id for one in hub.tickets.list(department="sw")} and of_tax in shown["sw"]
    assert shown["counter"] == set()
    desk("sw").get(f"/tickets/{of_police}", 404)
    desk("counter").get(f"/tickets/{of_police}", 404)
    desk("sw").post(f"/tickets/{of_police}/do/accept", 404)
    desk("counter").post(f"/tickets/{of_police}/records/x", 404, purpose="look")


def test_a_step_of_another_role_is_refused_and_not_offered(desk, hub) -> None:
    ticket = ticket_on(hub, "ga_household.sex.code")
    officer, steward = desk("ga"), desk("steward")
    assert 'id="do-corrected"' in officer.get(f"/tickets/{ticket}")
    assert 'id="do-urgent"' not in officer.get(f"/tickets/{ticket}")
    officer.step(ticket, "urgent", 403, until="2026-11-25", reason="x")
    assert 'id="do-corrected"' not in steward.get(f"/tickets/{ticket}")
    assert 'id="do-urgent"' in steward.get(f"/tickets/{ticket}")
    steward.step(ticket, "corrected", 403, how="x", way="later")


def test_no_value_is_on_any_page_before_it_is_looked_at_and_looking_is_logged(desk, hub) -> None:
    ticket = ticket_on(hub, "ga_household.birth_date.matches_id")
    query = (
        "SELECT h.* FROM ga_household h JOIN finding f ON f.row_key = h.citizen_id "
        "WHERE f.rule = 'ga_household.birth_date.matches_id'"
    )
    records = hub.serving.sql(query, WHO, MONDAY).to_pylist()
    values = {str(row[name]) for row in records for name in ("citizen_id", "birth_date", "address", "household_no")}
    for name in ("steward", "ga"):
        for path in ("/", f"/tickets/{ticket}", f"/tickets/{ticket}/advice"):
            html = desk(name).get(path)
            assert not [one for one in values if one in html], (name, path)
    officer = desk("ga")
    fingerprint = re.search(r"/records/([0-9a-f]+)\"", officer.get(f"/tickets/{ticket}"))[1]
    before = _accesses(hub)
    officer.post(f"/tickets/{ticket}/records/{fingerprint}", 422, purpose=" ")
    assert _accesses(hub) == before
    html = officer.post(f"/tickets/{ticket}/records/{fingerprint}", purpose="核对出生日期")
    assert [row for row in records if row["citizen_id"] in html and str(row["birth_date"]) in html]
    assert "权威来源" in html and _accesses(hub) == before + 1
    officer.post(f"/tickets/{ticket}/records/{'0' * 64}", 404, purpose="look")


def _accesses(hub: Hub) -> int:
    with hub.database.begin() as connection:
        return sum(one.kind is Use.ACCESS for one in store.entries(connection))


# --- forms --------------------------------------------------------------------------------------------------------


def test_a_refused_report_keeps_what_was_typed_and_is_not_taken(desk, hub) -> None:
    clerk, number = desk("counter"), len(hub.tickets.list())
    said = {
        "resource": "ga_household",
        "kind": "wrong_value",
        "item": "address",
        "reason": "窗口核对",
        "key__citizen_id": "420101190001011234",
    }
    html = clerk.post("/report", 422, **said)
    assert "没有该主键的记录" in html and "窗口核对" in html and "420101190001011234" in html
    person = sound_person(hub, MONDAY)
    good = said | {"key__citizen_id": person["citizen_id"]}
    html = clerk.post("/report", 422, files={"file": ("photo.png", PROGRAM)}, **good)
    assert "窗口核对" in html
    clerk.post("/report", 422, **(good | {"reason": " "}))
    clerk.post("/report", 422, **(good | {"item": ""}))
    clerk.post("/report", 422, **(good | {"kind": "findings"}))
    clerk.post("/report", 422, **(good | {"observed_at": "yesterday"}))
    clerk.post("/report", 422, **(good | {"resource": "no_such"}))
    assert len(hub.tickets.list()) == number


@pytest.mark.duty("R-184")
def test_a_report_sent_twice_by_form_is_one_and_its_file_is_for_who_may_see_it(desk, hub) -> None:
    person, clerk = sound_person(hub, MONDAY), desk("counter")
    once = re.search(r'name="once" value="([^"]+)"', clerk.get("/report?resource=ga_household"))[1]
    said = {
        "resource": "ga_household", "kind": "wrong_value", "item": "address", "reason": "窗口核对户口簿",
        "key__citizen_id": person["citizen_id"], "once": once,
    }  # fmt: skip
    number = len(hub.tickets.list())
    first = clerk.post("/report", files={"file": ("户口簿.txt", "首页".encode())}, **said)
    again = clerk.post("/report", **said)
    assert "已收到" in first and "没有重复登记" in again
    assert len(hub.tickets.list()) == number + 1
    ticket, place = re.search(r'href="(/attachments/(T-[\d-]+)/[^"]+)"', first).group(2, 1)
    file = clerk.client.get(place)
    assert file.content == "首页".encode() and file.headers["content-disposition"].startswith("attachment")
    assert desk("steward").client.get(place).status_code == 200
    assert desk("sw").client.get(place).status_code == 404
    # Who reports a problem learns no value by it.
    fingerprint = hub.problems.findings(ticket, SYSTEM)[0].fingerprint
    clerk.post(f"/tickets/{ticket}/records/{fingerprint}", 403, purpose="look")
    # In clear to who wrote it, and to nobody else before the record is looked at.
    assert person["citizen_id"] in clerk.get(f"/tickets/{ticket}")
    assert person["citizen_id"] not in desk("steward").get(f"/tickets/{ticket}")


def test_a_file_of_reports_is_answered_row_by_row(desk, hub) -> None:
    person, clerk = sound_person(hub, MONDAY), desk("counter")
    rows = (
        "resource,key,item,reason\n"
        f"ga_household,{person['citizen_id']},address,对不上\n"
        f"ga_household,{person['citizen_id']},no_such,对不上\n"
        "ga_household,420101190001011234,address,对不上\n"
    )
    html = clerk.post("/report/many", files={"file": ("many.csv", rows.encode())})
    assert "已登记 1 行，未登记 2 行" in html and "没有信息项 no_such" in html and "没有该主键的记录" in html
    assert (
        "header"
        not in clerk.post("/report/many", 422, files={"file": ("many.csv", b"a,b\n1,2\n")}).partition("表头应为")[0][
            -50:
        ]
    )
    clerk.post("/report/many", 422, files={"file": ("many.csv", b"\xff\xfe\x00")})
    assert clerk.client.get("/report/many/template.csv").content.startswith("\ufeffkind,resource".encode())


def test_an_answer_without_its_evidence_is_refused_with_what_was_typed(desk, hub) -> None:
    ticket, officer = ticket_on(hub, "ga_household.sex.code"), desk("ga")
    html = officer.step(ticket, "confirmed", 422, check="与档案逐条核对", basis=" ")
    assert "须写明依据" in html and "与档案逐条核对" in html and 'id="do-confirmed" open' in html
    html = officer.step(ticket, "talked", 422, record="电话沟通", review_on="2029-01-01")
    assert "一年以内" in html and "电话沟通" in html
    html = officer.step(ticket, "corrected", 422, how="更正", way="values")
    assert "至少填写一条" in html
    html = officer.step(ticket, "corrected", 422, how="更正", way="file", files={"file": ("c.csv", b"no_such\n1\n")})
    assert "更正" in html
    officer.step(ticket, "accept")
    html = officer.step(ticket, "extension", 422, cause="调档", until="2027-03-01")
    assert "60个自然日" in html and "调档" in html and 'value="2027-03-01"' in html
    assert hub.tickets.show(ticket).ticket.state is State.ACCEPTED


@pytest.mark.duty("R-181")
def test_who_reviews_reads_what_is_asked_beside_the_decision(desk, hub) -> None:
    ticket, officer = ticket_on(hub, "ga_household.sex.code"), desk("ga")
    assert "待审内容" not in officer.get(f"/tickets/{ticket}")
    officer.step(ticket, "accept")
    officer.step(ticket, "extension", cause="须向外地调档", until="")
    acts = desk("steward").get(f"/tickets/{ticket}").partition('class="acts"')[2]
    assert acts.index("待审内容") < acts.index("须向外地调档") < acts.index("同意延期")


def test_who_comes_second_is_told_who_was_first(desk, hub) -> None:
    ticket, first, second = ticket_on(hub, "ga_household.sex.code"), desk("ga"), desk("ga2")
    seen = re.search(r'name="seen" value="(\d+)"', second.get(f"/tickets/{ticket}"))[1]
    first.step(ticket, "accept")
    html = second.post(f"/tickets/{ticket}/do/confirmed", 409, seen=seen, check="核对过", basis="档案")
    assert "有人先办理了" in html and "李警官（公安局）已“签收”" in html and "核对过" in html
    assert hub.tickets.show(ticket).ticket.state is State.ACCEPTED


def test_a_correction_on_the_record_page_is_taken_or_told_why_not(desk, hub) -> None:
    ticket, officer = ticket_on(hub, "ga_household.birth_date.matches_id"), desk("ga")
    fingerprint = re.search(r"/records/([0-9a-f]+)\"", officer.get(f"/tickets/{ticket}"))[1]
    place = f"/tickets/{ticket}/records/{fingerprint}/correct"
    html = officer.post(place, 422, purpose="核对", why="更正", value__birth_date="昨天")
    assert "birth_date" in html and 'value="昨天"' in html
    html = officer.post(place, purpose="核对", why="按档案更正", value__birth_date="1981-01-20")
    assert "更正已接收，批次 ga_household_form/" in html
    assert desk("steward").post(place, 403, purpose="核对", why="x", value__birth_date="1981-01-20")


def test_rows_of_one_correction_empty_no_value_that_nobody_spoke_of(hub) -> None:
    ticket = ticket_on(hub, "ga_household.sex.code")
    officer = Actor("person:ga", "李警官", Role.PROVIDER, "ga")
    rows = [{"citizen_id": "1", "sex": "1"}, {"citizen_id": "2", "ethnicity": "01"}]
    with pytest.raises(UserError, match="相同的信息项"):
        hub.problems.correct(ticket, officer, MONDAY, Correction(rows=rows))


def test_demo_accounts_are_made_once_with_passwords_for_their_owner_alone(small_city: Path, tmp_path: Path) -> None:
    hub = Hub(Path(shutil.copytree(small_city, tmp_path / "demo")))
    hub.upgrade()
    try:
        path = make_demo_accounts(hub, MONDAY)
        said = path.read_text(encoding="utf-8")
        assert path.stat().st_mode & 0o777 == 0o600
        accounts = {line.split("\t")[0]: line.split("\t")[1] for line in said.splitlines()}
        assert set(accounts) == {"steward", "ga"}  # the small city has no department for the counter
        assert hub.accounts.authenticate("ga", accounts["ga"], MONDAY).department == "ga"
        make_demo_accounts(hub, MONDAY)
        assert path.read_text(encoding="utf-8") == said
    finally:
        hub.close()


def test_many_are_accepted_at_once_and_what_could_not_be_is_told(desk, hub) -> None:
    police = [one.id for one in hub.tickets.list(department="ga")]
    officer = desk("ga")
    officer.step(police[0], "accept")
    html = officer.post("/batch", do="accept", pick=police, back="/")
    assert f"已签收 {len(police) - 1} 张" in html and "未办 1 张" in html and f"{police[0]}：" in html
    assert {hub.tickets.show(one).ticket.state for one in police} == {State.ACCEPTED}
    officer.post("/batch", 422, do="accept")
    steward = desk("steward")
    assert "已归组" in steward.post("/batch", do="group", name="换系统", pick=police[:2], back="/?group=")
    assert set(re.findall(r"T-\d{8}-\d{4}", steward.get("/?group=换系统"))) == set(police[:2])


def test_the_queue_is_walked_page_by_page_and_narrowed(desk, hub, monkeypatch) -> None:
    monkeypatch.setattr(queue_page, "PAGE", 4)
    steward, path, found = desk("steward"), "/", []
    while path:
        html = steward.get(path)
        found += re.findall(r'class="id" href="/tickets/([^"]+)"', html)
        following = re.search(r'href="([^"]+)" rel="next"', html)
        path = following[1] if following else ""
    assert found == [one.id for one in hub.tickets.list()] and len(found) == len(set(found)) > 8
    only = steward.get("/?resource=ga_household&rule=ga_household.sex.code&state=routed")
    assert re.findall(r'class="id" href="/tickets/([^"]+)"', only) == [ticket_on(hub, "ga_household.sex.code")]
    assert "没有符合条件的工单" in steward.get("/?overdue=1")
    steward.get("/?after=nonsense", 422)


def test_what_is_too_large_is_refused_before_it_is_read(desk) -> None:
    one = desk("ga")
    cookie = "; ".join(f"{name}={value}" for name, value in one.client.cookies.items())
    head = f"POST /report/many HTTP/1.1\r\nHost: desk\r\nCookie: {cookie}\r\nContent-Length: {64 << 20}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", desk.running.port), timeout=60) as line:
        line.sendall(head.encode())
        answer = line.makefile("rb").read(4000).decode()
    assert answer.startswith("HTTP/1.1 422") and "20 MB" in answer


def test_a_fault_of_ours_tells_no_value_and_logs_none(desk, hub, monkeypatch, caplog) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("420101199001011234")

    one = desk("ga")
    monkeypatch.setattr(type(hub.problems), "queue", broken)
    html = one.get("/", 500)
    assert "系统内部故障" in html and "420101199001011234" not in html
    assert "RuntimeError" in caplog.text and "420101199001011234" not in caplog.text


def test_every_template_is_shown_by_some_page(desk, hub, monkeypatch) -> None:
    shown: set[str] = set()
    environment = pages._environment()
    original = environment.get_template
    monkeypatch.setattr(environment, "get_template", lambda name, *rest: (shown.add(name), original(name, *rest))[1])
    ticket, officer = ticket_on(hub, "ga_household.sex.code"), desk("ga")
    for path in ("/", f"/tickets/{ticket}", f"/tickets/{ticket}/advice", "/report", "/report/many", "/notices"):
        officer.get(path)
    fingerprint = re.search(r"/records/([0-9a-f]+)\"", officer.get(f"/tickets/{ticket}"))[1]
    officer.post(f"/tickets/{ticket}/records/{fingerprint}", purpose="look")
    officer.get("/nowhere", 404)
    desk(None).get("/sign-in")
    desk(None).client.post("/batch")
    kept = {path.name for path in (pages.HERE / "templates").iterdir()}
    assert kept <= shown
