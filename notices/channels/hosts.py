"""Which host may be called back: addresses come from departments, and must not lead the hub to where only it can go.

Private addresses are allowed, since departments' systems stand in the government's own network. Forbidden are the
machine itself, link-local addresses and others where clouds answer with a machine's credentials, and addresses that are
no single host. What is checked is what is then connected to: the number is looked up once.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from notices.channels.channel import DeliveryFailed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Host and port -> numeric addresses; OSError if there are none."""

METADATA = frozenset(ipaddress.ip_address(one) for one in ("100.100.100.200", "fd00:ec2::254", "192.0.0.192"))
"""Where clouds answer with credentials outside the link-local range (Alibaba Cloud, AWS, Oracle)."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a callback connects to: the URL with the checked number for a host, and the host itself."""

    url: str
    host: str
    header: str
    """``Host`` of the request: the host, and the port where it is not the usual one."""


def numbers(host: str, port: int) -> list[str]:
    """Addresses of a host, by the machine's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def fault_in(url: str) -> str | None:
    """What is wrong with a callback address as it is written, in a word; None if nothing is.

    For the door at which an address is given; whether its host may be called is decided when it is.
    """
    if not url.isascii() or any(character.isspace() or not character.isprintable() for character in url):
        return "not_an_address"
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return "not_an_address"
    if split.scheme not in ("http", "https"):
        return "not_http"
    if not split.hostname or port == 0 or "\\" in url:
        return "not_an_address"
    if "@" in split.netloc:
        return "holds_credentials"
    return "holds_fragment" if "#" in url else None


def target(
    url: str, *, allow_hosts: Sequence[str] = (), allow_loopback: bool = False, resolve: Resolve = numbers
) -> Target:
    """Where to connect for a callback address.

    Args:
        url: as the department gave it.
        allow_hosts: hosts that may be called, ``.gov.cn`` for all below; empty for any that is not forbidden.
        allow_loopback: whether this machine may be called.
        resolve: looks the host up.

    Raises:
        DeliveryFailed: the address is none, its host may not be called, or is not known.
    """
    fault = fault_in(url)
    if fault is not None:
        raise DeliveryFailed(f"address_{fault}", retry=False)
    split = urlsplit(url)
    host = (split.hostname or "").rstrip(".")
    port = split.port or (443 if split.scheme == "https" else 80)
    if allow_hosts and not any(_named(host, one.lower()) for one in allow_hosts):
        raise DeliveryFailed("host_not_allowed", retry=False)
    try:
        found = [ipaddress.ip_address(one.partition("%")[0]) for one in resolve(host, port)]
    except (OSError, ValueError, UnicodeError):
        raise DeliveryFailed("host_unknown", retry=True) from None
    # One forbidden number among several is enough: which of them answers is the other side's choice.
    if not found or any(forbidden(one, allow_loopback=allow_loopback) for one in found):
        raise DeliveryFailed("host_forbidden", retry=False)
    return _pinned(split, host, found[0])


def forbidden(address: Address, *, allow_loopback: bool = False) -> bool:
    """Whether an address must not be called."""
    inner = _inner(address)
    if inner is not None:
        return forbidden(inner, allow_loopback=allow_loopback)
    if address.is_loopback:
        return not allow_loopback
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or address in METADATA
    )


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _named(host: str, allowed: str) -> bool:
    return host.endswith(allowed) if allowed.startswith(".") else host == allowed


def _pinned(split: SplitResult, host: str, number: Address) -> Target:
    port = f":{split.port}" if split.port else ""
    literal = f"[{number}]" if number.version == 6 else str(number)
    named = f"[{host}]" if ":" in host else host
    return Target(split._replace(netloc=literal + port).geturl(), host, named + port)
