"""Accounts and keys in a real database: SQLite always, PostgreSQL where one answers."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy.exc import DBAPIError

from accounts import tries
from accounts.api_key import KeyRefused, Refusal, Scope
from accounts.keys import KeyService
from accounts.model import Account, Role
from accounts.passwords import Cost
from accounts.service import AccountService
from accounts.tables import (
    TABLES,
    account_event,
    account_password,
    account_session,
    api_key,
    api_key_event,
    sign_in_try,
)
from ground.errors import UserError
from quality.tickets import attachment_tables
from quality.tickets.attachments import MOST, AttachmentStore
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHEAP = Cost(16, 8, 1)
PASSWORD = "correct horse"
ALL = (*TABLES, *attachment_tables.TABLES)


def postgres_url() -> str:
    url = os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
    probe = sa.create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with probe.connect():
            return url
    except DBAPIError as fault:
        if "SHUYUAN_TEST_POSTGRES" in os.environ:
            raise
        pytest.skip(
            f"NO POSTGRESQL: accounts are tested on SQLite only ({type(fault).__name__}); set SHUYUAN_TEST_POSTGRES"
        )
    finally:
        probe.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request, tmp_path: Path):
    if request.param == "sqlite":
        database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
        metadata.create_all(database.engine, tables=ALL)
        yield database
        database.dispose()
        return
    url = sa.make_url(postgres_url())
    schema = f"shuyuan_{uuid.uuid4().hex[:12]}"
    owner = sa.create_engine(url)
    with owner.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    own = url.update_query_dict({"options": f"-csearch_path={schema}"})
    database = OperationalDatabase(own.render_as_string(hide_password=False))
    metadata.create_all(database.engine, tables=ALL)
    yield database
    database.dispose()
    with owner.begin() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    owner.dispose()


@pytest.fixture
def accounts(db) -> AccountService:
    return AccountService(db, cost=CHEAP)


@pytest.fixture
def keys(db) -> KeyService:
    return KeyService(db, b"k" * 32)


def an(login: str = "li.na", /, **changes) -> Account:
    return Account(**{"id": login, "name": "李娜", "role": Role.PROVIDER, "department": "ga", **changes})


def everything(db) -> str:
    """All that stands in the database, as one text."""
    with db.begin() as connection:
        return repr([[tuple(row) for row in connection.execute(sa.select(table))] for table in ALL])


def refusal(accounts, login, password, at=NOW) -> str:
    with pytest.raises(UserError) as refused:
        accounts.authenticate(login, password, at)
    return str(refused.value)


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_an_account_is_kept_as_it_was_given_and_listed(accounts) -> None:
    wang = accounts.add(an("wang", role=Role.STEWARD, department=None), PASSWORD, "root", NOW)
    li = accounts.add(
        an(email="li.na@ga.example", mobile="+8613800000000", firm="某公司", agreement="BM-1", expires_on=TODAY),
        PASSWORD, "wang", NOW,
    )  # fmt: skip
    assert accounts.get("li.na") == accounts.find("li.na") == li
    assert accounts.list() == [li, wang]
    assert accounts.list(Role.STEWARD) == accounts.list(role=Role.STEWARD) == [wang]
    assert accounts.list(department="ga") == [li]
    assert accounts.list(Role.REPORTER) == []
    for nobody in ("zhao", "", "\x00"):
        assert accounts.find(nobody) is None
        with pytest.raises(UserError, match="没有这个账号"):
            accounts.get(nobody)


@pytest.mark.parametrize(
    ("wanted", "password"),
    [
        (an(), PASSWORD),  # taken
        (an("x"), PASSWORD),
        (an("zhao"), "short"),
        (an("zhao.long"), "Zhao.Long"),
        (an("zhao", expires_on=TODAY - DAY, agreement="x"), PASSWORD),
        (an("zhao", disabled_at=NOW), PASSWORD),
        (an("zhao", deputy="nobody"), PASSWORD),
        (an("zhao", department="sw", deputy="li.na"), PASSWORD),
    ],
)
def test_what_cannot_be_added_changes_nothing(db, accounts, wanted, password) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    before = everything(db)
    with pytest.raises(UserError):
        accounts.add(wanted, password, "root", NOW)
    assert everything(db) == before


def test_changes_are_made_and_written_down_with_who_made_them(accounts) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    accounts.add(an("wang"), PASSWORD, "root", NOW)
    after = accounts.change("li.na", "wang", NOW + HOUR, email="a@b", mobile="110110", deputy="wang", absent_from=TODAY)
    assert after == accounts.get("li.na")
    assert (after.email, after.deputy, after.absent_from, after.name) == ("a@b", "wang", TODAY, "李娜")
    accounts.change("li.na", "wang", NOW + 2 * HOUR, deputy="wang")  # as it stands: nothing happened
    back = accounts.change("li.na", "li.na", NOW + 3 * HOUR, absent_from=None, deputy=None)
    assert (back.absent_from, back.deputy, back.email) == (None, None, "a@b")
    happened = [(one.at, one.by, one.event, one.facts) for one in accounts.history("li.na")]
    assert [one[:3] for one in happened] == [
        (NOW, "root", "added"),
        (NOW + HOUR, "wang", "changed"),
        (NOW + 3 * HOUR, "li.na", "changed"),
    ]
    assert happened[1][3] == {"email": None, "mobile": None, "deputy": "wang", "absent_from": "2026-11-21"}
    assert happened[2][3] == {"absent_from": None, "deputy": None}


@pytest.mark.parametrize(
    "changes", [{"email": "no"}, {"deputy": "li.na"}, {"deputy": "nobody"}, {"absent_until": TODAY}]
)
def test_a_change_that_would_not_be_sound_changes_nothing(db, accounts, changes) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    before = everything(db)
    with pytest.raises(UserError):
        accounts.change("li.na", "root", NOW, **changes)
    with pytest.raises(UserError):
        accounts.change("nobody", "root", NOW, email="a@b")
    assert everything(db) == before


def test_events_cannot_be_changed_and_hold_no_secret(db, accounts, keys) -> None:
    accounts.add(an(email="li.na@secret.example", mobile="13812345678"), PASSWORD, "root", NOW)
    accounts.set_password("li.na", "another horse", "root", NOW)
    key, secret = keys.issue("窗口", "ga", [Scope.PROBLEMS_READ], "root", NOW)
    signing = keys.signing_secret(key.id)
    accounts.change("li.na", "root", NOW, email="new@secret.example")
    with db.begin() as connection:
        said = repr(
            [[tuple(row) for row in connection.execute(sa.select(table))] for table in (account_event, api_key_event)]
        )
    for private in ("secret.example", "13812345678", "李娜"):
        assert private not in said
    for hidden in (PASSWORD, "another horse", secret, secret.rsplit("_", 1)[1], signing):
        assert hidden not in everything(db)
    for table in (account_event, api_key_event):
        for statement in (sa.delete(table), sa.update(table).values(actor="x")):
            with pytest.raises(DBAPIError, match="append-only"), db.begin() as connection:
                connection.execute(statement)


def test_a_deputy_acts_while_the_officer_is_away(accounts) -> None:
    accounts.add(an("zhao"), PASSWORD, "root", NOW)
    accounts.add(an("wang", deputy="zhao"), PASSWORD, "root", NOW)
    accounts.add(an(deputy="wang"), PASSWORD, "root", NOW)
    accounts.change("zhao", "root", NOW, deputy="li.na")  # a circle
    assert accounts.acting("li.na", TODAY).id == "li.na"
    accounts.change("li.na", "root", NOW, absent_from=TODAY, absent_until=TODAY + DAY)
    assert accounts.acting("li.na", TODAY).id == "wang"
    accounts.disable("wang", "root", NOW)
    assert accounts.acting("li.na", TODAY + DAY).id == "zhao"
    assert accounts.acting("li.na", TODAY + 2 * DAY).id == "li.na"
    accounts.change("zhao", "root", NOW, absent_from=TODAY)
    assert accounts.acting("li.na", TODAY).id == "li.na"  # nobody is there: it waits for the officer
    with pytest.raises(UserError):
        accounts.acting("nobody", TODAY)


# --- coming in --------------------------------------------------------------------------------------------------------


def test_the_right_password_opens_and_every_other_is_refused_alike(db, accounts) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    assert accounts.authenticate("li.na", PASSWORD, NOW) == an()
    assert accounts.authenticate(" Li.Na ", PASSWORD, NOW) == an()
    said = {
        refusal(accounts, "li.na", "wrong horse"), refusal(accounts, "nobody", PASSWORD), refusal(accounts, "", ""),
        refusal(accounts, "x'; --", PASSWORD), refusal(accounts, "\x00", "\x00"), refusal(accounts, "李娜", "\ud800"),
    }  # fmt: skip
    assert len(said) == 1 and "登录名或密码不正确" in said.pop()
    assert [one.event for one in accounts.history("li.na")] == ["added", "entered", "entered"]


def test_an_unknown_name_costs_the_same_trial(accounts, monkeypatch) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    tried = []
    note_scrypt(monkeypatch, tried)
    refusal(accounts, "li.na", "wrong horse")
    refusal(accounts, "nobody", "wrong horse")
    refusal(accounts, "no name", "wrong horse")
    assert len(tried) == 3 and len(set(tried)) == 1


def note_scrypt(monkeypatch, tried: list) -> None:
    """Note the cost of every run of scrypt."""
    real = hashlib.scrypt

    def noted(password, *, salt, n, r, p, dklen, maxmem):
        tried.append((n, r, p, dklen, len(salt)))
        return real(password, salt=salt, n=n, r=r, p=p, dklen=dklen, maxmem=maxmem)

    monkeypatch.setattr("hashlib.scrypt", noted)


@pytest.mark.parametrize("login", ["li.na", "nobody"])
def test_five_wrong_tries_lock_a_name_for_a_quarter_of_an_hour_whether_it_exists_or_not(db, accounts, login) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    for number in range(4):
        assert "不正确" in refusal(accounts, login, "wrong horse", NOW + number * MINUTE)
    fifth = refusal(accounts, login, "wrong horse", NOW + 4 * MINUTE)
    assert "已锁定至 2026-11-21 15:19:00" in fifth
    # The right password too, from another service object: the lock stands in the database.
    other = AccountService(db, cost=CHEAP)
    assert refusal(other, login, PASSWORD, NOW + 5 * MINUTE) == fifth
    assert refusal(other, login, PASSWORD, NOW + 19 * MINUTE - timedelta(microseconds=1)) == fifth
    if login == "li.na":
        assert other.authenticate(login, PASSWORD, NOW + 19 * MINUTE)
        assert [one.event for one in accounts.history(login)] == ["added", "locked", "entered"]
    else:
        assert "不正确" in refusal(other, login, PASSWORD, NOW + 19 * MINUTE)
        assert accounts.history(login) == []


def test_a_right_password_ends_the_row_of_wrong_ones_and_a_new_one_takes_the_lock_away(accounts) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    for _ in range(2):
        for _ in range(4):
            assert "不正确" in refusal(accounts, "li.na", "wrong horse")
        accounts.authenticate("li.na", PASSWORD, NOW)
    for _ in range(5):
        locked = refusal(accounts, "li.na", "wrong horse")
    assert "已锁定" in locked
    accounts.set_password("li.na", "another horse", "root", NOW)
    assert accounts.authenticate("li.na", "another horse", NOW)
    assert "不正确" in refusal(accounts, "li.na", PASSWORD)


def test_after_a_lock_the_count_begins_anew(accounts) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    for _ in range(5):
        refusal(accounts, "li.na", "wrong horse")
    for _ in range(4):
        assert "不正确" in refusal(accounts, "li.na", "wrong horse", NOW + 15 * MINUTE)
    assert "已锁定至 2026-11-21 15:30:00" in refusal(accounts, "li.na", "wrong horse", NOW + 15 * MINUTE)


def test_many_tries_at_once_are_no_way_round_the_lock(db, accounts, monkeypatch) -> None:
    """Twenty at the same moment: the password is looked at five times at most."""
    accounts.add(an(), PASSWORD, "root", NOW)
    looked, said, turn = [], [], threading.Barrier(20)
    monkeypatch.setattr("accounts.passwords.matches", lambda *_: looked.append(1) or False)

    def attempt() -> None:
        turn.wait()
        try:
            accounts.authenticate("li.na", "wrong horse", NOW)
        except UserError as fault:
            said.append(fault.zh)

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(said) == 20 and len(looked) <= tries.MOST
    assert "已锁定" in refusal(accounts, "li.na", PASSWORD)


def test_a_program_that_ends_between_counting_and_answering_locks_nobody_for_ever(db, accounts, monkeypatch) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    with db.begin() as connection:
        for _ in range(tries.MOST):
            assert tries.begin(connection, "li.na", NOW) is None
    assert "已锁定" in refusal(accounts, "li.na", PASSWORD)
    assert accounts.authenticate("li.na", PASSWORD, NOW + 15 * MINUTE)


def test_invented_names_do_not_fill_the_table(db, accounts) -> None:
    for number in range(5):
        refusal(accounts, f"nobody{number}", PASSWORD)
        refusal(accounts, f"no name {number}", PASSWORD)
    refusal(accounts, "last", PASSWORD, NOW + DAY + MINUTE)
    with db.begin() as connection:
        assert connection.execute(sa.select(sign_in_try.c.name)).scalars().all() == ["last"]


@pytest.mark.duty("R-078")
def test_a_contractor_whose_agreement_ended_does_not_come_in_and_is_put_out(accounts) -> None:
    accounts.add(an(firm="某公司", agreement="BM-1", expires_on=TODAY), PASSWORD, "root", NOW)
    token = accounts.open_session(accounts.authenticate("li.na", PASSWORD, NOW), NOW)
    midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    assert accounts.session(token, NOW + 7 * HOUR) and accounts.session(token, midnight - MINUTE)
    assert accounts.session(token, midnight) is None
    assert "期限已于 2026-11-21 届满" in refusal(accounts, "li.na", PASSWORD, midnight)
    assert "不正确" in refusal(accounts, "li.na", "wrong horse", midnight)  # told only to who knows the password
    with pytest.raises(UserError, match="届满"):
        accounts.open_session(accounts.get("li.na"), midnight)
    accounts.change("li.na", "root", midnight, agreement="BM-2", expires_on=TODAY + 365 * DAY)
    assert accounts.authenticate("li.na", PASSWORD, midnight)


def test_a_disabled_account_is_out_at_once_and_for_good(accounts) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    token = accounts.open_session(accounts.get("li.na"), NOW)
    gone = accounts.disable("li.na", "root", NOW + HOUR)
    assert gone.disabled_at == NOW + HOUR and accounts.get("li.na") == gone
    assert accounts.disable("li.na", "root", NOW + 2 * HOUR) == gone
    assert accounts.session(token, NOW + HOUR) is None
    assert "已停用" in refusal(accounts, "li.na", PASSWORD)
    assert [one.event for one in accounts.history("li.na")] == ["added", "disabled"]


def test_a_password_kept_at_another_cost_is_kept_anew_when_it_was_right(db) -> None:
    AccountService(db, cost=CHEAP).add(an(), PASSWORD, "root", NOW)
    dearer = AccountService(db, cost=Cost(32, 8, 1))
    refusal(dearer, "li.na", "wrong horse")
    kept = sa.select(account_password.c.kept)
    with db.begin() as connection:
        assert connection.execute(kept).scalar_one().startswith("scrypt$16$")
    dearer.authenticate("li.na", PASSWORD, NOW)
    with db.begin() as connection:
        assert connection.execute(kept).scalar_one().startswith("scrypt$32$")
    assert dearer.authenticate("li.na", PASSWORD, NOW)


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_slides_eight_hours_and_ends_after_twelve(accounts) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    token = accounts.open_session(an(), NOW)
    first = accounts.session(token, NOW)
    assert (first.account, first.opened_at, first.expires_at) == (an(), NOW, NOW + 8 * HOUR)
    assert accounts.session(token, NOW + 6 * HOUR).expires_at == NOW + 12 * HOUR
    assert accounts.session(token, NOW + 12 * HOUR - MINUTE) is not None
    assert accounts.session(token, NOW + 12 * HOUR) is None
    idle = accounts.open_session(an(), NOW)
    assert accounts.session(idle, NOW + 8 * HOUR) is None
    short = accounts.open_session(an(), NOW, 10 * MINUTE)
    assert accounts.session(short, NOW + 9 * MINUTE).expires_at == NOW + 19 * MINUTE
    assert accounts.open_session(an(), NOW, 100 * HOUR)


def test_a_token_is_random_kept_as_a_digest_and_its_form_token_is_its_own(db, accounts) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    tokens = {accounts.open_session(an(), NOW) for _ in range(20)}
    assert len(tokens) == 20 and all(re.fullmatch(r"[\w-]{43}", one) for one in tokens)
    csrf = {accounts.session(one, NOW).csrf for one in tokens}
    assert len(csrf) == 20 and not csrf & tokens
    kept = everything(db)
    assert not any(one in kept for one in tokens | csrf)
    for wrong in ("", "x", "\x00", "\ud800", next(iter(tokens))[:-1]):
        assert accounts.session(wrong, NOW) is None
        accounts.close_session(wrong)
    for one in tokens:
        assert accounts.session(one, NOW)
        accounts.close_session(one)
        assert accounts.session(one, NOW) is None


def test_a_new_password_ends_every_session_and_old_ones_are_removed(db, accounts) -> None:
    accounts.add(an(), PASSWORD, "root", NOW)
    accounts.add(an("wang"), PASSWORD, "root", NOW)
    mine, yours = accounts.open_session(an(), NOW), accounts.open_session(an("wang"), NOW)
    accounts.set_password("li.na", "another horse", "li.na", NOW)
    assert accounts.session(mine, NOW) is None and accounts.session(yours, NOW)
    accounts.open_session(an(), NOW + DAY)
    with db.begin() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(account_session)).scalar_one() == 1


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_is_verified_by_its_secret_and_shown_without_it(db, keys) -> None:
    scopes = [Scope.PROBLEMS_WRITE, Scope.PROBLEMS_READ, Scope.PROBLEMS_READ]
    key, secret = keys.issue(
        "窗口系统", "ga", scopes, "root", NOW, per_minute=120, callback_url="https://a.example/hook", expires_on=TODAY
    )
    assert re.fullmatch(r"k_[0-9a-f]{8}", key.id) and re.fullmatch(rf"shuyuan_{key.id}_[\w-]{{43}}", secret)
    assert keys.verify(secret, NOW) == keys.get(key.id) == key
    assert key.scopes == {Scope.PROBLEMS_READ, Scope.PROBLEMS_WRITE}
    other, _ = keys.issue("税务系统", "sw", [Scope.ANSWERS_WRITE], "root", NOW + HOUR)
    assert keys.list() == [key, other] and keys.list("sw") == [other]
    assert keys.signing_secret(key.id) not in (keys.signing_secret(other.id), secret)
    assert secret not in repr(key) and secret not in everything(db)


def test_every_reason_why_a_secret_opens_nothing(keys) -> None:
    key, secret = keys.issue("窗口系统", "ga", [Scope.PROBLEMS_READ], "root", NOW, expires_on=TODAY)
    other, _ = keys.issue("窗口系统", "ga", [Scope.PROBLEMS_READ], "root", NOW)

    def why(text: str, at: datetime = NOW) -> Refusal:
        with pytest.raises(KeyRefused) as refused:
            keys.verify(text, at)
        assert text == "" or text not in str(refused.value)
        return refused.value.reason

    malformed = [
        "",
        "x",
        secret[:-1],
        secret + "x",
        secret.upper(),
        secret + "\n",
        "shuyuan_k_0_" + "x" * 43,
        "\x00",
        "\ud800",
    ]
    assert {why(one) for one in malformed} == {Refusal.MALFORMED}
    assert why(f"shuyuan_k_00000000_{'x' * 43}") is Refusal.UNKNOWN
    assert why(f"shuyuan_{key.id}_{'x' * 43}") is Refusal.UNKNOWN
    assert why(secret.replace(key.id, other.id)) is Refusal.UNKNOWN
    midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
    assert keys.verify(secret, midnight - MINUTE)
    assert why(secret, midnight) is Refusal.EXPIRED
    gone = keys.revoke(key.id, "wang", NOW + HOUR)
    assert gone.revoked_at == NOW + HOUR
    assert keys.revoke(key.id, "zhao", NOW + 2 * HOUR) == gone
    assert why(secret) is Refusal.REVOKED
    assert why(f"shuyuan_{key.id}_{'x' * 43}") is Refusal.UNKNOWN
    assert [(one.event, one.by) for one in keys.history(key.id)] == [("issued", "root"), ("revoked", "wang")]
    for nobody in ("k_00000000", "", "\x00"):
        for ask in (keys.get, keys.signing_secret, lambda one: keys.revoke(one, "x", NOW)):
            with pytest.raises(UserError, match="没有这个密钥"):
                ask(nobody)


def test_a_signing_secret_opens_with_the_homes_key_only_and_for_its_own_row(db, keys) -> None:
    key, _ = keys.issue("窗口系统", "ga", [Scope.PROBLEMS_READ], "root", NOW)
    other, _ = keys.issue("税务系统", "sw", [Scope.PROBLEMS_READ], "root", NOW)
    assert keys.signing_secret(key.id) == KeyService(db, b"k" * 32).signing_secret(key.id)
    with pytest.raises(UserError, match="sealing"):
        KeyService(db, b"x" * 32).signing_secret(key.id)
    with db.begin() as connection:
        sealed = connection.execute(sa.select(api_key.c.sealed).where(api_key.c.id == other.id)).scalar_one()
        connection.execute(sa.update(api_key).where(api_key.c.id == key.id).values(sealed=sealed))
    with pytest.raises(UserError, match="sealing"):
        keys.signing_secret(key.id)


def test_what_cannot_be_issued_changes_nothing(db, keys) -> None:
    before = everything(db)
    for wrong in ({"scopes": []}, {"per_minute": 0}, {"callback_url": "x"}, {"expires_on": TODAY - DAY}, {"name": ""}):
        given = {"name": "窗口", "department": "ga", "scopes": [Scope.PROBLEMS_READ], "by": "root", "now": NOW, **wrong}
        with pytest.raises(UserError):
            keys.issue(**given)
    assert everything(db) == before


# --- attachments ------------------------------------------------------------------------------------------------------


def test_two_who_attach_the_tenth_at_once_do_not_both_succeed(db, tmp_path) -> None:
    store = AttachmentStore(tmp_path / "attachments", db)
    for number in range(MOST - 1):
        store.keep("T-1", None, f"{number}.txt", str(number).encode(), "li.na", NOW)
    said, turn = [], threading.Barrier(4)

    def attach(number: int) -> None:
        turn.wait()
        try:
            store.keep("T-1", None, f"last{number}.txt", f"last {number}".encode(), "li.na", NOW)
            said.append("kept")
        except UserError:
            said.append("refused")

    threads = [threading.Thread(target=attach, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(said) == ["kept", "refused", "refused", "refused"]
    assert len(store.of("T-1")) == MOST
    table = attachment_tables.attachment
    for statement in (sa.delete(table), sa.update(table).values(name="x")):
        with pytest.raises(DBAPIError, match="append-only"), db.begin() as connection:
            connection.execute(statement)


# --- the lock as a machine --------------------------------------------------------------------------------------------


class SignIn(RuleBasedStateMachine):
    """Right and wrong tries in any order, at any pace, against a few lines that say what a lock is."""

    @initialize()
    def start(self) -> None:
        self.db = OperationalDatabase("sqlite://")
        metadata.create_all(self.db.engine, tables=TABLES)
        self.accounts = AccountService(self.db, cost=CHEAP)
        self.accounts.add(an(), PASSWORD, "root", NOW)
        self.now, self.wrong, self.until = NOW, 0, NOW

    @rule(minutes=st.sampled_from([0, 1, 14, 15, 16]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(right=st.sampled_from([False, False, False, False, True]))
    def attempt(self, right: bool) -> None:
        locked = self.now < self.until
        try:
            self.accounts.authenticate("li.na", PASSWORD if right else "wrong horse", self.now)
            opened = True
        except UserError:
            opened = False
        assert opened is (right and not locked)
        if locked:
            return
        self.wrong = 0 if right else self.wrong + 1
        if self.wrong == 5:
            self.wrong, self.until = 0, self.now + 15 * MINUTE

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.dispose()


TestSignIn = SignIn.TestCase
TestSignIn.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
