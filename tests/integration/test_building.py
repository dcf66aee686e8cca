"""Builds over a real lake: increments, history, repairs, marks, what an interrupted build leaves behind."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from ground.errors import RefusedData
from hub.hub import Hub
from pipelines import discovery
from pipelines.fusion import service as fusion_service
from pipelines.serving import Reader

ME = Reader("tester", "测试")
HOUSEHOLD = "inbox/ga/hukou_2026-11.csv"
COMPANY = "inbox/sc/company_2026-11.csv"


@pytest.fixture(scope="module")
def built(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Path(shutil.copytree(small_city, tmp_path_factory.mktemp("city") / "home"))
    hub = Hub(home)
    start = datetime.fromisoformat("2026-11-21T15:00:00+08:00")
    hub.load_catalogue(start)
    for feed in hub.city.feeds:
        hub.intake.run(feed.id, start)
    hub.builder.run(start)
    hub.close()
    return home


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "home"))


@pytest.fixture
def later(now: datetime) -> datetime:
    return now + timedelta(days=2)


def rewrite(path: Path, encoding: str, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    with path.open(encoding=encoding, newline="") as stream:
        rows = list(csv.DictReader(stream))
    changed = change(rows)
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(changed)


def deliver(home: Path, now: datetime, *feeds: str) -> None:
    hub = Hub(home)
    for feed in feeds:
        outcomes = [one.outcome.value for one in hub.intake.run(feed, now)]
        assert outcomes[-1] == "taken"
    hub.close()


def build(home: Path, now: datetime, *, full: bool = False):
    hub = Hub(home)
    try:
        return hub.builder.run(now, full=full)
    finally:
        hub.close()


def ask(home: Path, query: str, now: datetime) -> list[dict]:
    hub = Hub(home)
    try:
        return hub.serving.sql(query, ME, now).to_pylist()
    finally:
        hub.close()


def some_change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Names and addresses of a few change, two people leave, one arrives."""
    for row in rows[20:26]:
        row["姓名"] = row["姓名"][:1] + "改"
    for row in rows[30:33]:
        row["户籍地址"] = row["户籍地址"] + "附1号"
    newcomer = dict(rows[40], 公民身份号码="11010519491231002X", 姓名="新来", 出生日期="19491231", 性别="2")
    return rows[:50] + rows[52:] + [newcomer]


@pytest.mark.duty("R-067", "R-071")
def test_an_increment_gives_the_rows_and_findings_of_a_full_build(home: Path, tmp_path: Path, later: datetime) -> None:
    rewrite(home / HOUSEHOLD, "gbk", some_change)
    deliver(home, later, "ga_household")
    other = Path(shutil.copytree(home, tmp_path / "other"))
    increment, whole = build(home, later), build(other, later, full=True)
    assert [one.mode for one in increment.built] == ["increment", *["unchanged"] * (len(increment.built) - 1)]
    assert {one.mode for one in whole.built} == {"full"}
    assert [(one.residue, one.ambiguous) for one in increment.built] == [
        (one.residue, one.ambiguous) for one in whole.built
    ]
    assert increment.built[0].deleted == whole.built[0].deleted
    assert increment.built[0].inserted == 1
    for table, key in (("population", "citizen_id"), ("legal_person", "credit_code")):
        query = f"SELECT * FROM {table} ORDER BY {key}"
        assert ask(home, query, later) == ask(other, query, later)
    findings = "SELECT resource, row_key, item, rule, gone_since IS NULL AS present FROM finding ORDER BY ALL"
    assert ask(home, findings, later) == ask(other, findings, later)
    history = "SELECT * FROM population_history ORDER BY citizen_id"
    assert ask(home, history, later) == ask(other, history, later)


def test_no_value_is_overwritten_without_its_history(home: Path, later: datetime) -> None:
    before = ask(home, "SELECT citizen_id, name FROM population ORDER BY 1", later)
    rewrite(home / HOUSEHOLD, "gbk", some_change)
    deliver(home, later, "ga_household")
    build(home, later)
    after = {row["citizen_id"]: row["name"] for row in ask(home, "SELECT citizen_id, name FROM population", later)}
    kept = ask(home, "SELECT citizen_id, name, recorded_to, change FROM population_history", later)
    replaced = {row["citizen_id"] for row in before if after.get(row["citizen_id"]) != row["name"]}
    assert replaced
    assert replaced <= {row["citizen_id"] for row in kept}
    lost = {row["citizen_id"] for row in before} - set(after)
    assert lost == {row["citizen_id"] for row in kept if row["change"] == "deleted"}
    assert {row["recorded_to"] for row in kept} == {datetime(2026, 11, 23, 7, 0)}


