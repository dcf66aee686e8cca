"""The catalogue in and out, and its search, over one home: which rules, which words, which entries they work with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime

from catalog.entries.content import meaning_of
from catalog.entries.held import draft_of
from catalog.entries.states import FIRST
from catalog.interchange.service import CatalogueExchange
from catalog.interchange.words import Words
from catalog.search.finding import CatalogSearch
from catalog.search.index import Indexed
from hub.hub import Hub
from policy.cited import Silence
from policy.profile import Profile


def words_of(profile: Profile) -> Words:
    """The coded words of a sheet, with the city's own for the classes."""
    return Words(
        {name: profile.share_class(name) for name in ("unconditional", "conditional", "not")},
        {name: profile.open_class(name) for name in ("unconditional", "conditional", "not")},
    )


def asked_for(profile: Profile) -> list[str]:
    """The fields that the city's instrument asks of an entry, in its own words."""
    fields = profile.catalogue.required_fields
    return [] if isinstance(fields, Silence) else list(fields.value)


def exchange_of(hub: Hub, now: datetime) -> CatalogueExchange:
    """The use cases of the catalogue in and out, under the rules that hold at ``now``."""
    office, profile = (
        hub.entries.office,
        hub.rules_on(now).profile,
    )  # the hub's own office keeps the gate that it has made
    return CatalogueExchange(replace(office, gate=office.gate_on(now)), hub.city, words_of(profile), asked_for(profile))


def search_of(hub: Hub, *, drafts: bool = False) -> CatalogSearch:
    """Search in the catalogue in force; with ``drafts``, in what is under way as well, which only insiders see."""
    departments = {one.id: one for one in hub.city.departments}
    folder = hub.home / "search"
    if not drafts:
        return CatalogSearch(folder, hub.city.digest, lambda: (Indexed(one) for one in hub.city.resources), departments)
    published = {one.id for one in hub.city.resources}
    waiting = hub.entries.reading.listed(states=FIRST)
    under_way = [Indexed(draft_of(one), one.state) for one in waiting if one.id not in published]
    said = json.dumps([[one.state, meaning_of(one.resource)] for one in under_way], ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(f"{hub.city.digest}{said}".encode()).hexdigest()
    return CatalogSearch(
        folder / "drafts", digest, lambda: (*(Indexed(one) for one in hub.city.resources), *under_way), departments
    )
