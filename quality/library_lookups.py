"""Lookups into a base library: values that flipped, and addresses that a newer source places elsewhere.

What each kind asks stands in `quality.library_kinds`, what a lookup is in `quality.lookups`.
"""

from __future__ import annotations

import ibis

from quality import library_kinds as lk
from quality.library_tables import HISTORY, PLACE
from quality.lookup_parts import Asked, Found, by_row


def steady(check: lk.Steady, asked: Asked) -> Found:
    """Rows whose value the library holds, had before, and had lost for some days to one other value."""
    key = check.library_key or check.key
    now = asked.references[check.library]
    before = asked.references[f"{check.library}{HISTORY}"]
    versions = before.select(_key=key, _value=check.library_item, _from="recorded_from", _until="recorded_to")
    standing = now.select(_key=now[key], _value=now[check.library_item], _from=_NEVER, _until=_NEVER)
    given = versions.union(standing).filter(lambda table: table["_key"].notnull() & table["_value"].notnull())
    # The version in force has no end, and comes last.
    order = [ibis.asc("_until", nulls_first=False), ibis.asc("_from", nulls_first=False)]
    window = ibis.window(group_by="_key", order_by=order)
    beside = given.mutate(_last=given["_value"].lag().over(window), _ended=given["_until"].lag().over(window))
    # A run of versions with one value begins where the value differs from the one before.
    runs = beside.filter(beside["_last"].isnull() | (beside["_value"] != beside["_last"]))
    before_it = {f"_{name}_{back}": runs[f"_{name}"].lag(back).over(window) for name, back in _BEFORE}
    told = runs.mutate(**before_it, _next=runs["_value"].lead().over(window))
    lasted = told["_ended"].date().delta(told["_from_1"].date(), unit="day")
    flipped = told.filter(
        told["_next"].isnull(), told["_value"] == told["_value_2"], (lasted <= check.within_days).fill_null(False)
    )
    # The run of today may have begun with a version that is history by now: what counts is that the value stands.
    flipped = flipped.semi_join(
        standing, [flipped["_key"] == standing["_key"], flipped["_value"] == standing["_value"]]
    )
    own = asked.own.select(_row=asked.row_key, _own_key=asked.own[check.key], _own=asked.own[asked.rule.item])
    hit = own.semi_join(flipped, [own["_own_key"] == flipped["_key"], own["_own"] == flipped["_value"]])
    return by_row(asked, hit.select(value="_row"))


_NEVER = ibis.null("timestamp(6)")
_BEFORE = (("value", 2), ("from", 1))


def same_place(check: lk.SamePlace, asked: Asked) -> Found:
    """Rows whose address the library serves, while a newer source names another place."""
    key = check.library_key or check.key
    library, places = asked.references[check.library], asked.references[f"{check.library}{PLACE}"]
    newer = asked.references[check.newer_in.resource]
    own = asked.own.select(
        _row=asked.row_key, _key=check.key, _address=asked.rule.item, _seen=asked.own[check.observed].cast("date")
    )
    served = library.select(_known=key, _text=check.library_item)
    own = own.semi_join(served, [own["_key"] == served["_known"], own["_address"] == served["_text"]])
    since = newer.group_by(_of=newer[check.newer_in.key or check.key]).agg(
        _since=newer[check.newer_in.date].cast("date").max()
    )
    later = own.inner_join(since, own["_key"] == since["_of"])
    later = later.filter(later["_since"] > later["_seen"]).select("_row", "_key")
    here, there = (
        places.filter(places["item"] == item).select(
            **{f"{side}_{name}": places[column] for name, column in (("key", key), *_PLACES)}
        )
        for side, item in (("here", check.library_item), ("there", check.other_item))
    )
    both = later.inner_join(here, later["_key"] == here["here_key"])
    both = both.inner_join(there, both["_key"] == there["there_key"])
    # The finest that both know decides.
    differs = ibis.coalesce(*[both[f"here_{name}"] != both[f"there_{name}"] for name, _ in _PLACES])
    return by_row(asked, both.filter(differs.fill_null(False)).select(value="_row"))


_PLACES = (("door", "address_id"), ("street", "street_code"), ("division", "division"))
