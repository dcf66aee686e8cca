"""The register of sources (来源登记册): for every item of every base library who decides, who is compared, who fills a gap.

Source: one number, one source of Wuhan article 12 and Haishu article 12.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from catalog.model import Identifier, ItemType, refuse_repeated
from ground.documents import Declared


class RegisteredItem(Declared):
    """The sources of one item of a library (一数一源): who decides, who is compared, who fills a gap."""

    title: str
    authority: Identifier
    co_authorities: list[Identifier] = Field(default_factory=list)
    """Registers of other kinds of the same thing (companies, social organisations, institutions): each is the authority
    of the keys that it registers. Where two hold the same key the first one named is served."""
    corroborating: list[Identifier] = Field(default_factory=list)
    fallback: list[Identifier] = Field(default_factory=list)
    """In order; a value taken from here is marked as a fallback."""
    from_item: dict[Identifier, Identifier] = Field(default_factory=dict)
    """Resource -> its item, where the resource calls it otherwise than the library."""
    also_agrees_with: list[Identifier] = Field(default_factory=list)
    """Items of the authority that a corroborating value may equal instead (a former name is no error)."""
    type: ItemType = ItemType.TEXT
    agreed: str | None = Field(default=None, min_length=1)
    """The document by which another than the lawful collector (`catalog.collectors`) was agreed to be the authority."""

    @property
    def authorities(self) -> list[str]:
        """Every resource whose word decides, for the keys it registers."""
        return [self.authority, *self.co_authorities]

    @property
    def origins(self) -> list[str]:
        """Every resource a served value can come from, in order."""
        return [*self.authorities, *self.fallback]

    @model_validator(mode="after")
    def _one_authority(self) -> Self:
        if set(self.authorities) & {*self.corroborating, *self.fallback} or self.authority in self.co_authorities:
            raise ValueError(
                f"{self.authority} 已是权威来源，不能同时列为佐证或备用；the authority cannot corroborate itself"
            )
        refuse_repeated("co_authorities", self.co_authorities)
        refuse_repeated("corroborating", self.corroborating)
        refuse_repeated("fallback", self.fallback)
        return self


class AliasKind(StrEnum):
    """Why a code is not in force any more, or leads to one that is."""

    CORRECTED = "corrected"
    MERGED = "merged"
    REISSUED = "reissued"
    SPLIT = "split"
    """One former code, several in force: never resolved, since nobody can know which of them a row means."""
    FORMER_NUMBER = "former_number"
    """A number of an older system that still leads to the code: registration number, organisation code."""


class AliasPart(Declared):
    """The alias is a part of the code in force: characters ``from`` to ``to``, counted from 1, both included.

    The organisation code of a unified social credit code is its characters 9 to 17 (GB 32100-2015).
    """

    of: Identifier
    from_: int = Field(alias="from", ge=1)
    to: int = Field(ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_ > self.to:
            raise ValueError(f"from {self.from_} 大于 to {self.to}；from is above to")
        return self


class AliasSource(Declared):
    """A resource that says which former code (corrected, merged, reissued) now has which key."""

    resource: Identifier
    alias: Identifier | None = None
    """Its item that holds the former code."""
    alias_part: AliasPart | None = None
    """In place of ``alias``: the former number is contained in the code in force."""
    key: Identifier
    """Its item that holds the code in force."""
    kind: Identifier | None = None
    """Its item that says what happened, in the words of ``kinds``."""
    kinds: dict[str, AliasKind] = Field(default_factory=dict)
    """The department's word -> what it means; without it its words are taken to be ours."""
    means: AliasKind = AliasKind.CORRECTED
    """What happened where no item says so."""
    when: dict[Identifier, list[str]] = Field(default_factory=dict)
    """Only rows whose items have one of these values."""

    @model_validator(mode="after")
    def _one_alias(self) -> Self:
        if (self.alias is None) == (self.alias_part is None):
            raise ValueError("alias 与 alias_part 须写且只写一个；write alias or alias_part, one of them")
        if self.kinds and self.kind is None:
            raise ValueError("写了 kinds 就要写 kind；kinds needs kind, the item whose values it explains")
        return self

    @property
    def is_number(self) -> bool:
        """Whether every row of it is a former number, one for every holder, rather than a change of a code."""
        return self.means is AliasKind.FORMER_NUMBER and self.kind is None

    @property
    def items(self) -> list[str]:
        """The items of the resource that it reads, each once."""
        of_alias = self.alias if self.alias is not None else (self.alias_part.of if self.alias_part else self.key)
        return list(dict.fromkeys([of_alias, self.key, *([self.kind] if self.kind else []), *self.when]))


