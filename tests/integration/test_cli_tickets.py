"""Tickets by command: who acts, every step to an outcome that is seen, lists and filters, reports, and what is refused."""

from __future__ import annotations

import getpass
import json
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from triage_city import NOVEMBER, UNKNOWN, name_of, number_of, phone_of

from accounts.model import Account, Role
from hub.hub import Hub
from policy.clock import SHANGHAI
from portal.cli.app import main
from quality.tickets.permissions import SYSTEM

NOW = "2026-11-13T09:00"
Run = Callable[..., tuple[int, str, str]]
Ask = Callable[..., Any]


@pytest.fixture
def home(triage_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(triage_home, tmp_path / "home"))


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str, now: str = NOW) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*words, "--home", str(home), "--now", now])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def ask(run: Run) -> Ask:
    """A command whose answer is JSON."""

    def call(*words: str, now: str = NOW, code: int = 0) -> Any:
        left, out, err = run(*words, "--json", now=now)
        assert left == code, err
        return json.loads(out)

    return call


@pytest.fixture
def officers(home: Path) -> None:
    """A steward and officers with accounts."""
    hub = Hub(home)
    for name, role, department in (
        ("li", Role.STEWARD, "bureau"), ("wang", Role.PROVIDER, "ga"), ("chen", Role.PROVIDER, "sw"), ("sun", Role.REPORTER, "jy"),
    ):  # fmt: skip
        one = Account(id=name, name=f"{name}某", role=role, department=department)
        hub.accounts.add(one, f"correct horse {name}", "test", NOVEMBER)
    hub.close()


def of_rule(ask: Ask, rule: str) -> str:
    """The newest ticket of a rule."""
    found = ask("ticket", "list", "--rule", rule)
    return str(max(one["id"] for one in found))


NAME = "ga_person.name.form"


# --- who acts -----------------------------------------------------------------------------------------------------


def test_an_account_acts_in_its_own_name_and_for_its_own_department(officers: None, ask: Ask, run: Run) -> None:
    ticket = of_rule(ask, NAME)
    code, _, err = run("ticket", "accept", ticket, "--as", "chen")
    assert code == 2 and "没有这张工单" in err
    code, _, err = run("ticket", "accept", ticket, "--as", "li")
    assert code == 2 and "质量管理员" in err
    code, _, err = run("ticket", "accept", ticket, "--as", "nobody")
    assert code == 2
    done = ask("ticket", "accept", ticket, "--as", "wang")
    assert (done["state"], done["assignee"]) == ("accepted", "person:wang")
    assert [one["id"] for one in ask("ticket", "list", "--as", "sun")] == []
    assert {one["department"] for one in ask("ticket", "list", "--as", "wang")} == {"ga"}


def test_without_accounts_the_administrator_acts_and_it_is_said(ask: Ask, run: Run) -> None:
    ticket = of_rule(ask, NAME)
    login = getpass.getuser()
    code, _, err = run("ticket", "accept", ticket)
    assert code == 2 and "--department" in err
    code, _, err = run("ticket", "accept", ticket, "--department", "gaa")
    assert code == 2 and "ga" in err
    code, out, err = run("ticket", "accept", ticket, "--department", "ga")
    assert code == 0 and "已签收" in out and f"person:{login}" in err and "provider of ga" in err
    shown = ask("ticket", "show", ticket)
    assert shown["events"][-1]["actor"] == f"person:{login}"
    code, _, err = run("ticket", "note", ticket, "--text", "已电话联系")
    assert code == 0 and "steward" in err


def test_an_account_that_has_ended_acts_no_more(officers: None, home: Path, ask: Ask, run: Run) -> None:
    hub = Hub(home)
    hub.accounts.disable("wang", "test", NOVEMBER)
    hub.close()
    code, _, err = run("ticket", "accept", of_rule(ask, NAME), "--as", "wang")
    assert code == 2 and "停用" in err


# --- steps to an outcome ------------------------------------------------------------------------------------------


