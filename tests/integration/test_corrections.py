"""Share again: whoever used a value that was put right is told, and nobody else; machines read it key by key."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from accounts.api_key import Scope
from accounts.model import Account, Role
from exchange.corrections.service import Shared
from ground.errors import NotFound, Unavailable, UserError
from hub.hub import Hub
from ledger import store as ledger_store
from notices.model import Topic
from pipelines.serving import Reader
from portal.cli.app import main
from quality.tickets.handling import TicketHandling
from quality.tickets.permissions import Actor
from quality.tickets.states import EVENT_WORDS, STATE_WORDS, Event, Stage, State
from warehouse.publication import outbox

START = datetime.fromisoformat("2026-11-21T15:00:00+08:00")
DAY = timedelta(days=1)
HOUSEHOLD = "inbox/ga/hukou_2026-11.csv"
RULE = "ga_household.sex.code"
CODES = ("0", "1", "2", "9")
BY_SEX = {
    "id": "population_by_sex", "title": "分性别人口数", "description": "各性别人数。", "library": "population",
    "kind": "statistic", "department": "ga", "update_cycle": "monthly", "licence": "公共数据开放许可（署名）",
    "themes": ["人口与社会"],
    "statistic": {
        "measure_title": "人数",
        "dimensions": [{"name": "gender", "title": "性别", "kind": "code", "column": "sex", "code_list": "sex"}],
    },
    "consents": [{"department": "sw", "document": "税函〔2026〕12号", "dated": "2026-03-02"}],
    "assessment": {"document": "数安评〔2026〕3号", "dated": "2026-03-10", "by": "数据安全评估组"},
    "reviews": [
        {"reviewer": name, "unit": unit, "document": "开放审核单", "dated": "2026-03-12", "verdict": "approved"}
        for name, unit in (("李审核", "公安局"), ("周审核", "大数据主管机构"))
    ],
}  # fmt: skip


def sex_of(citizen_id: str) -> str:
    return "1" if int(citizen_id[16]) % 2 else "2"


def rewrite(home: Path, change: Callable[[list[dict[str, str]]], None]) -> None:
    path = home / HOUSEHOLD
    with path.open(encoding="gbk", newline="") as stream:
        rows = list(csv.DictReader(stream))
    change(rows)
    with path.open("w", encoding="gbk", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def repair(rows: list[dict[str, str]]) -> None:
    for row in rows:
        if row["性别"] not in CODES:
            row["性别"] = sex_of(row["公民身份号码"])


def read(hub: Hub, user: str, query: str, now: datetime) -> list[dict]:
    return hub.serving.sql(query, Reader(user, "测试"), now).to_pylist()


def deliver(home: Path, now: datetime) -> list[str]:
    """Take the police's file and build; the tickets closed."""
    hub = Hub(home)
    try:
        assert hub.intake.run("ga_household", now)[-1].outcome.value == "taken"
        return list(hub.builder.run(now + timedelta(minutes=5)).closed)
    finally:
        hub.close()


