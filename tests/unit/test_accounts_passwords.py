"""Passwords as they are kept, and what may be one."""

from __future__ import annotations

import base64
import hashlib
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accounts import passwords
from accounts.passwords import STANDARD, Cost
from ground.errors import InternalFault, UserError

CHEAP = Cost(16, 8, 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40)


@given(TEXT, TEXT)
@settings(deadline=None)
def test_a_password_matches_itself_and_no_other(one: str, other: str) -> None:
    kept = passwords.kept(one, CHEAP)
    assert passwords.matches(kept, one)
    assert kept != passwords.kept(one, CHEAP)  # a salt of its own
    assert one not in kept
    assume(unicodedata.normalize("NFKC", one) != unicodedata.normalize("NFKC", other))
    assert not passwords.matches(kept, other)
    assert not passwords.matches(kept, one + "x")
    assert not passwords.matches(kept, "")


def test_the_standard_is_what_the_decision_says_and_what_is_kept_is_scrypt() -> None:
    assert Cost(2**15, 8, 3) == STANDARD
    kept = passwords.kept("correct horse")
    kind, n, r, p, salt, digest = kept.split("$")
    assert (kind, n, r, p) == ("scrypt", "32768", "8", "3")
    # The same by the library alone.
    again = hashlib.scrypt(b"correct horse", salt=base64.b64decode(salt), n=2**15, r=8, p=3, dklen=32, maxmem=64 << 20)
    assert again == base64.b64decode(digest)


def test_the_published_vector_of_scrypt() -> None:
    """RFC 7914, 12: password "pleaseletmein", salt "SodiumChloride", N 16384, r 8, p 1; the first 32 bytes."""
    digest = bytes.fromhex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    kept = f"scrypt$16384$8$1${base64.b64encode(b'SodiumChloride').decode()}${base64.b64encode(digest).decode()}"
    assert passwords.matches(kept, "pleaseletmein")
    assert not passwords.matches(kept, "pleaseletmeinn")
    assert passwords.is_outdated(kept) and not passwords.is_outdated(kept, Cost(16384, 8, 1))


def test_the_same_characters_composed_another_way_are_the_same_password() -> None:
    assert passwords.matches(passwords.kept("Ünïcöde１２３", CHEAP), unicodedata.normalize("NFD", "Ünïcöde123"))


@pytest.mark.parametrize("password", ["", "1234567", "li.na.wang", "LI.NA.WANG", "x" * 257, "\ud800abcdefgh"], ids=repr)
def test_what_is_no_password(password: str) -> None:
    with pytest.raises(UserError) as refused:
        passwords.check_is_good(password, "li.na.wang")
    assert refused.value.where == "password"
    assert not password or password not in str(refused.value)


def test_half_a_character_matches_nothing() -> None:
    assert not passwords.matches(passwords.kept("", CHEAP), "\ud800")


@given(TEXT)
@settings(deadline=None)
def test_nothing_matches_a_decoy(password: str) -> None:
    assert not passwords.matches(passwords.decoy(CHEAP), password)


def test_a_decoy_costs_what_a_password_costs() -> None:
    assert passwords.decoy().split("$")[:4] == passwords.kept("12345678").split("$")[:4]


def test_generated_passwords_are_good_and_differ() -> None:
    made = {passwords.generated() for _ in range(100)}
    assert len(made) == 100
    for one in made:
        passwords.check_is_good(one, "li.na")
        assert len(one) == 19 and not set(one) & set("ilo01IO")


@pytest.mark.parametrize("text", ["", "plain", "md5$1$1$1$AA==$AA==", "scrypt$x$8$1$AA==$AA==", "scrypt$16$8$1$A$AA=="])
def test_what_is_kept_in_no_known_form_is_a_fault_of_ours(text: str) -> None:
    with pytest.raises(InternalFault):
        passwords.matches(text, "whatever")