class BaseCategory(StrEnum):
    """The national base libraries (国家基础库): what a library is about."""

    POPULATION = "population"
    LEGAL_PERSON = "legal_person"
    LICENCE = "licence"
    GEOGRAPHY = "geography"


DOOR_ITEMS = ("division", "street_code", "community", "road", "door_number", "estate")
BUILDING_ITEMS = ("address_id", "building_no", "floors", "units")
DIVISION_ITEMS = ("code", "name", "level", "valid_from", "valid_to", "change", "successor")
"""What written addresses are held against. The names are fixed, as the parts of an address are (GB/T 23705)."""


class Located(Declared):
    """An item that holds a written address, to be joined to its door, street and division."""

    division: Identifier | None = None
    """The item of the same library that declares the division of this address, if there is one."""


class PlaceSources(Declared):
    """What written addresses are held against: two libraries and the resource with the history of divisions."""

    doors: Identifier
    """The library with one row per door."""
    buildings: Identifier
    """The library with one row per building."""
    divisions: Identifier
    """The resource of divisions, former names and successors included."""


class Library(Declared):
    """One base library: its key and, for every item, the register of its sources."""

    title: str
    base: BaseCategory | None = None
    """Which of the national base libraries it belongs to (基础库类别); several may stand under one, as places do."""
    subject: Identifier | None = None
    """What it is about, in the words of the list of lawful collectors; None: what its base library is about."""
    key: Identifier
    key_length: int | None = Field(default=None, ge=1)
    """Characters of a code in force. Only codes of another length are looked up among former numbers."""
    key_in: dict[Identifier, Identifier]
    """Resource -> the item of it that is this library's key. Also the list of contributing resources, in order.

    It may be another item than the resource's own key: then the newest row of each key counts, and rows without a value
    there wait in the residue of the library.
    """
    in_force_from: dict[Identifier, Identifier] = Field(default_factory=dict)
    """Resource -> its date from which a row is in force. Of several versions of a key the library holds the last that has
    begun; one that begins later waits for its day. Without it the row observed last counts."""
    aliases: list[AliasSource] = Field(default_factory=list)
    items: dict[Identifier, RegisteredItem] = Field(min_length=1)
    located: dict[Identifier, Located] = Field(default_factory=dict)
    """Items with written addresses: every row's are joined to the registers of places (`Register.places`)."""

    @model_validator(mode="after")
    def _known_addresses(self) -> Self:
        for name, located in self.located.items():
            for one in (name, located.division):
                if one is not None and one not in self.items:
                    raise ValueError(f"located 所列的项 {one} 不在 items 中；item {one} of located is not among items")
        return self

    @model_validator(mode="after")
    def _known_sources(self) -> Self:
        for name, item in self.items.items():
            for resource in [*item.origins, *item.corroborating, *item.from_item]:
                if resource not in self.key_in:
                    raise ValueError(
                        f"{name} 的来源 {resource} 未列入 key_in；source {resource} of {name} is not in key_in: "
                        f"{', '.join(self.key_in)}"
                    )
        return self


class Register(Declared):
    """The document ``register.yaml``: the register of sources of every base library."""

    libraries: dict[Identifier, Library]
    places: PlaceSources | None = None
    """The registers of places, where a library has written addresses."""

    @model_validator(mode="after")
    def _placeable(self) -> Self:
        if self.places is not None:
            for one in (self.places.doors, self.places.buildings):
                if one not in self.libraries:
                    raise ValueError(f"places 所列的库 {one} 不存在；library {one} of places does not exist")
        elif any(library.located for library in self.libraries.values()):
            raise ValueError("写了 located 就要写 places；located needs places, the registers of doors and buildings")
        return self
