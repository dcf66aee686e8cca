"""A home docked to the platform of its city: its document, its catalogue and its register of sendings put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from catalog.interchange.sendings import Sendings
from hub.home import Home
from hub.hub import Hub
from hub.settings import environment
from pipelines.docking.client import CityPlatform
from pipelines.docking.service import Docking
from pipelines.docking.upstream import FILE, Upstream, read_upstream


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
