"""``city/notices.yaml``: what may stand in it, what is refused, which channels carry what; what a message says."""

import json
import re
from datetime import UTC, datetime, time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.documents import parse_document
from ground.errors import DocumentError, InternalFault
from notices.channels import webhook
from notices.channels.channel import DeliveryFailed
from notices.channels.making import make_channels, unset_variables
from notices.message import Message
from notices.model import TOPIC_WORDS, Address, Notice, Topic, to_department, to_key, to_person
from notices.routing import routes
from notices.settings import NoticeSettings, read_notice_settings

WHOLE = """\
channels:
  - {id: mail, kind: smtp, host: mail.gov.cn, from: hub@gov.cn, user: hub, secret: "${MAIL}"}
  - {id: old_mail, kind: smtp, host: old.gov.cn, port: 25, tls: none, from: hub@gov.cn, departments: [ga]}
  - {id: counter, kind: webhook, url: "https://counter.gov.cn/in", secret: "${HOOK}", departments: [sw]}
  - {id: ding, kind: dingtalk, token: "${DING_TOKEN}", secret: "${DING}", topics: [ticket_overdue, rectification]}
  - {id: wecom, kind: wecom, secret: "${WECOM}", departments: [ga]}
digest: {at: 17:00, topics: [closed, correction]}
quiet_hours: {from: 20:00, to: 08:00, days_off: true}
callbacks: {allow_hosts: [.gov.cn]}
"""
VARIABLES = {"MAIL": "m", "HOOK": "h", "DING_TOKEN": "t", "DING": "d", "WECOM": "w"}
NOW = datetime(2026, 11, 18, 2, tzinfo=UTC)


def read(text):
    return parse_document(text, NoticeSettings, name="city/notices.yaml")


def refusal(text):
    with pytest.raises(DocumentError) as refused:
        read(text)
    return str(refused.value)


def notice(recipient=None, topic=Topic.TICKET_ROUTED, **more):
    given_ = {
        "subject_zh": "新工单 T-1",
        "subject_en": "New ticket T-1",
        "body_zh": "请在 2026-11-25 前办理。",
        "body_en": "Due on 2026-11-25.",
        "about": "T-1",
        "occasion": "1",
        **more,
    }
    return Notice(topic=topic, recipient=recipient or to_department("ga"), created_at=NOW, **given_)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_the_whole_document_is_read():
    settings = read(WHOLE)
    assert [one.id for one in settings.channels] == ["mail", "old_mail", "counter", "ding", "wecom"]
    assert settings.digest.at == time(17)  # without quotes YAML 1.1 makes a number of it
    assert (settings.quiet.start, settings.quiet.end, settings.quiet.days_off) == (time(20), time(8), True)
    assert settings.sends
    assert sorted(make_channels(settings, VARIABLES)) == ["callback", "counter", "ding", "mail", "old_mail", "wecom"]