@pytest.mark.duty("R-178", "R-183")
def test_a_correction_by_command_closes_the_ticket_by_proof(officers: None, ask: Ask, run: Run, tmp_path: Path) -> None:
    ticket, phones = of_rule(ask, NAME), of_rule(ask, "ga_person.phone.number")
    rows = "\n".join(f"{number_of(one)},{name_of(one)},{phone_of(one)},2026-11-13 08:00:00" for one in range(30, 38))
    file = tmp_path / "correction.csv"
    file.write_text(f"citizen_id,name,phone,updated_at\n{rows}\n", encoding="utf-8")
    done = ask("ticket", "answer", "corrected", ticket, "--how", "列已对正", "--file", str(file), "--as", "wang")
    assert done["state"] == "verification" and done["batch"].startswith("ga_person_form/")
    code, _, err = run(
        "ticket",
        "answer",
        "corrected",
        phones,
        "--how",
        "同上",
        "--batch",
        "ga_person_form/2026-11/0099",
        "--as",
        "wang",
    )
    assert code == 2 and "没有这个批次" in err
    done = ask("ticket", "answer", "corrected", phones, "--how", "同上", "--batch", done["batch"], "--as", "wang")
    assert (done["state"], done["answer_batch"]) == ("verification", "ga_person_form/2026-11/0001")
    assert run("build", now="2026-11-13T10:00")[0] == 0
    for name in (ticket, phones):
        shown = ask("ticket", "show", name)
        assert (shown["state"], shown["outcome"], shown["findings_open"]) == ("closed", "corrected", 0)
        assert all(one["batch_after"] == "ga_person_form/2026-11/0001" for one in shown["findings"])
        assert any("完成整改办结" in line[2] for line in shown["story"])
    closed = ask("ticket", "list", "--state", "closed")
    assert {ticket, phones} <= {one["id"] for one in closed}
    assert ticket not in {one["id"] for one in ask("ticket", "list", "--open")}


@pytest.mark.duty("R-181")
def test_an_extension_is_asked_refused_asked_again_and_granted(officers: None, ask: Ask, run: Run) -> None:
    ticket = of_rule(ask, NAME)
    ask("ticket", "accept", ticket, "--as", "wang")
    # Received on 12 November: the 60th day after is 11 January.
    code, _, err = run(
        "ticket", "extend", "ask", ticket, "--reason", "系统改造", "--until", "2027-01-12", "--as", "wang"
    )
    assert code == 2 and "2027-01-11" in err
    asked = ask("ticket", "extend", "ask", ticket, "--reason", "系统改造", "--until", "2027-01-11", "--as", "wang")
    assert asked["state"] == "extension_asked"
    assert ask("ticket", "extend", "refuse", ticket, "--reason", "理由不足", "--as", "li")["state"] == "accepted"
    ask("ticket", "extend", "ask", ticket, "--reason", "补充说明", "--as", "wang")
    granted = ask("ticket", "extend", "grant", ticket, "--reason", "同意", "--until", "2026-12-11", "--as", "li")
    assert (granted["state"], granted["due"]) == ("extended", "2026-12-11")


@pytest.mark.duty("R-183")
def test_confirmed_and_talked_through_are_reviewed_and_closed(officers: None, ask: Ask, run: Run) -> None:
    ticket, other = of_rule(ask, "ga_person.sex.code"), of_rule(ask, "jy_pupil.guardian_id.known")
    code, _, err = run("ticket", "answer", "confirmed", ticket, "--check", "核对卷宗", "--as", "wang")
    assert code == 2 and "依据" in err
    ask("ticket", "answer", "confirmed", ticket, "--check", "核对卷宗", "--basis", "卷宗12号", "--as", "wang")
    assert ask("ticket", "review", ticket, "--back", "--reason", "依据不足", "--as", "li")["state"] == "accepted"
    ask("ticket", "answer", "confirmed", ticket, "--check", "核对卷宗", "--basis", "卷宗12、13号", "--as", "wang")
    closed = ask("ticket", "review", ticket, "--as", "li")
    assert (closed["state"], closed["outcome"]) == ("closed", "confirmed")
    talked = ("ticket", "answer", "talked", other, "--record", "监护人在外地", "--department", "jy")
    assert run(*talked)[0] == 2
    ask(*talked, "--until", "2027-05-01")
    closed = ask("ticket", "review", other, "--as", "li")
    assert (closed["state"], closed["outcome"], closed["review_on"]) == ("closed", "talked_through", "2027-05-01")
    assert (
        ask("ticket", "reopen", other, "--reason", "到期复核", "--as", "li", now="2027-05-04T09:00")["state"]
        == "routed"
    )


