"""Notices in a real database, from what happened to who was told: SQLite always, PostgreSQL where one answers."""

import os
import threading
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from accounts.api_key import Scope
from accounts.keys import KeyService
from accounts.model import Account, Role
from accounts.passwords import Cost
from accounts.service import AccountService
from accounts.tables import TABLES as ACCOUNT_TABLES
from ground.documents import parse_document
from ground.errors import UserError
from hub.directory import AccountDirectory
from notices.channels.channel import DeliveryFailed
from notices.model import Address, Notice, Topic, to_department, to_key, to_person
from notices.service import NoticeService
from notices.settings import NoticeSettings
from notices.states import State
from notices.tables import TABLES, notice, notice_delivery
from notices.timing import PAUSES
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=SHANGHAI)  # a Wednesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTINGS = """\
channels:
  - {id: mail, kind: smtp, host: mail.gov.cn, tls: none, from: hub@gov.cn}
  - {id: group, kind: wecom, secret: "${KEY}", departments: [sw]}
callbacks: {}
digest: {at: "17:00", topics: [closed]}
quiet_hours: {from: "20:00", to: "08:00", days_off: true}
"""
ALL = (*TABLES, *ACCOUNT_TABLES)


def own_schema():
    url = os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
    owner = sa.create_engine(url, connect_args={"connect_timeout": 2})
    name = f"shuyuan_{uuid.uuid4().hex[:12]}"
    try:
        with owner.begin() as connection:
            connection.execute(sa.schema.CreateSchema(name))
    except DBAPIError as fault:
        if "SHUYUAN_TEST_POSTGRES" in os.environ:
            raise
        pytest.skip(
            f"NO POSTGRESQL: notices are tested on SQLite only ({type(fault).__name__}); set SHUYUAN_TEST_POSTGRES"
        )
    return owner, name, sa.make_url(url).update_query_dict({"options": f"-csearch_path={name}"})


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A database with the tables of this room and of the accounts."""
    if request.param == "sqlite":
        owner, address = None, f"sqlite:///{tmp_path / 'operational.sqlite'}"
    else:
        owner, name, own = own_schema()
        address = own.render_as_string(hide_password=False)
    database = OperationalDatabase(address)
    metadata.create_all(database.engine, tables=ALL)
    database.dispose()
    yield address
    if owner is not None:
        with owner.begin() as connection:
            connection.execute(sa.schema.DropSchema(name, cascade=True))
        owner.dispose()


@pytest.fixture
def db(url):
    database = OperationalDatabase(url)
    yield database
    database.dispose()


class People:
    """A directory on paper: recipient -> addresses; ``away`` maps an absent officer to his deputy."""

    def __init__(self):
        self.known = {
            to_person("li"): [Address("smtp", "li@gov.cn", "李四")],
            to_person("wu"): [Address("smtp", "wu@gov.cn", "吴五（代李四）")],
            to_department("sw"): [Address("smtp", "li@gov.cn", "李四"), Address("smtp", "wu@gov.cn", "吴五")],
            to_key("k_1"): [Address("webhook", "https://counter.gov.cn/cb", "窗口系统", secret="s1")],
        }
        self.away = {}

    def resolve(self, recipient, today):
        for (name, day), deputy in self.away.items():
            if (recipient, today) == (name, day):
                return self.known[deputy]
        return self.known.get(recipient, [])


class Told:
    """A channel that remembers what it took, and fails as ``failures`` says, one after another."""

    def __init__(self, merges=True):
        self.merges = merges
        self.taken = []
        self.tries = 0
        self.ids = []
        self.failures = []
        self.forbidden = {}

    def send(self, address, message, now):
        self.tries += 1
        self.ids.append(message.id)
        if self.failures:
            failure = self.failures.pop(0)
            if failure is not None:
                raise failure
        if address.target in self.forbidden:
            raise self.forbidden[address.target]
        self.taken.append((address, message, now))

    @property
    def said(self):
        return [(address.target, [one.about for one in message.notices]) for address, message, _ in self.taken]


def failing(kind="http_500", retry=True):
    return DeliveryFailed(kind, retry=retry)


