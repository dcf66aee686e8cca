"""How a ticket is told of, by command and at the desk: what is wrong, what happened, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from pipelines.problems.titles import problem_title
from portal.cli import output
from portal.wording import said_payload
from quality.tickets.states import Event


def test_a_rule_is_titled_by_what_must_hold_and_a_ticket_by_what_does_not() -> None:
    rulebook = SimpleNamespace(rule=lambda rule: SimpleNamespace(title="号码有效") if rule == "a.b" else None)
    city = SimpleNamespace(
        register=SimpleNamespace(
            libraries={"population": SimpleNamespace(items={"name": SimpleNamespace(title="姓名")})}
        )
    )
    said = [problem_title(rulebook, city, one) for one in ("a.b", "agreement.population.name", "report.wrong_value")]  # type: ignore[arg-type]
    assert said == ["未通过：号码有效", "姓名与佐证来源不一致", "数据错误"]


def test_a_day_that_was_only_asked_for_is_not_called_the_limit() -> None:
    payload = {"cause": "需到户核对", "until": "2027-01-08", "limit": {"due": "2027-01-08"}}
    assert said_payload(payload, event=Event.EXTENSION_ASKED) == "原因 需到户核对；申请延至 2027-01-08 24:00"
    assert "截止 2027-01-08 24:00" in said_payload(payload, event=Event.EXTENSION_GRANTED)


def test_whoever_was_told_is_called_by_name_at_the_desk() -> None:
    assert said_payload({"receivers": ["department:ga"]}, {"ga": "公安局"}) == "接收方 公安局"
    assert said_payload({"receivers": ["department:ga"]}) == "接收方 department:ga"


def test_a_moment_of_a_record_is_not_moved_by_the_zone_of_the_machine() -> None:
    assert output.moment(datetime(2024, 11, 25, 13, 44)) == "2024-11-25 13:44"
    assert output.moment(datetime(2024, 11, 25, 13, 44, tzinfo=UTC)) == "2024-11-25 21:44"