@pytest.mark.duty("R-187")
def test_a_dispute_goes_to_coordination_and_to_the_government(officers: None, ask: Ask, run: Run) -> None:
    report = ("problem", "report", "--resource", "ga_person", "--key", number_of(20), "--item", "name", "--as", "sun")
    made = ask(*report, "--reason", "办事人出示证件", "--proposed", "周英", "--reference", "D-1")
    ticket = made["id"]
    assert ask("ticket", "route", ticket, "--as", "li")["department"] == "ga"
    ask("ticket", "answer", "confirmed", ticket, "--check", "户籍档案", "--basis", "卷宗3号", "--as", "wang")
    code, _, err = run("ticket", "dispute", ticket, "--reason", "证件更新", "--as", "chen")
    assert code == 2
    assert ask("ticket", "dispute", ticket, "--reason", "证件更新", "--as", "sun")["state"] == "disputed"
    assert ask("ticket", "coordinate", ticket, "--parties", "公安局、教育局", "--as", "li")["state"] == "coordinating"
    assert ask("ticket", "escalate", ticket, "--document", "海数〔2026〕9号", "--as", "li")["state"] == "escalated"
    code, _, err = run("ticket", "decided", ticket, "--decision", "maybe", "--document", "海政函3号", "--as", "li")
    assert code == 2 and "correct" in err
    decided = ask("ticket", "decided", ticket, "--decision", "stands", "--document", "海政函3号", "--as", "li")
    assert decided["state"] == "decided"
    closed = ask("ticket", "conclude", ticket, "--as", "li")
    assert (closed["state"], closed["outcome"]) == ("closed", "confirmed")
    story = [line[2].split()[0] for line in ask("ticket", "show", ticket)["story"]]
    assert story[-4:] == ["启动协调", "报本级政府决定", "政府决定", "按决定办结"]


def test_a_returned_report_is_completed_by_who_reported_it(home: Path, officers: None, ask: Ask, run: Run) -> None:
    report = ("problem", "report", "--resource", "ga_person", "--key", number_of(20), "--item", "name", "--as", "sun")
    ticket = ask(*report, "--reason", "写错了", "--proposed", "周英", "--reference", "R-1")["id"]
    again = ("ticket", "resubmit", ticket, "--reason", "办事人出示证件")
    code, _, err = run(*again, "--as", "sun")
    assert code == 2 and "待受理" in err, "nobody asked for more"
    assert ask("ticket", "return", ticket, "--reason", "请写明依据", "--as", "li")["state"] == "returned"
    assert run(*again, "--as", "chen")[0] == 2
    code, _, err = run("ticket", "resubmit", ticket, "--as", "sun")
    assert code == 2 and "--reason" in err
    assert ask(*again, "--observed", "2026-11-10", "--as", "sun")["state"] == "submitted"
    hub = Hub(home)
    first, second = hub.problems.reports(ticket, SYSTEM)
    hub.close()
    assert (second.said.reason, second.said.proposed, second.said.observed_at) == (
        "办事人出示证件", "周英", date(2026, 11, 10),
    )  # fmt: skip
    assert (first.said.reference, second.said.reference) == ("R-1", None)
    assert [line[2].split()[0] for line in ask("ticket", "show", ticket)["story"]][-2:] == ["退回报告人", "补正后再报"]


def test_agreed_to_correct_it_goes_back_to_the_department_with_a_new_limit(officers: None, ask: Ask) -> None:
    ticket = of_rule(ask, NAME)
    ask("ticket", "answer", "confirmed", ticket, "--check", "户籍档案", "--basis", "卷宗3号", "--as", "wang")
    ask("ticket", "dispute", ticket, "--reason", "明显错列", "--as", "li")
    ask("ticket", "coordinate", ticket, "--parties", "公安局", "--as", "li")
    agreed = ("ticket", "coordinated", ticket, "--decision", "correct", "--record", "同意更正", "--as", "li")
    back = ask(*agreed, now="2026-11-20T09:00")
    assert (back["state"], back["due"]) == ("accepted", "2026-11-27")