class Office:
    """The service over stand-ins for directory and channels."""

    def __init__(self, db, settings=SETTINGS):
        self.db = db
        self.people = People()
        self.mail, self.group, self.callback = Told(), Told(), Told(merges=False)
        self.channels = {"mail": self.mail, "group": self.group, "callback": self.callback}
        self.service = NoticeService(
            db,
            parse_document(settings, NoticeSettings, name="notices.yaml"),
            self.people,
            self.channels,
            WorkingCalendar.standard(),
            elapsed=lambda: 0.0,
        )

    def queue(self, *notices, now=NOW):
        with self.db.begin() as connection:
            return self.service.queue(connection, notices, now)

    def send(self, now=NOW, limit=1000):
        report = self.service.send_due(now, limit)
        return report.sent, report.failed, report.given_up, report.nowhere, report.left


@pytest.fixture
def office(db):
    return Office(db)


def make(about="T-1", recipient="person:li", topic=Topic.TICKET_ROUTED, **more):
    return Notice(
        topic=topic, about=about, recipient=recipient, occasion=more.pop("occasion", "1"), created_at=more.pop("at", NOW),
        subject_zh="新工单", subject_en="New ticket", body_zh="请办理。", body_en="Please see to it.", **more,
    )  # fmt: skip


# --- queued with what happened ----------------------------------------------------------------------------------------


def test_the_same_event_queued_twice_is_told_once(office):
    assert office.queue(make(), make("T-2")) == 2
    assert office.queue(make(), make("T-3"), make("T-3")) == 1
    assert office.send() == (3, 0, 0, 0, 0)
    assert office.queue(make(urgent=True)) == 0, "in other words it is still the same"
    assert office.send(NOW + DAY) == (0, 0, 0, 0, 0)
    assert sorted(office.mail.said) == [("li@gov.cn", ["T-1"]), ("li@gov.cn", ["T-2"]), ("li@gov.cn", ["T-3"])]
    assert office.queue() == 0


def test_a_notice_is_there_exactly_if_what_it_tells_of_is(office):
    with suppress(ZeroDivisionError), office.db.begin() as connection:
        office.service.queue(connection, [make()], NOW)
        raise ZeroDivisionError
    assert office.send() == (0, 0, 0, 0, 0)
    assert office.service.inbox(to_person("li")) == []


def test_a_payload_and_all_words_come_back_as_they_were_queued(office):
    one = make(payload={"state": "routed", "中": [1, None, True]}, urgent=True)
    office.queue(one)
    (entry,) = office.service.inbox(to_person("li"))
    assert entry.notice == one
    office.send()
    assert office.mail.taken[0][1].notices == (one,)


def test_without_channels_notices_stand_at_the_desk_and_are_never_sent_later(db):
    quiet = Office(db, "channels: []\n")
    assert quiet.queue(make()) == 1
    assert quiet.send() == (0, 0, 0, 0, 0)
    assert len(quiet.service.inbox(to_person("li"))) == 1
    later = Office(db)  # somebody sets up the mail server
    assert later.send(NOW + DAY) == (0, 0, 0, 0, 0)
    assert later.mail.said == []


def test_a_notice_that_leads_nowhere_is_counted_and_stands_at_the_desk(office):
    office.queue(make(recipient=to_person("nobody")))
    assert office.send() == (0, 0, 0, 1, 0)
    assert office.send() == (0, 0, 0, 0, 0)
    assert len(office.service.inbox(to_person("nobody"))) == 1


# --- who --------------------------------------------------------------------------------------------------------------


def test_a_departments_officers_and_its_group_are_told(office):
    office.queue(make(recipient=to_department("sw")))
    assert office.send() == (3, 0, 0, 0, 0)
    assert sorted(office.mail.said) == [("li@gov.cn", ["T-1"]), ("wu@gov.cn", ["T-1"])]
    assert office.group.said == [("", ["T-1"])]


def test_who_stands_in_is_decided_on_the_day_of_sending(office):
    """Queued on the evening before the absence, told the next morning: to the deputy."""
    office.people.away[(to_person("li"), date(2026, 11, 19))] = to_person("wu")
    office.queue(make(), now=NOW + 11 * HOUR)
    assert office.send(NOW + 11 * HOUR) == (0, 0, 0, 0, 0)
    assert office.send(NOW + 22 * HOUR) == (1, 0, 0, 0, 0)
    ((address, message, _),) = office.mail.taken
    assert (address.target, message.name) == ("wu@gov.cn", "吴五（代李四）")


