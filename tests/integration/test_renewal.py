"""A server that runs on: what another process does to its home is what the next request is answered by, with one application."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path

import httpx
import pytest
import yaml
from loop_city import CLERK, STEWARD, A, LoopCity
from running_desk import RunningDesk
from typer.testing import CliRunner

from accounts.model import Account, Role
from catalog.cases.person import Part, Person
from hub.hub import Hub
from hub.renewal import EVERY, Renewal, mark
from notices.model import Topic
from policy.clock import SHANGHAI
from portal.cli.app import app
from quality.tickets.events import Channel, Kind
from quality.tickets.reports import ProblemReport

PASSWORD = "lantern-river-42"
YEAR_END = datetime(2026, 12, 29, 10, tzinfo=SHANGHAI)
NOTICE = {
    "years": {
        2027: {
            "status": "confirmed",
            "source": "国务院办公厅2027年通知（为测试所拟）",
            "rest": [
                {"first": first, "last": last, "festival": festival}
                for first, last, festival in [
                    ("2027-01-01", "2027-01-05", "new_year"), ("2027-02-05", "2027-02-11", "spring_festival"),
                    ("2027-04-05", "2027-04-05", "qingming"), ("2027-05-01", "2027-05-03", "labour_day"),
                    ("2027-06-09", "2027-06-09", "dragon_boat"), ("2027-09-15", "2027-09-15", "mid_autumn"),
                    ("2027-10-01", "2027-10-07", "national_day"),
                ]
            ],
        }
    }
}  # fmt: skip


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> LoopCity:
    city = LoopCity(tmp_path_factory.mktemp("renewal") / "home")
    city.start()
    city.hub.accounts.add(
        Account(id="li", name="李工", role=Role.STEWARD, department="bureau"), PASSWORD, "test", city.now
    )
    city.close()
    return city


@pytest.fixture
def city(started: LoopCity, tmp_path: Path) -> Iterator[LoopCity]:
    made = started.copy(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def desk(city: LoopCity) -> Iterator[httpx.Client]:
    """One running application, and somebody signed in at its desk."""
    running = RunningDesk(city.root, YEAR_END)
    running.start()
    try:
        with httpx.Client(base_url=running.url, follow_redirects=True, timeout=60) as client:
            found = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
            assert found
            form = {"csrf": found[1], "account": "li", "password": PASSWORD, "next": "/"}
            assert client.post("/sign-in", data=form).status_code == 200
            yield client
    finally:
        running.stop()


def page(desk: httpx.Client, path: str) -> str:
    answer = desk.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def command(city: LoopCity, *said: str) -> None:
    """Another process."""
    done = CliRunner().invoke(app, [*said, "--home", str(city.root), "--now", "2026-12-29T11:00"])
    assert done.exit_code == 0, done.output


def test_a_holiday_notice_of_another_process_counts_at_once(city: LoopCity, desk: httpx.Client, tmp_path: Path) -> None:
    report = ProblemReport(
        kind=Kind.WRONG_VALUE, resource="register", key=(A,), item="born", doubted="1990-01-01", proposed="1990-01-10",
        reason="出生证为 1 月 10 日",
    )  # fmt: skip
    one = city.hub.problems.route(
        city.hub.problems.report(report, CLERK, YEAR_END, Channel.FORM).ticket.id, STEWARD, YEAR_END
    )
    city.close()
    before = page(desk, f"/tickets/{one.id}")
    assert "2027-01-06" in before and "暂定" in before
    file = tmp_path / "2027.yaml"
    file.write_text(yaml.safe_dump(NOTICE, allow_unicode=True), encoding="utf-8")
    command(city, "calendar", "import", str(file))
    after = page(desk, f"/tickets/{one.id}")
    assert "2027-01-08" in after and "元旦放假" in after and "暂定" not in after


def test_another_city_s_rules_hold_at_once(city: LoopCity, desk: httpx.Client) -> None:
    assert "武汉市" not in page(desk, "/")
    command(city, "policy", "use", "wuhan")
    assert "武汉市" in page(desk, "/")


def test_a_published_entry_is_there_at_once_for_people_and_for_systems(city: LoopCity, desk: httpx.Client) -> None:
    bureau, police = Person("person:li", Part.AUTHORITY, "bureau"), Person("person:wang", Part.PROVIDER, "ga")
    entry = city.hub.city.resource("register")
    city.hub.load_catalogue(YEAR_END)
    changed = entry.model_copy(update={"title": "人口登记总表"})
    assert "人口登记总表" not in page(desk, "/report")
    city.hub.entries.request_change([changed], police, YEAR_END, cause="error")
    city.hub.entries.review(["register"], bureau, YEAR_END)
    assert "人口登记总表" not in page(desk, "/report")
    city.hub.entries.publish(["register"], police, YEAR_END)
    assert "人口登记总表" in page(desk, "/report")
    told = [one.notice for one in city.hub.notices.inbox("department:bureau")]
    assert [one.payload["event"] for one in told if one.topic is Topic.CATALOGUE_CHANGED] == ["change_published"]
    assert "register（人口登记总表）" in told[0].body_zh


def test_documents_that_do_not_hold_together_change_nothing_until_they_do(
    city: LoopCity, desk: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    path = city.root / "city" / "departments.yaml"
    text = path.read_text(encoding="utf-8")
    with caplog.at_level(logging.WARNING, logger="shuyuan.renewal"):
        path.write_text("departments: []\n", encoding="utf-8")
        page(desk, "/")
        page(desk, "/")
    assert len(caplog.records) == 1, "told once, not at every request"
    zh, en = (caplog.records[0].getMessage().find(one) for one in ("服务仍按此前的文件办理", "the server goes on by"))
    assert 0 <= zh < en
    path.write_text(text.replace("民政局", "民政和社会工作局"), encoding="utf-8")
    assert "民政和社会工作局" in page(desk, "/report") + page(desk, "/?department=mz")


def test_what_an_editor_wrote_over_in_place_is_seen_a_little_later(city: LoopCity) -> None:
    seconds = [0.0]
    renewal = Renewal(Hub(city.root), lambda: seconds[0])
    path = city.root / "city" / "resources" / "register.yaml"
    title = renewal.hub.city.resource("register").title
    path.write_text(path.read_text(encoding="utf-8").replace(title, "改过的登记"), encoding="utf-8")
    seconds[0] = EVERY / 2
    assert not renewal.due()
    seconds[0] = EVERY
    before = renewal.hub
    assert renewal.due()
    after = renewal.renew()
    assert after.city.resource("register").title == "改过的登记"
    assert before.city.resource("register").title == title, "who has begun goes on with what he began with"
    assert (after.database, renewal.renew(), renewal.due()) == (before.database, after, False)
    renewal.close()


def test_looking_costs_as_much_for_a_thousand_entries_as_for_one(city: LoopCity) -> None:
    before = len(mark(city.root))
    for number in range(1000):
        (city.root / "city" / "resources" / f"entry_{number}.yaml").write_text("id: x\n", encoding="utf-8")
    assert len(mark(city.root)) == before < 30
    assert len(mark(city.root, whole=True)) > 1000