@pytest.mark.duty("R-182")
def test_urgent_overdue_and_the_order(officers: None, ask: Ask, run: Run) -> None:
    ticket = of_rule(ask, NAME)
    urgent = ask("ticket", "urgent", ticket, "--until", "2026-11-16", "--reason", "窗口等待", "--as", "li")
    assert (urgent["due"], urgent["urgent"]) == ("2026-11-16", True)
    order = ("ticket", "rectify", ticket, "--document", "海数督7号", "--until", "2026-11-30", "--as", "li")
    assert run(*order)[0] == 2
    done = ask("ticket", "remind", now="2026-11-17T00:05")
    assert ticket in done["overdue"]
    assert ticket in {one["id"] for one in ask("ticket", "list", "--overdue", now="2026-11-17T08:00")}
    later = ask("ticket", "remind", now="2026-11-18T08:00")
    assert ticket not in later["overdue"] and ticket in {one["id"] for one in later["to_rectify"]}
    ordered = ask(*order, now="2026-11-18T09:00")
    assert (ordered["due"], ordered["limit_kind"], ordered["overdue"]) == ("2026-11-30", "ordered", False)
    assert ticket not in {one["id"] for one in ask("ticket", "remind", now="2026-11-18T09:05")["to_rectify"]}


def test_a_report_is_returned_and_withdrawn_by_its_reporter(officers: None, ask: Ask, run: Run) -> None:
    made = ask(
        "problem",
        "report",
        "--resource",
        "ga_person",
        "--key",
        number_of(21),
        "--item",
        "phone",
        "--reason",
        "空号",
        "--as",
        "sun",
    )
    assert made["state"] == "submitted"
    ticket = made["id"]
    assert ask("ticket", "return", ticket, "--reason", "请写明所见号码", "--as", "li")["state"] == "returned"
    assert run("ticket", "withdraw", ticket, "--reason", "x", "--as", "wang")[0] == 2
    assert ask("ticket", "withdraw", ticket, "--reason", "误报", "--as", "sun")["state"] == "withdrawn"


# --- order in the queue -------------------------------------------------------------------------------------------


def test_split_merge_group_and_reassign(officers: None, ask: Ask, run: Run) -> None:
    ticket = of_rule(ask, NAME)
    for wrong in ("0", "9", "1-", "x", "3-2"):
        assert run("ticket", "split", ticket, "--findings", wrong, "--as", "li")[0] == 2
    assert run("ticket", "split", ticket, "--as", "li")[0] == 2
    left, made = ask("ticket", "split", ticket, "--findings", "1-2,8", "--as", "li")
    assert (left["findings_open"], made["findings_open"], made["due"]) == (5, 3, left["due"])
    assert run("ticket", "split", ticket, "--batch", "ga_person/2026-10/0001", "--as", "li")[0] == 2  # none of them
    merged = ask("ticket", "merge", made["id"], "--into", ticket, "--reason", "同一原因", "--as", "li")
    assert merged["findings_open"] == 8
    assert ask("ticket", "show", made["id"])["merged_into"] == ticket
    ask("ticket", "group", ticket, "--name", "错列", "--as", "li")
    assert [one["id"] for one in ask("ticket", "list", "--group", "错列")] == [ticket]
    moved = ask("ticket", "reassign", ticket, "--to", "sw", "--reason", "三方证据", "--as", "li")
    assert (moved["department"], moved["state"]) == ("sw", "routed")
    assert run("ticket", "reassign", ticket, "--to", "xx", "--reason", "x", "--as", "li")[0] == 2


def test_many_at_once_are_answered_one_by_one(officers: None, ask: Ask, run: Run) -> None:
    assert run("ticket", "batch", "note", "--reason", "x", "--as", "li")[0] == 2  # of everything: not by mistake
    done = ask("ticket", "batch", "accept", "--department", "ga", "--resource", "ga_person")
    assert len(done) > 4 and {one["state"] for one in done} == {"accepted"}
    again = ask("ticket", "batch", "accept", "--department", "ga", "--resource", "ga_person", code=2)
    assert {one["state"] for one in again} == {None} and all("已签收" in one["error"]["zh"] for one in again)
    named = ask("ticket", "batch", "accept", done[0]["ticket"], "--department", "ga", code=2)
    assert len(named) == 1
    code, out, _ = run("ticket", "batch", "group", "--rule", NAME, "--name", "错列", "--as", "li")
    assert code == 0 and "1 张已办" in out
    assert run("ticket", "remind", done[0]["ticket"], "--as", "li")[0] == 0
    assert run("ticket", "remind", done[0]["ticket"], "--as", "li")[0] == 2