# --- when -------------------------------------------------------------------------------------------------------------


def test_quiet_hours_hold_persons_notices_back_but_not_urgent_ones_or_systems(office):
    night = NOW + 12 * HOUR
    office.queue(make("T-1"), make("T-2", urgent=True), make("T-3", to_key("k_1"), Topic.CALLBACK), now=night)
    assert office.send(night) == (2, 0, 0, 0, 0)
    assert (office.mail.said, office.callback.said) == (
        [("li@gov.cn", ["T-2"])], [("https://counter.gov.cn/cb", ["T-3"])],
    )  # fmt: skip
    assert office.send(NOW + 22 * HOUR - MINUTE) == (0, 0, 0, 0, 0)
    assert office.send(NOW + 22 * HOUR) == (1, 0, 0, 0, 0)


def test_a_sender_that_runs_late_leaves_persons_alone_all_the_same(office):
    office.queue(make("T-1"), make("T-2", urgent=True), make("T-3", to_key("k_1")), make("T-4"))
    assert office.send(NOW, limit=1) == (1, 0, 0, 0, 3)
    office.queue(make("T-5"), make("T-6", urgent=True))
    night = NOW + 12 * HOUR
    assert office.send(night) == (3, 0, 0, 0, 1)
    assert [about for _, about in office.mail.said] == [["T-1"], ["T-2"], ["T-6"]]
    assert office.send(NOW + 22 * HOUR) == (2, 0, 0, 0, 0)


def test_the_digest_is_one_message_per_person_at_its_time(office):
    office.queue(*(make(f"T-{number}", topic=Topic.CLOSED) for number in range(3)))
    office.queue(make("T-9", to_person("wu"), Topic.CLOSED))
    office.queue(make("T-7"), make("T-8", topic=Topic.CLOSED, urgent=True))
    assert office.send(NOW + 6 * HOUR) == (2, 0, 0, 0, 0)
    office.mail.taken.clear()
    office.queue(make("T-5", topic=Topic.CLOSED), now=NOW + 6 * HOUR)
    assert office.send(NOW + 7 * HOUR) == (5, 0, 0, 0, 0)
    assert sorted((target, sorted(about)) for target, about in office.mail.said) == [
        ("li@gov.cn", ["T-0", "T-1", "T-2", "T-5"]),
        ("wu@gov.cn", ["T-9"]),
    ]
    assert "4 notices" in next(one for _, one, _ in office.mail.taken if len(one.notices) == 4).subject


def test_a_digest_that_fails_is_tried_again_with_what_is_new(office):
    office.queue(make("T-1", topic=Topic.CLOSED), make("T-2", topic=Topic.CLOSED))
    office.mail.failures = [failing()]
    evening = NOW + 7 * HOUR
    assert office.send(evening) == (0, 2, 0, 0, 0)
    office.queue(make("T-3", topic=Topic.CLOSED), now=evening)
    assert office.send(evening + MINUTE) == (3, 0, 0, 0, 0)
    assert [sorted(about) for _, about in office.mail.said] == [["T-1", "T-2", "T-3"]]
    first, second = office.mail.ids
    assert first != second, "another content: mail programs hide the second mail of one id"


def test_a_repetition_can_be_told_by_its_id(office):
    office.queue(make("T-1", to_key("k_1")), make("T-2", to_key("k_1")))
    office.callback.failures = [failing(), failing()]
    office.send()
    assert office.send(NOW + MINUTE) == (2, 0, 0, 0, 0)
    assert office.callback.ids[:2] == office.callback.ids[2:]
    assert len(set(office.callback.ids)) == 2


def test_a_system_gets_what_persons_would_get_in_a_digest_at_once_and_one_by_one(office):
    office.queue(*(make(f"T-{number}", to_key("k_1"), Topic.CLOSED) for number in range(3)))
    assert office.send() == (3, 0, 0, 0, 0)
    assert [about for _, about in office.callback.said] == [["T-0"], ["T-1"], ["T-2"]]
    assert {address.secret for address, _, _ in office.callback.taken} == {"s1"}