def test_a_build_with_nothing_new_publishes_nothing(home: Path, later: datetime) -> None:
    report = build(home, later)
    assert not report.published
    assert all(one.mode == "unchanged" for one in report.built)


@pytest.mark.duty("R-178")
def test_a_repaired_delivery_closes_its_ticket_and_clears_the_mark(home: Path, later: datetime) -> None:
    hub = Hub(home)
    [ticket] = [one for one in hub.tickets.list() if one.rule == "ga_household.sex.code"]
    hub.close()
    marked = "SELECT citizen_id FROM population WHERE sex__disputed ORDER BY 1"
    disputed = [row["citizen_id"] for row in ask(home, marked, later)]
    assert len(disputed) >= ticket.findings_total

    def repair(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in rows:
            if row["性别"] not in ("0", "1", "2", "9"):
                row["性别"] = "1" if int(row["公民身份号码"][16]) % 2 else "2"
        return rows

    rewrite(home / HOUSEHOLD, "gbk", repair)
    deliver(home, later, "ga_household")
    report = build(home, later)
    assert ticket.id in report.closed
    hub = Hub(home)
    history = hub.tickets.show(ticket.id)
    hub.close()
    assert history.ticket.state.value == "closed"
    assert "ga_household/2026-11/0002" in str(history.events[-1])
    still = [row["citizen_id"] for row in ask(home, marked, later)]
    assert len(still) == len(disputed) - ticket.findings_total


def test_a_ticket_stays_open_while_one_finding_stays(home: Path, later: datetime) -> None:
    fixed = []

    def repair_one(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in rows:
            if row["性别"] not in ("", "0", "1", "2", "9") and not fixed:
                row["性别"] = "1" if int(row["公民身份号码"][16]) % 2 else "2"
                fixed.append(row["公民身份号码"])
        return rows

    rewrite(home / HOUSEHOLD, "gbk", repair_one)
    deliver(home, later, "ga_household")
    report = build(home, later)
    hub = Hub(home)
    [ticket] = [one for one in hub.tickets.list() if one.rule == "ga_household.sex.code"]
    hub.close()
    assert ticket.id not in report.closed
    assert ticket.findings_open == ticket.findings_total - 1


def test_disagreeing_sources_open_a_ticket_on_the_authority(home: Path, now: datetime) -> None:
    hub = Hub(home)
    tickets = {one.rule: one for one in hub.tickets.list()}
    hub.close()
    assert tickets["agreement.population.name"].department == "ga"
    assert tickets["agreement.legal_person.name"].department == "sc"
    rows = ask(home, "SELECT name__agreement, name__disputed FROM population WHERE name__agreement = 'differs'", now)
    assert rows
    assert all(row["name__disputed"] for row in rows)


def test_an_interruption_between_publication_and_tickets_is_made_good(
    home: Path, later: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worse(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        rows[60]["民族"] = "XX"
        return rows

    rewrite(home / HOUSEHOLD, "gbk", worse)
    deliver(home, later, "ga_household")
    hub = Hub(home)
    known = {one.id for one in hub.tickets.list()}

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hub.follower, "open_from_findings", killed)
    with pytest.raises(KeyboardInterrupt):
        hub.builder.run(later)
    assert {one.id for one in hub.tickets.list()} == known
    assert [one.kind for one in hub.pointer.waiting()] == ["tickets", "corrections"]
    hub.close()
    report = build(home, later + timedelta(minutes=5))
    again = Hub(home)
    assert any("ethnicity" in one.rule for one in again.tickets.list() if one.id in report.opened)
    assert again.pointer.waiting() == []
    again.close()


def test_a_refused_audit_leaves_readers_where_they_were(
    home: Path, later: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask(home, "SELECT * FROM population ORDER BY 1", later)
    rewrite(home / HOUSEHOLD, "gbk", some_change)
    deliver(home, later, "ga_household")

    def refuse(*_: object) -> None:
        raise RefusedData("检查未通过", "a check failed")

    # Once in the transaction that writes the library, once after it was committed.
    for place, name in ((fusion_service, "_refuse_uneven"), (discovery.Discoverer, "run")):
        with monkeypatch.context() as patched:
            patched.setattr(place, name, refuse)
            with pytest.raises(RefusedData):
                build(home, later)
    assert ask(home, "SELECT * FROM population ORDER BY 1", later) == before
    report = build(home, later)
    assert report.published
    assert "base.population" in report.restored
    assert report.built[0].mode == "increment"
    changed = ask(home, "SELECT count(*) AS n FROM population WHERE name LIKE '%改'", later)
    assert changed[0]["n"] == 6
    # The version that was never published stands in no history: each changed key was closed once.
    twice = ask(home, "SELECT citizen_id FROM population_history GROUP BY 1 HAVING count(*) > 1", later)
    assert twice == []


def test_a_changed_register_ends_the_versions_of_the_old_shape(home: Path, later: datetime) -> None:
    path = home / "city" / "register.yaml"
    register = yaml.safe_load(path.read_text(encoding="utf-8"))
    del register["libraries"]["population"]["items"]["former_name"]
    register["libraries"]["population"]["items"]["name"].pop("also_agrees_with")
    path.write_text(yaml.safe_dump(register, allow_unicode=True, sort_keys=False), encoding="utf-8")
    rows = ask(home, "SELECT count(*) AS n FROM population", later)[0]["n"]
    report = build(home, later)
    assert report.published
    assert report.built[0].mode == "first"
    kept = ask(home, "SELECT change, count(*) AS n FROM population_history GROUP BY 1", later)
    assert kept == [{"change": "register_changed", "n": rows}]
    differing = ask(home, "SELECT count(*) AS n FROM population WHERE name__agreement = 'differs'", later)[0]["n"]
    # Those who changed their names are now thought to differ: the register, not the code, decides.
    assert differing > ask(home, "SELECT count(*) AS n FROM finding WHERE rule = 'x'", later)[0]["n"]


def test_a_reissued_code_joins_the_rows_of_one_person(home: Path, later: datetime) -> None:
    [row] = ask(
        home,
        "SELECT citizen_id, name FROM population WHERE name__agreement = 'agreed' ORDER BY citizen_id LIMIT 1",
        later,
    )
    new = "11010519491231002X"
    (home / "city/feeds/ga_reissued.yaml").write_text(
        yaml.safe_dump(
            {
                "id": "ga_reissued",
                "resource": {
                    "id": "ga_reissued", "title": "公民身份号码更正", "department": "ga", "system": "人口信息管理系统",
                    "storage_format": "database", "provision_mode": "file", "share_until": "长期",
                    "sharing": {"class": "unconditional"},
                    "opening": {"class": "not", "reason": "个人隐私", "legal_basis": "海曙办法第三十二条"},
                    "update_cycle": "daily", "key": ["old_id"],
                    "items": [
                        {"id": "old_id", "title": "原号码", "element": "citizen_id", "required": True},
                        {"id": "new_id", "title": "现号码", "element": "citizen_id", "required": True},
                    ],
                },
                "source": {"kind": "file", "path": "ga/reissued_{period}.csv"},
                "format": {"kind": "csv", "encoding": "utf-8"},
                "mode": "increment",
                "columns": {"原号码": "old_id", "现号码": "new_id"},
            },
            allow_unicode=True,
        ),
        encoding="utf-8",
    )  # fmt: skip
    path = home / "city" / "register.yaml"
    register = yaml.safe_load(path.read_text(encoding="utf-8"))
    register["libraries"]["population"]["aliases"] = [{"resource": "ga_reissued", "alias": "old_id", "key": "new_id"}]
    path.write_text(yaml.safe_dump(register, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def reissue(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for one in rows:
            if one["公民身份号码"] == row["citizen_id"]:
                one["公民身份号码"] = new
        return rows

    # Police know the new number; the tax bureau still delivers the old one.
    rewrite(home / HOUSEHOLD, "gbk", reissue)
    (home / "inbox/ga/reissued_20261122.csv").write_text(
        f"原号码,现号码\n{row['citizen_id']},{new}\n", encoding="utf-8"
    )
    deliver(home, later, "ga_household", "ga_reissued")
    build(home, later)
    rows = ask(home, f"SELECT citizen_id, name, name__agreement, phone__source FROM population WHERE citizen_id IN ('{new}', '{row['citizen_id']}')", later)  # fmt: skip
    assert rows == [
        {"citizen_id": new, "name": row["name"], "name__agreement": "agreed", "phone__source": "sw_social_insurance"}
    ]


@pytest.mark.duty("R-100", "R-197")
def test_every_query_is_in_the_ledger_before_its_rows(home: Path, now: datetime) -> None:
    from ledger import store

    ask(home, "SELECT name FROM population WHERE citizen_id = '420102195804025350'", now)
    hub = Hub(home)
    with hub.database.begin() as connection:
        entries = list(store.entries(connection))
    hub.close()
    assert [one.phase.value for one in entries][:2] == ["use", "served"] or {one.phase.value for one in entries} == {
        "use",
        "served",
    }
    uses = [one for one in entries if one.phase.value == "use"]
    assert uses[0].user == "tester"
    assert uses[0].purpose == "测试"
    assert "420102195804025350" not in uses[0].content
    assert "population" in uses[0].content


def test_no_ledger_no_data(home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    from ground.errors import Unavailable

    hub = Hub(home)
    with hub.database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_entry")
    with pytest.raises(Unavailable):
        hub.serving.sql("SELECT 1 AS one", ME, now)
    hub.close()