def test_lists_are_filtered_and_limited(ask: Ask, run: Run) -> None:
    every = ask("ticket", "list")
    assert all(one["id"] and one["state"] for one in every) and len(every) > 6
    assert {one["resource"] for one in ask("ticket", "list", "--resource", "jy_pupil")} == {"jy_pupil"}
    assert len(ask("ticket", "list", "--limit", "2")) == 2
    assert ask("ticket", "list", "--limit", "2") == every[:2]
    assert ask("ticket", "list", "--state", "accepted", "--state", "closed") == []
    for wrong in (("--department", "xx"), ("--resource", "xx"), ("--state", "xx"), ("--limit", "0")):
        assert run("ticket", "list", *wrong)[0] == 2
    code, out, _ = run("ticket", "list", "--rule", NAME)
    assert code == 0 and "公安局" in out and number_of(30) not in out


def test_open_tickets_come_first_and_ended_ones_only_where_they_are_asked_for(
    officers: None, ask: Ask, run: Run
) -> None:
    ended = of_rule(ask, NAME)
    assert ask("ticket", "withdraw", ended, "--reason", "规则有误", "--as", "li")["state"] == "withdrawn"
    still = [one["id"] for one in ask("ticket", "list")]
    assert ended not in still
    assert [one["id"] for one in ask("ticket", "list", "--all")] == [*still, ended]
    assert [one["id"] for one in ask("ticket", "list", "--state", "withdrawn")] == [ended]
    assert [one["id"] for one in ask("ticket", "list", "--all", "--limit", "1")] == still[:1]
    late = len(ask("ticket", "list", "--overdue"))
    assert 0 < late < len(still)
    _, out, _ = run("ticket", "list", "--limit", "1")
    assert (
        out.splitlines()[-1]
        == f"列出 shown 1；未办结 open {len(still)}，其中逾期 overdue {late}；已结束 ended 1（--all 一并列出 lists them too）"
    )
    _, out, _ = run("ticket", "list", "--all")
    assert out.index(still[-1]) < out.index("已结束的工单 ended tickets") < out.index(ended)
    assert "--all" not in out
    assert run("ticket", "list", "--overdue", now="2027-01-04T09:00")[1].count(f"其中逾期 overdue {len(still)}") == 1


@pytest.mark.parametrize("switch", [False, True])
def test_a_list_names_the_rules_that_each_ticket_keeps(officers: None, ask: Ask, run: Run, switch: bool) -> None:
    kept = ask("ticket", "show", of_rule(ask, NAME))["profile"]
    if switch:
        assert run("policy", "use", "wuhan")[0] == 0
    heading = run("ticket", "list")[1].splitlines()[0]
    assert heading == "工单 tickets（宁波市海曙区（规则已废止）：5个工作日，第27条）", "not those of the day"
    if switch:
        report = (
            "problem",
            "report",
            "--resource",
            "ga_person",
            "--key",
            number_of(20),
            "--item",
            "name",
            "--reason",
            "证件",
        )
        new = ask(*report, "--as", "sun")
        lines = run("ticket", "list")[1].splitlines()
        assert lines[0].startswith("工单 tickets（武汉市")
        below = {
            one: lines[number + 1]
            for number, line in enumerate(lines)
            for one in (new["id"], of_rule(ask, NAME))
            if one in line
        }
        assert f"依 by {kept}" in below[of_rule(ask, NAME)]
        assert "依 by" not in below[new["id"]]
        assert lines[-2] == f"  {kept}：宁波市海曙区（规则已废止）：5个工作日，第27条"


# --- advice -------------------------------------------------------------------------------------------------------


def test_advice_is_printed_with_its_numbers_and_values_only_for_a_purpose(ask: Ask, run: Run) -> None:
    ticket = of_rule(ask, NAME)
    code, out, _ = run("ticket", "causes", ticket)
    assert code == 0 and "列错位" in out and "8/8" in out and "0/32" in out
    assert not any(value in out for one in range(30, 38) for value in (name_of(one), phone_of(one), number_of(one)))
    assert [one["kind"] for one in ask("ticket", "causes", ticket)] == ["shifted", "batch"]
    agreement = of_rule(ask, "agreement.population.name")
    said = ask("ticket", "suggest", agreement)
    assert (said["owner"]["department"], said["answerable"]["several"]) == ("ga", 8)
    assert run("ticket", "suggest", agreement, "--reveal", "1")[0] == 2
    shown = ask("ticket", "suggest", agreement, "--reveal", "1", "--purpose", "核对姓名")
    assert shown["value"]["value"] in {name_of(one) for one in range(30, 38)}
    assert {one["resource"] for one in shown["sources"]} == {"ga_person", "sw_person", "yb_person"}
    assert run("ticket", "suggest", agreement, "--reveal", "9", "--purpose", "核对姓名")[0] == 2