# --- what fails -------------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_until_it_works(office):
    office.queue(make())
    office.mail.failures = [failing(), failing("http_503")]
    assert office.send() == (0, 1, 0, 0, 0)
    (one,) = office.service.deliveries(State.FAILED)
    assert (one.tries, one.last_error, one.next_try_at) == (1, "http_500", NOW + MINUTE)
    assert office.send(NOW + MINUTE - timedelta(seconds=1)) == (0, 0, 0, 0, 0)
    assert office.send(NOW + MINUTE) == (0, 1, 0, 0, 0)
    assert office.send(NOW + 6 * MINUTE) == (1, 0, 0, 0, 0)
    (one,) = office.service.deliveries()
    assert (one.state, one.tries, one.last_error, one.next_try_at, one.sent_at) == (
        State.SENT, 3, None, None, NOW + 6 * MINUTE,
    )  # fmt: skip
    assert office.send(NOW + 30 * DAY) == (0, 0, 0, 0, 0)


def test_what_never_works_is_given_up_and_seen_and_can_be_asked_for_again(office):
    office.queue(make(urgent=True))
    office.mail.forbidden = {"li@gov.cn": failing("http_500")}
    at = NOW
    for pause in PAUSES:
        assert office.send(at) == (0, 1, 0, 0, 0)
        at += pause
    assert office.send(at) == (0, 0, 1, 0, 0)
    (one,) = office.service.deliveries(State.GIVEN_UP)
    assert (one.tries, one.last_error, one.next_try_at) == (6, "http_500", None)
    assert office.service.counts() == {State.WAITING: 0, State.FAILED: 0, State.SENT: 0, State.GIVEN_UP: 1}
    assert office.send(at + 30 * DAY) == (0, 0, 0, 0, 0)
    office.mail.forbidden = {}
    again = office.service.retry(one.id, at + DAY)
    assert (again.state, again.tries) == (State.WAITING, 0)
    assert office.send(at + DAY) == (1, 0, 0, 0, 0)
    with pytest.raises(UserError, match="sent"):
        office.service.retry(one.id, at + DAY)
    with pytest.raises(UserError, match="no delivery 999"):
        office.service.retry(999, NOW)


def test_a_try_again_respects_the_quiet_hours(office):
    office.queue(make(), now=NOW + 9 * HOUR + 58 * MINUTE)
    office.mail.failures = [failing(), failing()]
    office.send(NOW + 9 * HOUR + 58 * MINUTE)
    office.send(NOW + 9 * HOUR + 59 * MINUTE)
    (one,) = office.service.deliveries()
    assert one.next_try_at == NOW + 22 * HOUR


def test_what_can_never_work_is_not_tried_again(office):
    office.queue(make("T-1", to_key("k_1"), Topic.CALLBACK))
    office.callback.failures = [failing("host_forbidden", retry=False)]
    assert office.send() == (0, 0, 1, 0, 0)
    (one,) = office.service.deliveries(State.GIVEN_UP)
    assert one.last_error == "host_forbidden"


def test_one_channel_that_fails_costs_the_others_nothing(office):
    office.queue(make("T-1", to_department("sw")), make("T-2", to_key("k_1"), Topic.CALLBACK))
    office.group.failures = [RuntimeError("with words of the other side")]
    office.mail.forbidden = {"li@gov.cn": failing("recipient_refused_452")}
    assert office.send() == (2, 2, 0, 0, 0)
    assert (office.mail.said, office.callback.said) == (
        [("wu@gov.cn", ["T-1"])], [("https://counter.gov.cn/cb", ["T-2"])],
    )  # fmt: skip
    assert sorted(one.last_error for one in office.service.deliveries(State.FAILED)) == [
        "fault_RuntimeError", "recipient_refused_452",
    ]  # fmt: skip


def test_a_server_out_of_order_is_asked_once_in_a_run(office):
    office.queue(*(make(f"T-{number}") for number in range(20)), make("T-99", to_key("k_1"), Topic.CALLBACK))
    office.mail.failures = [failing("unreachable")]
    assert office.send() == (1, 1, 0, 0, 19)
    assert office.mail.tries == 1
    assert office.send() == (19, 0, 0, 0, 0)
    assert office.send(NOW + MINUTE) == (1, 0, 0, 0, 0)


