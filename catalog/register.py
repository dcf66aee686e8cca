"""The register of sources (来源登记册): for every item of every base library who decides, who is compared, who fills a gap.

Source: one number, one source of Wuhan article 12 and Haishu article 12.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from catalog.model import Identifier, ItemType, refuse_repeated
from ground.documents import Declared


class RegisteredItem(Declared):
    """The sources of one item of a library (一数一源): who decides, who is compared, who fills a gap."""

    title: str
    authority: Identifier
    corroborating: list[Identifier] = Field(default_factory=list)
    fallback: list[Identifier] = Field(default_factory=list)
    """In order; a value taken from here is marked as a fallback."""
    from_item: dict[Identifier, Identifier] = Field(default_factory=dict)
    """Resource -> its item, where the resource calls it otherwise than the library."""
    also_agrees_with: list[Identifier] = Field(default_factory=list)
    """Items of the authority that a corroborating value may equal instead (a former name is no error)."""
    type: ItemType = ItemType.TEXT

    @model_validator(mode="after")
    def _one_authority(self) -> Self:
        if self.authority in [*self.corroborating, *self.fallback]:
            raise ValueError(
                f"{self.authority} 已是权威来源，不能同时列为佐证或备用；the authority cannot corroborate itself"
            )
        refuse_repeated("corroborating", self.corroborating)
        refuse_repeated("fallback", self.fallback)
        return self


class AliasSource(Declared):
    """A resource that says which former code (corrected, merged, reissued) now has which key."""

    resource: Identifier
    alias: Identifier
    """Its item that holds the former code."""
    key: Identifier
    """Its item that holds the code in force."""


class Library(Declared):
    """One base library: its key and, for every item, the register of its sources."""

    title: str
    key: Identifier
    key_in: dict[Identifier, Identifier]
    """Resource -> the item of it that is this library's key. Also the list of contributing resources, in order."""
    aliases: list[AliasSource] = Field(default_factory=list)
    items: dict[Identifier, RegisteredItem] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_sources(self) -> Self:
        for name, item in self.items.items():
            for resource in [item.authority, *item.corroborating, *item.fallback, *item.from_item]:
                if resource not in self.key_in:
                    raise ValueError(
                        f"{name} 的来源 {resource} 未列入 key_in；source {resource} of {name} is not in key_in: "
                        f"{', '.join(self.key_in)}"
                    )
        return self


class Register(Declared):
    """The document ``register.yaml``: the register of sources of every base library."""

    libraries: dict[Identifier, Library]