# --- reports ------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-184")
def test_a_report_by_command_and_a_file_of_reports_row_by_row(
    officers: None, ask: Ask, run: Run, tmp_path: Path
) -> None:
    one = (
        "problem",
        "report",
        "--resource",
        "ga_person",
        "--key",
        number_of(22),
        "--item",
        "name",
        "--reason",
        "有误",
        "--as",
        "sun",
    )
    made = ask(*one, "--reference", "D-7")
    assert (made["kind"], made["repeated"], made["findings_open"]) == ("wrong_value", False, 1)
    assert ask(*one, "--reference", "D-7")["repeated"] is True
    assert run("problem", "report", "--resource", "nowhere", "--key", "1", "--reason", "x", "--as", "sun")[0] == 2
    code, _, err = run(
        "problem",
        "report",
        "--resource",
        "ga_person",
        "--key",
        UNKNOWN,
        "--item",
        "name",
        "--reason",
        "x",
        "--as",
        "sun",
    )
    assert code == 2 and UNKNOWN not in err
    file = tmp_path / "problems.csv"
    file.write_text(
        "kind,resource,key,item,reason,reference\n"
        f"wrong_value,ga_person,{number_of(23)},name,证件不符,B-1\n"
        f"wrong_value,ga_person,{number_of(23)},nme,证件不符,B-2\n"
        f"wrong_value,ga_person,{number_of(22)},name,有误,B-3\n",
        encoding="utf-8",
    )
    first, second, third = ask("problem", "bulk", str(file), "--as", "sun", code=3)
    assert first["ticket"] and first["error"] is None
    assert second["ticket"] is None and "name" in second["error"]["en"]
    assert (third["ticket"], third["joined"]) == (made["id"], True)
    assert run("problem", "bulk", str(tmp_path / "none.csv"), "--as", "sun")[0] == 2


def test_a_correction_is_delivered_without_an_answer_and_what_breaks_the_contract_is_refused(
    officers: None, ask: Ask, run: Run, tmp_path: Path
) -> None:
    ticket = of_rule(ask, NAME)
    file = tmp_path / "rows.csv"
    file.write_text(
        f"citizen_id,name,phone,updated_at\n{number_of(30)},{name_of(30)},{phone_of(30)},morgen\n", encoding="utf-8"
    )
    code, _, err = run("problem", "correct", ticket, str(file), "--as", "wang")
    assert code == 2 and "updated_at" in err and number_of(30) not in err
    file.write_text(
        f"citizen_id,name,phone,updated_at\n{number_of(30)},{name_of(30)},{phone_of(30)},2026-11-13 08:00:00\n",
        encoding="utf-8",
    )
    delivered = ask("problem", "correct", ticket, str(file), "--as", "wang")
    assert (delivered["outcome"], delivered["rows_taken"]) == ("taken", 1)
    assert ask("ticket", "show", ticket)["state"] == "routed"
    assert run("build", now="2026-11-13T10:00")[0] == 0
    assert ask("ticket", "show", ticket)["findings_open"] == 7


def test_a_file_is_attached_and_a_program_is_refused(officers: None, ask: Ask, run: Run, tmp_path: Path) -> None:
    ticket = of_rule(ask, NAME)
    paper = tmp_path / "档案.pdf"
    paper.write_bytes(b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
    kept = ask("ticket", "attach", ticket, "--file", str(paper), "--as", "wang")
    assert len(kept["sha256"]) == 64
    program = tmp_path / "档案2.pdf"
    program.write_bytes(b"\x7fELF" + b"\x00" * 200)
    assert run("ticket", "attach", ticket, "--file", str(program), "--as", "wang")[0] == 2
    story = [line[2] for line in ask("ticket", "show", ticket)["story"]]
    assert sum("附件" in line for line in story) == 1


def test_the_queue_made_anew_from_the_events_is_the_same(officers: None, ask: Ask) -> None:
    ticket = of_rule(ask, NAME)
    ask("ticket", "accept", ticket, "--as", "wang")
    ask("ticket", "split", ticket, "--findings", "1", "--as", "li")
    before = ask("ticket", "list")
    assert ask("ticket", "rebuild") == {"tickets": len(before)}
    assert ask("ticket", "list") == before
    assert datetime.fromisoformat(before[0]["due_at"]).astimezone(SHANGHAI).hour == 0
