"""Which lists a city's rules know, whose they are, and which steps they ask for; each answer with its ground."""

from __future__ import annotations

from typing import Literal

from catalog.entries.rules import EntryRules
from ground.errors import UserError
from policy.cited import Silence

Owner = Literal["authority", "provider"]

_LINE_FIELDS = {"数据项": "items", "数据格式": "format", "更新频度": "update_cycle", "开放类型": "opening"}
"""The instruments' words for what an open list states of each resource (Lianyungang 11)."""


class ListRules(EntryRules):
    """One version of a city's rules, as lists ask it."""

    __slots__ = ()

    @classmethod
    def of(cls, rules: EntryRules) -> ListRules:
        """The same version, asked for lists."""
        return cls(rules.version, rules.profile)

    # --- the open list --------------------------------------------------------------------------------------------

    def open_list_owner(self) -> Owner:
        """Who compiles the open list: each provider its own (Lianyungang 11), or the authority (Longyan 16, Haishu 22).

        Raises:
            UserError: the city's rules know no open list.
        """
        said = self.profile.catalogue.open_list_owner
        if isinstance(said, Silence):
            raise UserError(
                f"{self.profile.title_zh}的规则未规定开放清单的编制，不能建立开放清单。",
                f"The rules of {self.profile.title_en} say nothing of an open list; none can be made.",
            )
        return said.value

    @property
    def open_list_public(self) -> bool:
        """Whether the published list is made public (Lianyungang 11, 12; Longyan 16; Haishu 22)."""
        said = self.profile.catalogue.open_list_published
        return not isinstance(said, Silence) and said.value

    @property
    def open_list_priority(self) -> list[str]:
        """What is opened first, in the instrument's words (Wuhan 22, Haishu 22): told to whoever compiles the list."""
        said = self.profile.catalogue.open_list_priority
        return [] if isinstance(said, Silence) else list(said.value)

    @property
    def open_list_consults(self) -> frozenset[str]:
        """Who is heard before the open list is published: ``providers``, ``public`` (Haishu 22)."""
        said = self.profile.catalogue.open_list_consultation
        return frozenset() if isinstance(said, Silence) else frozenset(said.value)

    @property
    def open_list_reviewed(self) -> bool:
        """Whether the list is reviewed before it is published or updated (Lianyungang 12)."""
        return not isinstance(self.profile.catalogue.open_list_review, Silence)

    @property
    def operator_reviews(self) -> bool:
        """Whether the review hears the operator: authority, operator and provider review together (Lianyungang 12)."""
        said = self.profile.catalogue.open_list_review
        return not isinstance(said, Silence) and said.value == "authority_operator_and_provider"

    def line_fields(self) -> tuple[str, ...]:
        """What each line of the open list states.

        The four of Lianyungang 11 in every city that has a list: a line that leaves one out tells the public nothing.

        Raises:
            UserError: the profile asks for a field the list does not know.
        """
        said = self.profile.catalogue.open_list_fields
        asked = list(_LINE_FIELDS) if isinstance(said, Silence) else said.value
        unknown = [one for one in asked if one not in _LINE_FIELDS]
        if unknown:
            raise UserError(
                f"城市规则要求的开放清单字段无法识别：{'、'.join(unknown)}。可用：{'、'.join(_LINE_FIELDS)}",
                f"The city's rules ask for fields of the open list that are not known: {', '.join(unknown)}. "
                f"Known: {', '.join(_LINE_FIELDS)}",
                where="catalogue.open_list_fields",
            )
        return tuple(_LINE_FIELDS[one] for one in asked)

    # --- the supplementary catalogue ------------------------------------------------------------------------------

    def check_supplement(self) -> str:
        """A district makes a supplementary catalogue and files it with the city, by which rule (Haishu 10).

        Raises:
            UserError: the city's rules know none.
        """
        said = self.profile.catalogue.filed_upward
        if isinstance(said, Silence) or said.value != "supplement_filed_with_city":
            raise UserError(
                f"{self.profile.title_zh}的规则没有区（县）补充目录的规定，不能建立补充目录。",
                f"The rules of {self.profile.title_en} know no supplementary catalogue of a district; none can be made.",
            )
        return self.ground(said)

    @property
    def supplement_consults(self) -> frozenset[str]:
        """Who is heard before the supplementary catalogue is filed (Haishu 10: the providers)."""
        said = self.profile.catalogue.consultation
        return frozenset() if isinstance(said, Silence) else frozenset(said.value)
