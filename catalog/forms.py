"""The feed that every resource has without declaring it: corrections and strikings-off that an officer makes at the desk.

A department answers a ticket on any day: by a form, by the interface, or by a file in this one plain shape (UTF-8 CSV, columns
named by item). What comes so is landed, checked against the contract and kept like any other delivery.
"""

from __future__ import annotations

from catalog.feed import Breach, Feed, Mode
from catalog.formats import Csv
from catalog.model import Identifier, Resource
from catalog.sources import FileSource

FORM, GONE = "_form", "_form_gone"
REASON = "reason"
"""Column of a striking-off that says why."""


class FormFeed(Feed):
    """A correction of the desk names its keys and what changes; what it leaves out stays as it is."""

    keys: tuple[Identifier, ...]

    @property
    def may_be_missing(self) -> frozenset[str]:
        """Every column but the keys; a striking-off needs all of its few."""
        return frozenset(self.columns) - set(self.keys) if self.mode is Mode.CORRECTION else frozenset()


def form_feed(resource: Resource, mode: Mode) -> Feed:
    """The feed of corrections (``Mode.CORRECTION``) or strikings-off (``Mode.TOMBSTONE``) of a resource.

    A row that breaks the contract refuses the whole: the officer who sent it is there to put it right.
    """
    gone = mode is Mode.TOMBSTONE
    name = f"{resource.id}{GONE if gone else FORM}"
    items = resource.key if gone else resource.item_ids
    return FormFeed(
        id=name,
        resource=resource.id,
        source=FileSource(path=f"desk/{name}_{{period}}_*.csv"),
        format=Csv(kind="csv", encoding="utf-8"),
        mode=mode,
        columns={item: item for item in items},
        reason_column=REASON if gone else None,
        on_breach=Breach(row="refuse_delivery"),
        keys=tuple(resource.key),
    )


def is_form(feed: str) -> bool:
    """Whether a feed of this name may be one of these."""
    return feed.endswith((FORM, GONE))


def resource_of(feed: str) -> str:
    """The resource that a form feed of this name would be of."""
    return feed.removesuffix(GONE).removesuffix(FORM)


def mode_of(feed: str) -> Mode:
    """Whether it corrects or strikes off."""
    return Mode.TOMBSTONE if feed.endswith(GONE) else Mode.CORRECTION