class Told:
    """A city in which a value was wrong, was used, and was put right."""

    def __init__(self, home: Path) -> None:
        self.home = home
        hub = self.hub = Hub(home)
        officer = Account(id="zhangw", name="张伟", role=Role.REPORTER, department="sw")
        hub.accounts.add(officer, "Correct-horse-7-battery", "root", START)
        scopes = [Scope.CORRECTIONS_READ]
        self.checking, _ = hub.api_keys.issue(
            "核验系统", "sw", scopes, "root", START, callback_url="https://sw.example/c"
        )
        self.police, _ = hub.api_keys.issue("户籍系统", "ga", scopes, "root", START)
        self.company, _ = hub.api_keys.issue("登记系统", "sc", scopes, "root", START)
        [self.ticket] = [one.id for one in hub.tickets.list() if one.rule == RULE]
        (home / "city/releases/population_by_sex.yaml").write_text(yaml.safe_dump(BY_SEX, allow_unicode=True), "utf-8")
        when = START + DAY
        said = "SELECT citizen_id FROM ga_household WHERE sex NOT IN ('0', '1', '2', '9')"
        self.wrong = [row["citizen_id"] for row in read(hub, "公安局", said, when)]
        read(hub, "张伟 (person:zhangw)", "SELECT name, sex FROM population", when)
        read(hub, "zhangw", "SELECT sex FROM population", when)
        read(hub, f"核验系统 (key:{self.checking.id})", "SELECT count(*) AS n FROM population", when)
        read(hub, "nobody-knows", "SELECT sex FROM population", when)
        read(hub, "elsewhere", "SELECT name FROM legal_person", when)
        with pytest.raises(UserError):
            read(hub, "failed", "SELECT nothing_of_that_name FROM population", when)
        steward = Actor("person:steward", "质管", Role.STEWARD)
        [*mine] = hub.problems.findings(self.ticket, steward)
        hub.problems.reveal(self.ticket, mine[0].fingerprint, steward, "核对", when)
        other = next(one for one in hub.tickets.list() if one.rule == "agreement.population.name")
        seen = hub.problems.findings(other.id, steward)[0]
        hub.problems.reveal(other.id, seen.fingerprint, Actor("person:elsewhere", "他人", Role.STEWARD), "核对", when)
        self.release = hub.releases.publish("population_by_sex", Reader("root", "公布"), when).release
        hub.close()
        rewrite(home, repair)
        self.closed = deliver(home, START + 2 * DAY)
        self.hub = Hub(home)
        read(self.hub, "late", "SELECT sex FROM population", START + 3 * DAY)

    @property
    def shared(self) -> Shared:
        [one] = self.hub.corrections.of_ticket(self.ticket)
        return one

    def notices(self, recipient: str) -> list:
        return [
            one.notice
            for one in self.hub.notices.inbox(recipient)
            if one.notice.topic is Topic.CORRECTION and one.notice.about == self.ticket
        ]