def test_without_a_document_nothing_is_sent(tmp_path):
    settings = read_notice_settings(tmp_path)
    assert not settings.sends
    assert make_channels(settings, {}) == {}
    (tmp_path / "notices.yaml").write_text("callbacks: {}\n", encoding="utf-8")
    assert read_notice_settings(tmp_path).sends
    (tmp_path / "notices.yaml").rename(tmp_path / "notice.yaml")
    with pytest.raises(DocumentError, match=r"notices\.yaml"):
        read_notice_settings(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('secret: "${MAIL}"', "secret: hunter2", "notices.yaml:2 channels.0.secret"),
        ('secret: "${MAIL}"', "secret: 12345678", "${NAME}"),
        ('secret: "${DING}"', 'secret: "SEC${DING}"', "${NAME}"),
        ('token: "${DING_TOKEN}", ', "", "token"),
        ("tls: none", "tls: none, user: u, secret: '${MAIL}'", "starttls"),
        (', secret: "${MAIL}"', "", "user"),
        ("kind: wecom,", "kind: wecom, url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc',", "secret"),
        ("https://counter.gov.cn/in", "https://u:p@counter.gov.cn/in", "credentials"),
        ("https://counter.gov.cn/in", "ldap://counter.gov.cn/in", "http"),
        ("https://counter.gov.cn/in", "https://counter.gov.cn:x/in", "http"),
        ("id: ding", "id: mail", "mail"),
        ("id: ding", "id: callback", "callback"),
        ("at: 17:00", 'at: "21:00"', "quiet_hours"),
        ("at: 17:00", "at: 17", "HH:MM"),
        ("at: 17:00", 'at: "25:00"', "HH:MM"),
        ("at: 17:00", "at: true", "HH:MM"),
        ("from: 20:00, to: 08:00", 'from: "08:00", to: "08:00"', "from"),
        ("topics: [closed,", "topics: [closd,", "closed"),
        ("days_off: true", "day_off: true", "days_off"),
        ("kind: webhook", "kind: webhok", "webhook"),
        ("allow_hosts", "allowed_hosts", "allow_hosts"),
        ("host: mail.gov.cn", "hots: mail.gov.cn", "host"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_line_and_field(old, new, said):
    assert WHOLE.count(old) >= 1
    message = refusal(WHOLE.replace(old, new, 1))
    assert said in message
    assert "notices.yaml:" in message
    for secret in ("hunter2", "12345678", "key=abc", "u:p@"):
        assert secret not in message


def test_variables_that_are_not_set_are_named_and_stop_their_channel_alone():
    settings = read(WHOLE)
    some = {name: value for name, value in VARIABLES.items() if not name.startswith("DING")} | {"DING": ""}
    assert unset_variables(settings, some) == ["DING", "DING_TOKEN"]
    assert unset_variables(settings, VARIABLES) == []
    ding = make_channels(settings, some)["ding"]
    with pytest.raises(DeliveryFailed, match="secret_not_set"):
        ding.send(Address("dingtalk", "", "ga"), Message("D1", "ga", (notice(),)), NOW)


# --- which channel carries what ---------------------------------------------------------------------------------------


def carried(one, *addresses):
    return [(way.channel, way.address.target) for way in routes(one, read(WHOLE), addresses)]


def test_a_person_is_written_to_by_the_first_server_meant_for_him():
    home = Address("smtp", "li@gov.cn", "李四", department="ga")
    assert carried(notice(to_person("li")), home) == [("mail", "li@gov.cn")]
    assert carried(notice(to_person("li"), Topic.TICKET_OVERDUE), home) == [("mail", "li@gov.cn")], "no group hears"


def test_a_departments_notice_goes_to_its_officers_its_groups_and_systems():
    officers = [Address("smtp", "li@gov.cn", "李四"), Address("smtp", "wu@gov.cn", "吴五"), Address("smtp", "LI@gov.cn", "李四")]  # fmt: skip
    mails = [("mail", "li@gov.cn"), ("mail", "wu@gov.cn")]
    assert carried(notice(), *officers) == [*mails, ("wecom", "")]
    assert carried(notice(topic=Topic.TICKET_OVERDUE), *officers) == [*mails, ("ding", ""), ("wecom", "")]
    assert carried(notice(to_department("sw"))) == [("counter", "")]


def test_a_system_is_called_back_and_nobody_else_is_told():
    called = Address("webhook", "https://c.gov.cn/cb", "窗口系统", secret="s")
    assert carried(notice(to_key("k_1"), Topic.CALLBACK), called) == [("callback", "https://c.gov.cn/cb")]
    silent = read(WHOLE.replace("callbacks: {allow_hosts: [.gov.cn]}\n", ""))
    assert routes(notice(to_key("k_1")), silent, [called]) == []


# --- notices and messages ---------------------------------------------------------------------------------------------


def test_the_same_event_is_the_same_notice():
    assert notice().id == notice(subject_zh="别的话", urgent=True).id
    others = [notice(about="T-2"), notice(occasion="2"), notice(to_person("li")), notice(topic=Topic.CLOSED)]
    assert len({notice().id, *(one.id for one in others)}) == 5
    assert set(TOPIC_WORDS) == set(Topic)


@pytest.mark.parametrize("recipient", ["li", "person:", "group:ga", ":x"])
def test_a_recipient_has_a_kind_and_an_id(recipient):
    with pytest.raises(InternalFault):
        notice(recipient)


def test_a_secret_is_not_shown_by_accident():
    assert "s3cret" not in repr(Address("webhook", "https://c/", "c", secret="s3cret"))
    (way,) = routes(notice(to_key("k")), read(WHOLE), [Address("webhook", "https://c/", "c", secret="s3cret")])
    assert "s3cret" not in repr(way)


def test_a_message_says_it_in_both_languages_chinese_first():
    text = Message("D1", "李四（代张三）", (notice(),)).text()
    assert text.startswith("李四（代张三）：")
    assert text.index("新工单") < text.index("New ticket T-1")
    assert "T-1" in Message("D1", "", (notice(),)).markdown(4096)
    assert Message("D1", "", (notice(urgent=True),)).subject.startswith("【紧急 urgent】")


def test_a_subject_is_one_line():
    assert "\n" not in Message("D1", "", (notice(subject_zh="甲\r\nBcc: x@y"),)).subject


@given(st.lists(st.text(max_size=400), min_size=1, max_size=40), st.integers(300, 4096))
def test_a_robots_message_keeps_its_limit_and_says_what_is_left_out(texts, limit):
    notices = tuple(notice(subject_zh=one[:50], body_zh=one, occasion=str(at)) for at, one in enumerate(texts))
    written = Message("D1", "", notices).markdown(limit)
    assert len(written.encode()) <= limit
    if len(notices) > 1:
        shown = written.count("\n- 【")
        assert shown == len(notices) or f"另有 {len(notices) - shown} 条" in written or shown <= 1


# --- the page that explains it ----------------------------------------------------------------------------------------

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_is_allowed():
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    settings = read(example)
    assert {one.kind for one in settings.channels} == {"smtp", "webhook", "dingtalk", "wecom"}
    assert settings.callbacks.allow_hosts == (".gov.cn",)


def test_the_receiver_of_the_page_takes_what_we_sign():
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    known = {}
    exec(program, known)
    body = Message("D1", "", (notice(),)).document().encode()
    signed = webhook.headers("s", Message("D1", "", (notice(),)), body, NOW)
    known["time"] = SimpleNamespace(time=NOW.timestamp)
    assert known["genuine"]("s", signed, body)
    assert not known["genuine"]("s", signed, body + b" ")
    assert not known["genuine"]("other", signed, body)
    known["time"] = SimpleNamespace(time=lambda: NOW.timestamp() + 301)
    assert not known["genuine"]("s", signed, body)
    fields = re.findall(
        r"`(\w+)`", " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `"))
    )
    assert sorted(fields) == sorted(json.loads(body))