def test_one_system_out_of_order_does_not_stop_another(office):
    office.people.known[to_key("k_2")] = [Address("webhook", "https://other.gov.cn/cb", "另一系统", secret="s2")]
    office.queue(*(make(f"T-{number}", to_key(key)) for number in range(3) for key in ("k_1", "k_2")))
    office.callback.forbidden = {"https://counter.gov.cn/cb": failing("timeout")}
    assert office.send() == (3, 1, 0, 0, 2)
    assert office.callback.tries == 4


def test_a_key_that_was_withdrawn_is_not_called_any_more(office):
    office.queue(make("T-1", to_key("k_1")))
    office.callback.failures = [failing()]
    office.send()
    office.people.known[to_key("k_1")] = []
    assert office.send(NOW + MINUTE) == (0, 0, 1, 0, 0)
    (one,) = office.service.deliveries()
    assert (one.last_error, office.callback.tries) == ("key_withdrawn", 1)


def test_a_channel_that_was_removed_is_told(office, db):
    office.queue(make())
    office.mail.failures = [failing()]
    office.send()
    fewer = Office(db, "callbacks: {}\n")
    fewer.channels.pop("mail")
    assert fewer.send(NOW + MINUTE) == (0, 0, 1, 0, 0)
    assert fewer.service.deliveries()[0].last_error == "channel_removed"


def test_a_run_keeps_its_limit(office):
    office.queue(*(make(f"T-{number}") for number in range(5)))
    assert office.send(limit=2) == (2, 0, 0, 0, 3)
    assert office.send() == (3, 0, 0, 0, 0)


def test_nothing_shown_holds_an_address_or_a_secret(office):
    office.queue(make("T-1", to_key("k_1")), make())
    office.send()
    shown = repr(office.service.deliveries())
    assert "counter.gov.cn" not in shown
    assert "li@gov.cn" not in shown
    with office.db.begin() as connection:
        kept = [repr(row) for table in (notice, notice_delivery) for row in connection.execute(sa.select(table))]
    assert "s1" not in " ".join(kept), "the secret of a key is not kept here"


# --- several senders --------------------------------------------------------------------------------------------------


def test_two_senders_at_once_send_nothing_twice(url):
    databases = [OperationalDatabase(url) for _ in range(3)]
    offices = [Office(database) for database in databases]
    offices[0].queue(*(make(f"T-{number}", to_department("sw")) for number in range(12)))
    offices[0].queue(*(make(f"D-{number}", topic=Topic.CLOSED) for number in range(12)))
    start, faults = threading.Barrier(len(offices)), []

    def run(office):
        try:
            start.wait()
            office.send(NOW + 7 * HOUR)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(office,)) for office in offices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    told = [
        (target, one) for office in offices for channel in (office.mail, office.group) for target, about in channel.said
        for one in about
    ]  # fmt: skip
    assert len(told) == len(set(told)) == 12 * 3 + 12
    assert offices[0].service.counts()[State.SENT] == len(told)
    for database in databases:
        database.dispose()


def test_what_a_killed_sender_had_claimed_is_sent_by_another_after_five_minutes(office, db):
    office.queue(make(urgent=True))
    office.mail.failures = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        office.send()
    other = Office(db)
    assert other.send(NOW + 5 * MINUTE - timedelta(seconds=1)) == (0, 0, 0, 0, 1)
    assert other.send(NOW + 5 * MINUTE) == (1, 0, 0, 0, 0)


def test_a_sender_that_was_too_slow_does_not_overwrite_the_other(office, db):
    office.queue(make(urgent=True))
    other = Office(db)

    class Slow(Told):
        def send(self, address, message, now):
            assert other.send(NOW + 6 * MINUTE) == (1, 0, 0, 0, 0)
            raise failing()

    office.channels["mail"] = Slow()
    assert office.send() == (0, 0, 0, 0, 0)
    (one,) = office.service.deliveries()
    assert (one.state, one.tries, one.last_error) == (State.SENT, 1, None)


# --- at the desk ------------------------------------------------------------------------------------------------------


