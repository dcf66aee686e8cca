"""Who may come in, who stands in, what an account and a key must hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.api_key import ApiKey, KeyRefused, NotInScope, Refusal, Scope, can_use, check_can_use, check_may, may
from accounts.api_key import check_is_sound as check_key
from accounts.deputies import check_can_stand_in, stand_in
from accounts.model import ROLE_WORDS, Account, Role, can_enter, check_can_enter
from accounts.sealing import Seal
from accounts.soundness import check_is_sound
from ground.errors import InternalFault, UserError

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)


def an(login: str = "li.na", /, **changes) -> Account:
    return Account(**{"id": login, "name": "李娜", "role": Role.PROVIDER, "department": "ga", **changes})


def reason(account: Account, at: datetime = NOW) -> str | None:
    try:
        check_can_enter(account, at)
    except UserError as fault:
        return "disabled" if "停用" in fault.zh else "agreement" if "没有登记保密协议" in fault.zh else "expired"
    return None


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("disabled", [None, NOW - DAY, NOW + DAY])
@pytest.mark.parametrize("expires", [None, TODAY - DAY, TODAY, TODAY + DAY])
@pytest.mark.parametrize(("firm", "agreement"), [*product([None, "某公司"], [None, "BM-2026-1"])])
def test_every_reason_why_somebody_may_not_come_in(role, disabled, expires, firm, agreement) -> None:
    one = an(role=role, disabled_at=disabled, expires_on=expires, firm=firm, agreement=agreement)
    if disabled is not None:
        expected = "disabled"
    elif firm and not (agreement and expires):
        expected = "agreement"
    elif expires == TODAY - DAY:
        expected = "expired"
    else:
        expected = None
    assert reason(one) == expected
    assert can_enter(one, NOW) is one.active(NOW) is (expected is None)


@pytest.mark.duty("R-078")
def test_an_account_ends_with_its_agreement_at_midnight_in_beijing() -> None:
    one = an(firm="某公司", agreement="BM-1", expires_on=TODAY)
    last = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    assert can_enter(one, last)
    assert reason(one, last + timedelta(seconds=1)) == "expired"


@pytest.mark.duty("R-078")
@pytest.mark.parametrize(
    ("given_", "where"),
    [
        ({"firm": "某公司"}, "agreement"),
        ({"firm": "某公司", "expires_on": TODAY}, "agreement"),
        ({"agreement": "BM-1"}, "expires_on"),
        ({"firm": "某公司", "agreement": "BM-1"}, "expires_on"),
    ],
)
def test_a_contractor_needs_an_agreement_and_its_last_day(given_, where) -> None:
    with pytest.raises(UserError) as refused:
        check_is_sound(an(**given_))
    assert refused.value.where == where
    check_is_sound(an(firm="某公司", agreement="BM-1", expires_on=TODAY))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"id": "L"}, "id"), ({"id": "a"}, "id"), ({"id": "1a"}, "id"), ({"id": "a b"}, "id"), ({"id": "a" * 64}, "id"),
        ({"id": "li.na\n"}, "id"), ({"id": "李娜"}, "id"),
        ({"name": " "}, "name"), ({"name": "a\x00b"}, "name"), ({"name": "a\nb"}, "name"), ({"name": "x" * 201}, "name"),
        ({"email": "no"}, "email"), ({"email": "a@b\nBcc: c@d"}, "email"), ({"email": "a@b, c@d"}, "email"),
        ({"mobile": "12a45"}, "mobile"), ({"mobile": "１３８００００"}, "mobile"),
        ({"department": None}, "department"), ({"deputy": "li.na"}, "deputy"),
        ({"absent_until": TODAY}, "absent_from"), ({"absent_from": TODAY, "absent_until": TODAY - DAY}, "absent_until"),
    ],
)  # fmt: skip
def test_what_is_not_sound_is_said_by_field(changes, where) -> None:
    with pytest.raises(UserError) as refused:
        check_is_sound(an(**changes))
    assert refused.value.where == where


def test_what_is_sound() -> None:
    check_is_sound(an(email="li.na@ga.example.gov.cn", mobile="+86 138".replace(" ", "-") + "0000-0000", deputy="wang"))
    check_is_sound(an("ab", role=Role.STEWARD, department=None, absent_from=TODAY, absent_until=TODAY))
    assert set(ROLE_WORDS) == set(Role)


@pytest.mark.parametrize(
    ("first", "last", "away"),
    [
        (None, None, False), (TODAY, None, True), (TODAY, TODAY, True), (TODAY - DAY, TODAY - DAY, False),
        (TODAY + DAY, None, False), (TODAY - DAY, TODAY + DAY, True),
    ],
)  # fmt: skip
def test_absence_includes_both_ends(first, last, away) -> None:
    assert an(absent_from=first, absent_until=last).absent(TODAY) is away


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(min_value=-1, max_value=7)), min_size=1, max_size=8)
)
def test_whoever_acts_is_the_first_on_the_chain_who_is_there_and_it_always_ends(facts) -> None:
    """Any graph of deputies, circles too: held against a plain walk of at most as many steps as there are people."""
    ids = [f"p{number}" for number in range(len(facts))]
    people = {
        name: an(
            name,
            absent_from=TODAY if away else None,
            disabled_at=NOW if disabled else None,
            deputy=ids[deputy] if 0 <= deputy < len(ids) else None,
        )
        for name, (away, disabled, deputy) in zip(ids, facts, strict=True)
    }
    chain = [people["p0"]]
    while len(chain) < len(ids) and chain[-1].deputy is not None:
        chain.append(people[chain[-1].deputy])
    there = [one for one in chain if one.absent_from is None and one.disabled_at is None]
    assert stand_in(people["p0"], people.get, TODAY) == (there[0] if there else people["p0"])


def test_a_deputy_whose_account_ended_does_not_act() -> None:
    people = {"wang": an("wang", agreement="x", expires_on=TODAY - DAY, deputy="zhao"), "zhao": an("zhao")}
    assert stand_in(an(deputy="wang", absent_from=TODAY), people.get, TODAY).id == "zhao"


@pytest.mark.parametrize(
    "deputy", [None, an("w", department="sw"), an("w", role=Role.REPORTER), an("w", disabled_at=NOW)]
)
def test_who_cannot_stand_in(deputy) -> None:
    with pytest.raises(UserError) as refused:
        check_can_stand_in(deputy, an())
    assert refused.value.where == "deputy"
    check_can_stand_in(an("w"), an())


def a_key(**changes) -> ApiKey:
    facts = {"id": "k_0a1b2c3d", "name": "窗口系统", "department": "ga", "scopes": frozenset({Scope.PROBLEMS_READ})}
    return ApiKey(**{**facts, "created_at": NOW, **changes})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None), ({"expires_on": TODAY}, None), ({"expires_on": TODAY - DAY}, Refusal.EXPIRED),
        ({"revoked_at": NOW}, Refusal.REVOKED), ({"revoked_at": NOW, "expires_on": TODAY - DAY}, Refusal.REVOKED),
    ],
)  # fmt: skip
def test_a_key_is_in_force_or_says_why_not(changes, why) -> None:
    key = a_key(**changes)
    assert can_use(key, NOW) is (why is None)
    if why is not None:
        with pytest.raises(KeyRefused) as refused:
            check_can_use(key, NOW)
        assert refused.value.reason is why


@pytest.mark.parametrize("scope", Scope)
def test_a_key_may_do_what_it_was_issued_for_and_nothing_else(scope) -> None:
    assert may(a_key(scopes=frozenset({scope})), scope)
    check_may(a_key(scopes=frozenset({scope})), scope)
    others = a_key(scopes=frozenset(set(Scope) - {scope}))
    assert not may(others, scope)
    with pytest.raises(NotInScope, match=scope.value):
        check_may(others, scope)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"name": ""}, "name"), ({"name": "a\nb"}, "name"), ({"scopes": []}, "scopes"), ({"per_minute": 0}, "per_minute"),
        ({"per_minute": 100_001}, "per_minute"), ({"expires_on": TODAY - DAY}, "expires_on"),
        *[
            ({"callback_url": url}, "callback_url")
            for url in ("ftp://a/", "a.example/x", "http://", "http://u:p@a/", "http://u@a/", "http://a/#x", "http://a/ b",
                        "http://a/\r\nX: y", "http://[::1", "file:///etc/passwd", "http://a:99999/", "http://数/", "http://a/" + "x" * 500)
        ],
    ],
)  # fmt: skip
def test_what_a_key_cannot_be_issued_with(changes, where) -> None:
    good = {
        "name": "窗口系统",
        "scopes": [Scope.PROBLEMS_READ],
        "per_minute": 60,
        "callback_url": "https://counter.example.gov.cn:8443/hook?x=1",
        "expires_on": TODAY,
    }
    check_key(**good, now=NOW)
    with pytest.raises(UserError) as refused:
        check_key(**{**good, **changes}, now=NOW)
    assert refused.value.where == where


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_what_is_sealed_opens_with_its_key_for_its_subject_only(secret) -> None:
    seal = Seal(b"k" * 32)
    text = seal.sealed(secret, "k_1")
    assert seal.opened(text, "k_1") == secret
    assert seal.sealed(secret, "k_1") != text
    wrong = [
        lambda: seal.opened(text, "k_2"),
        lambda: Seal(b"x" * 32).opened(text, "k_1"),
        lambda: seal.opened(text[:-4], "k_1"),
        lambda: seal.opened("no", "k_1"),
    ]
    for attempt in wrong:
        with pytest.raises(UserError):
            attempt()


def test_a_sealing_key_of_another_length_is_no_key() -> None:
    with pytest.raises(InternalFault):
        Seal(b"short")
