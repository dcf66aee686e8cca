"""Both ends of a docking over a home: the district's document, catalogue and register of sendings; the turn of packages at the city."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from catalog.interchange.sendings import Sendings
from ground.errors import Unavailable
from hub.home import Home
from hub.hub import Hub
from hub.settings import environment
from pipelines.docking.client import CityPlatform
from pipelines.docking.service import Docking
from pipelines.docking.upstream import FILE, Upstream, read_upstream

PATIENCE = 20.0
"""Seconds for which a package waits for the one before it."""
EACH, TOGETHER = 2, 8
"""Packages of one sender, and of all, that are looked at or wait."""


class PackageTurn:
    """One package at a time in a server: each is held to the gate entry by entry, which takes seconds.

    A sender who lost patience and asks again finds the receipt of the first try, and no second one is under way. Of one sender one
    waits beside the one that is looked at, and of all together a few: whoever sends many at once holds up no thread of the others.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._here: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Packages that are looked at or wait."""
        return self._here.total()

    @contextmanager
    def taken(self, sender: str) -> Iterator[None]:
        """The turn of one package.

        Args:
            sender: id of the unit whose key it came with.

        Raises:
            Unavailable: another is under way, and takes long; or too many wait already.
        """
        with self._guard:
            if self._here[sender] >= EACH or self.waiting >= TOGETHER:
                raise _busy()
            self._here[sender] += 1
        try:
            if not self._turn.acquire(timeout=PATIENCE):
                raise _busy()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            with self._guard:
                self._here[sender] -= 1
                self._here += Counter()  # names of those that are gone are not kept


def _busy() -> Unavailable:
    return Unavailable(
        "正在接收另一报送包，请稍后再试。", "Another package is being received; try again later.", where="package"
    )


def upstream_of(home: Home) -> Upstream:
    """The platform that a home is docked to; UserError where it is docked to none."""
    return read_upstream(home.home / "city")


def is_docked(home: Home) -> bool:
    """Whether a home names a platform above it."""
    return (home.home / "city" / FILE).exists()


def docking_of(home: Hub, now: datetime) -> Docking:
    """The use cases of a docked home; its catalogue is loaded, and every document has its case."""
    upstream = upstream_of(home)
    home.load_catalogue(now)
    home.entries.reconcile(home.city, now)
    return Docking(
        upstream,
        home.city,
        Sendings(home.entries.office, upstream.district),
        lambda: home.catalogue.versions()[0].version,
    )


def platform_of(home: Home, told: Callable[[str, str], None]) -> CityPlatform:
    """The city's platform, with the key from the environment; a context that hangs up."""
    return CityPlatform(upstream_of(home), environment(), told=told)
