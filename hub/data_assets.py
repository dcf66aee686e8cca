"""The ledger of data assets of a home: what `catalog.assets` needs, brought together from every room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from catalog.assets import Asset, AssetKind, Derived, ledger
from catalog.cases import store
from catalog.entries.states import ENTRY
from catalog.purchases.states import PURCHASE
from hub.hub import Hub
from pipelines.themes.service import theme_name


def asset_ledger(hub: Hub, now: datetime) -> list[Asset]:
    """Every asset of the city, by department, kind and id; see `catalog.assets`."""
    kinds = (ENTRY.kind, PURCHASE.kind)
    with hub.database.begin() as connection:
        cases = [case for kind in kinds for case in store.listed(connection, kind=kind)]
        events = [event for kind in kinds for event in store.trail(connection, kind=kind)]
    gathered = hub.gathering.data_of([one.id for one in hub.city.resources], now)
    return ledger(hub.city, cases=cases, events=events, gathered=gathered, libraries=_libraries(hub), now=now)


def _libraries(hub: Hub) -> Iterator[Derived]:
    """Base libraries, which the authority builds (Wuhan 14), and the libraries that a department leads."""
    authority = hub.city.organisation.city_authority
    rows = _rows(hub)
    for name, library in hub.city.register.libraries.items():
        lead = authority.id if authority is not None else ""
        yield Derived(AssetKind.LIBRARY, name, library.title, lead, rows=rows.get(f"base.{name}"))
    for theme in hub.themes:
        head = theme.header
        yield Derived(
            AssetKind.SPECIAL if head.kind == "special" else AssetKind.THEME, theme.id, head.title, head.department,
            theme.digest, rows.get(theme_name(theme.id)), head.until,
        )  # fmt: skip


def _rows(hub: Hub) -> dict[str, int]:
    """Rows of every library as published, by its table in the lake; nothing where nothing is published."""
    published = hub.pointer.current()
    if published is None or not hub.lake.location.exists:
        return {}
    wanted = [f"base.{name}" for name in hub.city.register.libraries] + [theme_name(one.id) for one in hub.themes]
    with hub.lake.reading(published.lake_snapshot) as reader:
        return {name: reader.count(name) for name in wanted if reader.has(name)}
