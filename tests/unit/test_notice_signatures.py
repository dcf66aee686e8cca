"""Signatures, against values that openssl computed."""

import ipaddress
import re
from datetime import UTC, datetime, timedelta

import pytest

from notices.channels import dingtalk, hosts
from notices.channels.channel import DeliveryFailed
from notices.channels.webhook import sign, verify

NOW = datetime.fromtimestamp(1794553200, UTC)
BODY = '{"a":"中"}'.encode()


def test_dingtalk_signs_as_openssl_does():
    # printf '1794553200000\nSECthisisasecret' | openssl dgst -sha256 -hmac SECthisisasecret -binary | base64
    assert dingtalk.sign("SECthisisasecret", 1794553200000) == "iiOtwc2uAhzkFttl/74OwcOqJFI1fDmyr0oP5BP7Auw="


def test_webhooks_are_signed_as_openssl_does():
    # printf '1794553200.{"a":"中"}' | openssl dgst -sha256 -hmac whsec -hex
    assert sign("whsec", 1794553200, BODY) == "v1=a801a694f7c9a439df9a2d60dc8c632fa7705a9a196fd9e773900d3fd9b4ed53"


def test_a_receiver_refuses_what_is_altered_foreign_or_old():
    signature = sign("whsec", 1794553200, BODY)

    def good(secret="whsec", timestamp="1794553200", signature=signature, body=BODY, now=NOW):
        return verify(secret, timestamp, signature, body, now=now)

    assert good()
    assert good(now=NOW + timedelta(seconds=300))
    assert good(now=NOW - timedelta(seconds=300))
    assert not good(now=NOW + timedelta(seconds=301))
    assert not good(now=NOW - timedelta(seconds=301))
    assert not good(secret="other")
    assert not good(body=BODY + b" ")
    assert not good(timestamp="1794553201")
    assert not good(signature=signature.removeprefix("v1="))
    assert not good(signature="中")
    for odd in ("", "-1", "1e9", "１７９４", "9" * 40):
        assert not good(timestamp=odd)


@pytest.mark.parametrize(
    ("number", "refused"),
    [
        ("10.1.2.3", False),
        ("192.168.7.1", False),
        ("172.16.0.9", False),
        ("8.8.8.8", False),
        ("fd12::1", False),
        ("2400:3200::1", False),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("169.254.169.254", True),
        ("169.254.0.23", True),
        ("fe80::1", True),
        ("100.100.100.200", True),
        ("fd00:ec2::254", True),
        ("224.0.0.1", True),
        ("ff02::1", True),
        ("0.0.0.0", True),
        ("::", True),
        ("255.255.255.255", True),
        ("240.0.0.1", True),
        ("::ffff:169.254.169.254", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.1.2.3", False),
        ("64:ff9b::a9fe:a9fe", True),
        ("2002:a9fe:a9fe::1", True),
        ("2002:7f00:1::1", True),
    ],
)
def test_which_numbers_may_be_called(number, refused):
    assert hosts.forbidden(ipaddress.ip_address(number)) is refused


def test_this_machine_may_be_called_only_where_the_settings_say_so():
    assert not hosts.forbidden(ipaddress.ip_address("127.0.0.1"), allow_loopback=True)
    assert not hosts.forbidden(ipaddress.ip_address("::ffff:127.0.0.1"), allow_loopback=True)
    assert hosts.forbidden(ipaddress.ip_address("169.254.1.1"), allow_loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://counter.gov.cn/x",
        "file:///etc/passwd",
        "//counter.gov.cn/x",
        "counter.gov.cn",
        "http://",
        "http://user:word@counter.gov.cn/x",
        "http://counter.gov.cn@evil.example/",
        "http://counter.gov.cn/x#part",
        "http://counter.gov.cn:99999/",
        "http://counter.gov.cn:0/",
        "http://counter.gov.cn\\@evil.example/",
        "http://counter.gov.cn/x y",
        "http://counter.gov.cn/\r\nHost: evil",
        "http://市.cn/",
        "http://[::1/",
    ],
)
def test_addresses_that_are_none_are_refused_for_good(url):
    assert hosts.fault_in(url)
    with pytest.raises(DeliveryFailed, match=r"^address_") as refused:
        hosts.target(url, resolve=lambda host, port: ["10.0.0.1"])
    assert not refused.value.retry
    assert not re.search(r"gov|evil|passwd", str(refused.value))


def test_what_is_checked_is_what_is_connected_to():
    asked = []

    def resolve(host, port):
        asked.append((host, port))
        return ["10.0.0.7", "10.0.0.8"]

    found = hosts.target("https://counter.gov.cn:8443/cb?id=1", resolve=resolve)
    assert (found.url, found.host, found.header) == (
        "https://10.0.0.7:8443/cb?id=1", "counter.gov.cn", "counter.gov.cn:8443",
    )  # fmt: skip
    assert asked == [("counter.gov.cn", 8443)]
    assert hosts.target("http://counter.gov.cn/", resolve=resolve).header == "counter.gov.cn"
    six = hosts.target("http://[fd12::1]:81/", resolve=lambda host, port: [host])
    assert (six.url, six.host, six.header) == ("http://[fd12::1]:81/", "fd12::1", "[fd12::1]:81")


def test_one_forbidden_number_among_several_is_enough():
    with pytest.raises(DeliveryFailed, match="host_forbidden"):
        hosts.target("http://counter.gov.cn/", resolve=lambda host, port: ["10.0.0.7", "169.254.169.254"])


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "localhost", "localhost."])
def test_other_spellings_of_this_machine_are_seen_through(host):
    with pytest.raises(DeliveryFailed, match="host_forbidden"):
        hosts.target(f"http://{host}:1/")


def test_hosts_can_be_named():
    def tried(host, allowed):
        return hosts.target(f"http://{host}/", allow_hosts=allowed, resolve=lambda host, port: ["10.0.0.7"])

    assert tried("a.nb.gov.cn", [".gov.cn"]).host == "a.nb.gov.cn"
    assert tried("A.nb.gov.cn", ["a.nb.gov.cn"])
    for host in ("gov.cn.evil.example", "evilgov.cn", "b.nb.gov.cn"):
        with pytest.raises(DeliveryFailed, match="host_not_allowed"):
            tried(host, ["a.nb.gov.cn", ".hz.gov.cn"])


def test_an_unknown_host_may_be_known_later():
    def unknown(host, port):
        raise OSError

    with pytest.raises(DeliveryFailed, match="host_unknown") as failed:
        hosts.target("http://counter.gov.cn/", resolve=unknown)
    assert failed.value.retry
