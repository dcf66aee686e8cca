"""What things are called in Dagster: one naming formula for asset keys, groups, pools and tags."""

import re

from dagster import AssetKey

from catalog.city import City
from catalog.feed import Feed

LAKE_WRITE = "lake_write"
"""Pool of every asset that writes the lake: one at a time (``dagster.yaml``)."""

CATALOGUE = AssetKey("catalogue")
FINDINGS = AssetKey(["quality", "findings"])
TICKETS = AssetKey(["quality", "tickets"])
CROSS_CHECK = AssetKey(["quality", "cross_check"])
PUBLISHED = AssetKey("published")


def landing(feed: str) -> AssetKey:
    """Delivered bytes of a feed."""
    return AssetKey(["landing", feed])


def raw(feed: str) -> AssetKey:
    """Rows of a feed as delivered."""
    return AssetKey(["raw", feed])


def standard(feed: str) -> AssetKey:
    """Current rows of the resource that a feed delivers."""
    return AssetKey(["standard", feed])


def base(library: str) -> AssetKey:
    """A base library."""
    return AssetKey(["base", library])


def place(library: str) -> AssetKey:
    """Where the addresses of a base library are."""
    return AssetKey(["place", library])


def theme(name: str) -> AssetKey:
    """A theme library."""
    return AssetKey(["theme", name])


def released(release: str) -> AssetKey:
    """A published release."""
    return AssetKey(["open", release])


def of_feed(feed: Feed) -> list[AssetKey]:
    """All that the intake of a feed brings up to date."""
    return [landing(feed.id), raw(feed.id), standard(feed.id)]


def sources_of(city: City, library: str) -> list[AssetKey]:
    """The standard tables that a library is fused from, aliases included."""
    declared = city.library(library)
    return _standard_of(city, {*declared.key_in, *(one.resource for one in declared.aliases)})


def places_of(city: City, library: str) -> list[AssetKey]:
    """What the addresses of a library are held against, and the library itself."""
    sources = city.register.places
    if sources is None:
        return [base(library)]
    against = [base(library), base(sources.doors)]
    against += [base(sources.buildings)] if sources.buildings in city.register.libraries else []
    return [*against, *_standard_of(city, {sources.divisions})]


def _standard_of(city: City, resources: set[str]) -> list[AssetKey]:
    return [standard(feed.id) for feed in city.feeds if feed.resource_id in resources]


def op_name(*parts: str) -> str:
    """A name that Dagster allows for a step."""
    return re.sub(r"\W", "_", "_".join(parts))