@pytest.fixture(scope="module")
def built(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Path(shutil.copytree(small_city, tmp_path_factory.mktemp("city") / "home"))
    hub = Hub(home)
    hub.load_catalogue(START)
    for feed in hub.city.feeds:
        hub.intake.run(feed.id, START)
    hub.builder.run(START)
    hub.close()
    return home


@pytest.fixture(scope="module")
def prepared(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The city after the repair; copied by every test that opens it."""
    one = Told(Path(shutil.copytree(built, tmp_path_factory.mktemp("told") / "home")))
    one.hub.close()
    return one


@pytest.fixture
def after(prepared: Told) -> Path:
    return prepared.home


@pytest.fixture(scope="module")
def told(prepared: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    one = copy(prepared)
    one.hub = Hub(Path(shutil.copytree(prepared.home, tmp_path_factory.mktemp("read") / "home")))
    yield one
    one.hub.close()


@pytest.mark.duty("R-178")
def test_only_who_used_the_old_value_is_told(told: Told) -> None:
    assert told.ticket in told.closed
    known = {one.receiver for one in told.shared.receivers if one.known}
    assert known == {"person:zhangw", f"key:{told.checking.id}", "department:ga"}
    assert {one.user for one in told.shared.receivers if not one.known} == {"nobody-knows", "质管 (person:steward)"}
    assert {one.receiver for one in told.shared.receivers if one.via} == {"department:ga"}
    for recipient in known:
        assert len(told.notices(recipient)) == 1
    for recipient in ("person:late", "person:elsewhere", "department:sc", "department:sw", f"key:{told.company.id}"):
        assert not told.notices(recipient)


def test_the_evidence_is_the_entries_of_the_ledger(told: Told) -> None:
    mine = [one for one in told.shared.receivers if one.receiver == "person:zhangw"]
    assert sorted((one.user, one.uses) for one in mine) == [("zhangw", 1), ("张伟 (person:zhangw)", 1)]
    with told.hub.database.begin() as connection:
        entries = {one.seq: one for one in ledger_store.entries(connection, limit=1000)}
    for one in mine:
        assert one.first_entry is not None
        assert entries[one.first_entry].user == one.user
        assert "population" in entries[one.first_entry].content


@pytest.mark.duty("R-178")
def test_the_story_of_the_ticket_ends_with_the_sharing(told: Told) -> None:
    history = told.hub.tickets.show(told.ticket)
    assert [one.event for one in history.events[-2:]] == [Event.REPAIRED, Event.CORRECTION_SHARED]
    assert history.ticket.state is State.CLOSED
    assert STATE_WORDS[history.ticket.state][2] is Stage.SHARE
    last = history.events[-1].payload
    assert last["told"] == 3
    assert last["not_reached"] == 2
    assert last["batches"] == ["ga_household/2026-11/0002"]
    assert EVENT_WORDS[Event.CORRECTION_SHARED][0] == "更正再共享"


@pytest.mark.duty("R-183")
def test_the_notice_names_item_and_batches_and_no_key(told: Told) -> None:
    [notice] = told.notices(f"key:{told.checking.id}")
    assert notice.payload["corrections"] == [
        {
            "item": "sex", "kind": "changed", "records": len(told.wrong),
            "batch_before": "ga_household/2026-11/0001", "batch_after": "ga_household/2026-11/0002",
        }
    ]  # fmt: skip
    assert notice.payload["feed"] == {"after": 0, "until": len(told.wrong)}
    said = f"{notice.subject_zh}{notice.body_zh}{notice.body_en}{notice.payload}"
    assert not [key for key in told.wrong if key in said]
    assert "更正" in notice.subject_zh


def test_the_publisher_is_told_of_the_release_and_the_list_marks_it(told: Told) -> None:
    [notice] = told.notices("department:ga")
    assert notice.payload["releases"] == [told.release]
    assert told.release in notice.body_zh
    assert told.shared.outdated == [told.release]
    assert [one.ticket for one in told.hub.corrections.shared(outdated=True)] == [told.ticket]


def test_a_release_that_is_published_again_is_no_longer_marked(after: Path, tmp_path: Path) -> None:
    hub = Hub(Path(shutil.copytree(after, tmp_path / "home")))
    [before] = hub.corrections.shared(outdated=True)
    hub.releases.publish("population_by_sex", Reader("root", "公布"), START + 4 * DAY)
    assert hub.corrections.shared(outdated=True) == []
    [again] = hub.corrections.of_ticket(before.ticket)
    assert again.receivers == before.receivers
    hub.close()


@pytest.mark.duty("R-178")
def test_the_feed_tells_key_item_and_batches_to_whom_it_concerns(told: Told) -> None:
    when = START + 4 * DAY

    def feed(key, after: int = 0, limit: int = 100):
        actor = Actor(f"key:{key.id}", key.name, Role.PROVIDER, key.department)
        return told.hub.corrections.feed(after, limit, actor, when)

    for entitled in (told.police, told.checking):  # the owner of the resource, and who used the old value
        page = feed(entitled)
        assert sorted(row.row_key for row in page.rows if row.row_key) == sorted(told.wrong)
        assert {(row.item, row.batch_before, row.batch_after) for row in page.rows} == {
            ("sex", "ga_household/2026-11/0001", "ga_household/2026-11/0002")
        }
        assert not page.more
    other = feed(told.company)
    assert [row.row_key for row in other.rows] == [None] * len(told.wrong)
    assert [row.fingerprint for row in other.rows] == [row.fingerprint for row in feed(told.police).rows]


def test_the_feed_is_read_page_by_page_and_each_page_is_in_the_ledger(told: Told) -> None:
    actor = Actor(f"key:{told.police.id}", "户籍系统", Role.PROVIDER, "ga")
    when = START + 5 * DAY
    whole = told.hub.corrections.feed(0, 100, actor, when).rows
    seen, place, more = [], 0, True
    while more:
        page = told.hub.corrections.feed(place, 1, actor, when)
        seen += page.rows
        place, more = page.next, page.more
    assert seen == whole
    assert [row.seq for row in whole] == list(range(1, len(told.wrong) + 1))
    assert told.hub.corrections.feed(place, 100, actor, when).rows == []
    with told.hub.database.begin() as connection:
        entries = ledger_store.entries(connection, since=when, limit=100)
    uses = [one for one in entries if one.phase.value == "use"]
    assert len(uses) == len(whole) + 2
    assert all(f"key:{told.police.id}" in one.user and '"corrections":"feed"' in one.content for one in uses)
    for after_, limit in ((-1, 10), (0, 0), (0, 100_000)):
        with pytest.raises(UserError):
            told.hub.corrections.feed(after_, limit, actor, when)


def test_no_ledger_no_corrections(after: Path, tmp_path: Path) -> None:
    hub = Hub(Path(shutil.copytree(after, tmp_path / "home")))
    with hub.database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_entry")
    with pytest.raises(Unavailable):
        hub.corrections.feed(0, 10, Actor("key:k", "系统", Role.PROVIDER, "ga"), START + 4 * DAY)
    hub.close()


def test_a_receiver_says_that_it_knows_and_lists_mask_the_keys(after: Path, tmp_path: Path) -> None:
    hub = Hub(Path(shutil.copytree(after, tmp_path / "home")))
    [shared] = hub.corrections.shared()
    person = Actor("person:zhangw", "张伟", Role.REPORTER, "sw")
    assert hub.corrections.acknowledge(shared.ticket, person, START + 4 * DAY) == 2
    assert hub.corrections.acknowledge(shared.ticket, person, START + 5 * DAY) == 0
    [again] = hub.corrections.of_ticket(shared.ticket)
    settled = {one.receiver for one in again.receivers if one.acknowledged_at == START + 4 * DAY}
    assert settled == {"person:zhangw"}
    assert {(row.row_key or "")[3:] for row in hub.corrections.keys(again)} == {"****"}
    with pytest.raises(NotFound):
        hub.corrections.of_ticket("T-19000101-0001")
    hub.close()


def test_carried_out_again_it_changes_nothing(after: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(after, tmp_path / "home"))
    hub = Hub(home)
    [before] = hub.corrections.shared()
    story = hub.tickets.show(before.ticket).events
    count = len(hub.notices.inbox("person:zhangw", limit=1000))
    with hub.database.begin() as connection:
        connection.execute(sa.update(outbox).where(outbox.c.kind == "corrections").values(done_at=None))
    hub.builder.run(START + 6 * DAY)
    assert hub.pointer.waiting() == []
    assert hub.corrections.shared() == [before]
    assert hub.tickets.show(before.ticket).events == story
    assert len(hub.notices.inbox("person:zhangw", limit=1000)) == count
    hub.close()


def test_wrong_again_and_right_again_tells_those_who_used_it_since(after: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(after, tmp_path / "home"))
    hub = Hub(home)
    [before] = hub.corrections.shared()
    hub.close()
    broken: list[str] = []

    def break_it(rows: list[dict[str, str]]) -> None:
        rows[60]["性别"] = "7"
        broken.append(rows[60]["公民身份号码"])

    rewrite(home, break_it)
    deliver(home, START + 7 * DAY)
    hub = Hub(home)
    read(hub, "zhangw", "SELECT sex FROM population", START + 8 * DAY)
    hub.close()
    rewrite(home, repair)
    closed = deliver(home, START + 9 * DAY)
    hub = Hub(home)
    [again] = [one for one in hub.corrections.shared() if one.ticket != before.ticket]
    assert again.ticket in closed
    assert {one.receiver for one in again.receivers} == {"person:zhangw"}
    assert {(one.batch_before, one.batch_after) for one in again.corrections} == {
        ("ga_household/2026-11/0003", "ga_household/2026-11/0004")
    }
    # The feed goes on where it was.
    assert [one.seq for one in again.corrections] == [before.records + 1]
    page = hub.corrections.feed(before.records, 10, Actor("key:k", "户籍", Role.PROVIDER, "ga"), START + 9 * DAY)
    assert [row.row_key for row in page.rows] == broken
    # Wrong a second time in the same record: a ticket of its own, and whoever read the right value in between is left alone.
    read(hub, "late", "SELECT sex FROM population", START + 10 * DAY)
    hub.close()
    rewrite(home, break_it)
    deliver(home, START + 11 * DAY)
    hub = Hub(home)
    read(hub, "公安局", "SELECT sex FROM population", START + 12 * DAY)
    hub.close()
    rewrite(home, repair)
    deliver(home, START + 13 * DAY)
    hub = Hub(home)
    third = hub.corrections.shared()[0]
    assert {one.receiver for one in third.receivers} == {"department:ga"}
    hub.close()


def test_a_part_that_was_put_right_is_told_while_the_ticket_stays_open(built: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(built, tmp_path / "home"))
    hub = Hub(home)
    read(hub, "公安局", "SELECT sex FROM population", START + DAY)
    hub.close()
    fixed: list[str] = []

    def repair_one(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["性别"] not in CODES and row["性别"] and not fixed:
                row["性别"] = sex_of(row["公民身份号码"])
                fixed.append(row["公民身份号码"])

    rewrite(home, repair_one)
    assert deliver(home, START + 2 * DAY) == []
    hub = Hub(home)
    [shared] = hub.corrections.shared()
    ticket = hub.tickets.show(shared.ticket)
    assert ticket.ticket.is_open
    assert shared.records == 1
    assert [one.event for one in ticket.events][-1] is Event.FINDINGS_GONE
    assert {one.receiver for one in shared.receivers} == {"department:ga"}
    hub.close()


def test_two_tickets_with_the_same_item_and_batches_keep_their_keys_apart(built: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(built, tmp_path / "home"))
    hub = Hub(home)
    steward = Actor("person:steward", "质管", Role.STEWARD)
    [whole] = [one.id for one in hub.tickets.list() if one.rule == RULE]
    first, *others = [one.fingerprint for one in hub.problems.findings(whole, steward)]
    _, split = TicketHandling(hub.tickets).split(whole, steward, START + DAY, fingerprints=[first])
    # Only the one that was split off was looked at: its ticket alone has somebody to tell.
    hub.problems.reveal(split.id, first, Actor("person:he", "何某", Role.STEWARD), "核对", START + DAY)
    hub.close()
    rewrite(home, repair)
    assert {whole, split.id} <= set(deliver(home, START + 2 * DAY))
    hub = Hub(home)
    shared = {one.ticket: one for one in hub.corrections.shared()}
    assert set(shared) == {whole, split.id}
    assert not any(of.alone for one in shared.values() for of in one.corrections)
    page = hub.corrections.feed(0, 100, Actor("key:k", "户籍", Role.PROVIDER, "ga"), START + 3 * DAY)
    assert [(row.ticket, row.fingerprint) for row in page.rows if row.ticket == split.id] == [(split.id, first)]
    assert {row.fingerprint for row in page.rows if row.ticket == whole} == set(others)
    assert [row.seq for row in page.rows] == list(range(1, len(others) + 2))
    assert [one.user for one in shared[split.id].receivers] == ["何某 (person:he)"]
    assert shared[whole].receivers == []
    hub.close()


def test_corrections_by_command(after: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = str(shutil.copytree(after, tmp_path / "home"))

    def run(*words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["correction", *words, "--home", home, "--now", "2026-11-26T09:00"])
        assert ended.value.code == 0
        return capsys.readouterr().out

    [listed] = json.loads(run("list", "--json"))
    assert listed["releases_with_old_values"] == [
        "population-by-sex/" + listed["releases_with_old_values"][0].partition("/")[2]
    ]
    assert listed["not_reached"] == ["nobody-knows", "质管 (person:steward)"]
    assert listed["ticket"] in run("list", "--outdated")
    said = run("show", listed["ticket"])
    assert "值已更正" in said
    assert "person:zhangw" in said
    [shown] = json.loads(run("show", listed["ticket"], "--json"))
    assert {row["row_key"][3:] for row in shown["keys"]} == {"****"}