def test_each_officer_reads_the_departments_notices_for_himself(office):
    office.queue(make("T-1", to_department("sw")), make("T-2", at=NOW + HOUR), make("T-3", to_person("wu")))
    mine, hers = (to_person("li"), to_department("sw")), (to_person("wu"), to_department("sw"))
    assert [one.notice.about for one in office.service.inbox(*mine)] == ["T-2", "T-1"]
    assert (office.service.unread(*mine), office.service.unread(*hers)) == (2, 2)
    first = office.service.inbox(*mine)[1].notice.id
    assert office.service.mark_read(*mine, ids=[first], now=NOW + HOUR) == 1
    assert office.service.mark_read(*mine, ids=[first], now=NOW + DAY) == 0
    assert [one.read_at for one in office.service.inbox(*mine)] == [None, NOW + HOUR]
    assert [one.notice.about for one in office.service.inbox(*mine, unread_only=True)] == ["T-2"]
    assert (office.service.unread(*mine), office.service.unread(*hers)) == (1, 2)
    assert office.service.mark_read(*mine, now=NOW + DAY) == 1
    assert office.service.unread(*mine) == 0
    others = office.service.inbox(*hers)[0].notice.id
    assert office.service.mark_read(to_person("li"), ids=[others], now=NOW) == 0, "only what he is told"
    page = office.service.inbox(to_person("li"), to_department("sw"), limit=1, offset=0)
    assert [one.notice.about for one in page] == ["T-2"]


# --- accounts and keys as the directory -------------------------------------------------------------------------------


@pytest.fixture
def directory(db):
    accounts = AccountService(db, cost=Cost(n=16, p=1))
    keys = KeyService(db, bytes(32))
    return accounts, keys, AccountDirectory(accounts, keys)


def person(name, **more):
    facts = {"role": Role.PROVIDER, "department": "sw", "email": f"{name}@gov.cn", **more}
    return Account(id=name, name=f"姓名{name}", **facts)


def test_accounts_and_keys_are_the_directory(directory):
    accounts, keys, book = directory
    for one in (
        person("wu"), person("li", deputy="wu", absent_from=date(2026, 11, 18), absent_until=date(2026, 11, 20)),
        person("clerk", role=Role.REPORTER), person("qian", email=None), person("sun", department="ga"),
    ):  # fmt: skip
        accounts.add(one, "Long-enough-7-words", "admin", NOW)

    def found(recipient, day=date(2026, 11, 18)):
        return [(one.channel, one.target, one.name) for one in book.resolve(recipient, day)]

    assert found(to_person("li")) == [("smtp", "wu@gov.cn", "姓名wu（代姓名li）")]
    assert found(to_person("li"), date(2026, 11, 21)) == [("smtp", "li@gov.cn", "姓名li")]
    assert found(to_department("sw")) == [("smtp", "wu@gov.cn", "姓名wu")], (
        "the absent, reporters and the unreachable not"
    )
    assert found(to_department("sw"), date(2026, 11, 21)) == [
        ("smtp", "li@gov.cn", "姓名li"), ("smtp", "wu@gov.cn", "姓名wu"),
    ]  # fmt: skip
    accounts.disable("sun", "admin", NOW)
    for nobody in (to_person("nobody"), to_person("qian"), to_person("sun"), to_department("ga"), to_key("k_none")):
        assert found(nobody) == []
    key, _ = keys.issue("窗口系统", "sw", [Scope.PROBLEMS_WRITE], "admin", NOW, callback_url="https://c.gov.cn/cb")
    (called,) = book.resolve(to_key(key.id), NOW.date())
    assert (called.channel, called.target, called.name) == ("webhook", "https://c.gov.cn/cb", "窗口系统")
    assert called.secret == keys.signing_secret(key.id)
    keys.revoke(key.id, "admin", NOW)
    assert found(to_key(key.id)) == []


def test_where_a_whole_department_is_away_all_are_told(directory):
    accounts, _, book = directory
    for name in ("li", "wu"):
        accounts.add(person(name, absent_from=date(2026, 11, 18)), "Long-enough-7-words", "admin", NOW)
    assert [one.target for one in book.resolve(to_department("sw"), date(2026, 11, 18))] == ["li@gov.cn", "wu@gov.cn"]


def test_moments_come_back_aware(office):
    office.queue(make(at=datetime(2026, 11, 18, 2, tzinfo=UTC)))
    assert office.service.inbox(to_person("li"))[0].notice.created_at == NOW
